"""What passed the stop before a release's goal, and whether what is released now is still that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_WHAT: Mapping[str, str] = {"model": "the model", "serving": "the serving sources", "base": "the base image"}


@dataclass(frozen=True, slots=True)
class PassedStop:
    """As people decided on it there."""

    environment: str
    release: int
    engine: str
    """On which it was served there."""
    package_parts: Mapping[str, str]
    """Digests of all that was served."""
    data: str
    """Digest of the data version."""
    evidence: str
    """Hash of what was shown there."""


def changed_since(passed: PassedStop, *, package_parts: Mapping[str, str], engine: str, data: str) -> list[str]:
    """Names of what is another now; empty where it is what passed.

    The base is another one on another engine by its nature, which is left at that.
    """
    names = sorted({*passed.package_parts, *package_parts} - ({"base"} if engine != passed.engine else set()))
    parts = [_WHAT.get(name, name) for name in names if passed.package_parts.get(name) != package_parts.get(name)]
    return parts + (["the data version"] if data != passed.data else [])
