"""What releases sealed as JSON, as values of ours again."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mltui.config.reading import typed
from mltui.errors import Damaged

Value = TypeVar("Value")


def sealed_value(found: object, kind: type[Value], *, of: str) -> Value | None:
    """None where nothing was sealed. Raises `Damaged` for what does not fit; `of` says what it is."""
    if found is None:
        return None
    try:
        return typed(found, kind)
    except msgspec.ValidationError as error:
        raise Damaged(f"{of} cannot be read: {error}", hint="mltui audit verify looks on") from error
