"""What is recorded of a version can have been written by other means than ours; a report then says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jinja2 import TemplateError

from mltui.errors import Damaged

_OF_FORGED_VALUES = (
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    TemplateError,
)
"""What values of other shapes, or nested without end, make of code that takes them for its own."""


@contextmanager
def as_recorded(version: str) -> Iterator[None]:
    """Raises `Damaged` in the place of what forged values raise."""
    try:
        yield
    except _OF_FORGED_VALUES as error:
        raise Damaged(
            f"what is recorded of {version} is not what mltui writes ({type(error).__name__}: {error})",
            hint="mltui audit verify tells whether the history is whole",
        ) from error
