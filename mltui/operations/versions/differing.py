"""Facts of two versions side by side: those that are not the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Differing:
    """One fact that is not the same in both; None where it is not there."""

    name: str
    """`train.parameters.epochs`, a library, a step, a split."""
    candidate: Any
    baseline: Any


def differing(new: Mapping[str, Any], old: Mapping[str, Any]) -> tuple[Differing, ...]:
    names = sorted({*new, *old})
    found = (Differing(name, new.get(name), old.get(name)) for name in names)
    return tuple(each for each in found if each.candidate != each.baseline)


def flat(values: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", value
