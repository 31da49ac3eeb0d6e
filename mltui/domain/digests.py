"""One spelling for a value, so that equal values have equal hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from typing import Any


def stable_json(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8; floats as Python's `repr`, sets sorted, dataclasses as objects.

    Unlike an event's JSON it may hold floats. Raises `ValueError` on NaN and infinity, `TypeError` on what JSON cannot
    say.
    """
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest_of(value: Any) -> str:
    """SHA-256 (hex) of the stable JSON."""
    return hashlib.sha256(stable_json(value)).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted((_plain(item) for item in value), key=stable_json)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"key {key!r} is no string")
    return key
