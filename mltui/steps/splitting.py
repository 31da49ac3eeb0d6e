"""Which row belongs to which split, and what is left out so that no split knows another's rows. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mltui.steps.contract import StepFailed
from mltui.steps.datasets import HELD_OUT, TRAIN, VALIDATION
from mltui.steps.parameters import limited

SPLITS = (HELD_OUT, VALIDATION, TRAIN)
"""A row that stands in two of them stays in the first."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The project's split. Its seed has nothing to do with a training seed."""

    seed: int
    validation: float = limited(0.1, least=0, most=0.5)
    held_out: float = limited(0.2, least=0, most=0.9)

    def split_of(self, content_key: str) -> str:
        digest = hashlib.sha256(f"{self.seed}:{content_key}".encode()).digest()
        position = int.from_bytes(digest[:8], "big") / 2**64
        if position < self.held_out:
            return HELD_OUT
        return VALIDATION if position < self.held_out + self.validation else TRAIN


@dataclass(frozen=True, slots=True)
class Candidate:
    """A readable row before it has its place."""

    row_id: str
    content_key: str
    """Decides the split."""
    content_hash: str
    """SHA-256, hex: what `excluded` names and what makes two rows identical."""
    label: str
    """The class, or the number to predict as text."""
    fingerprint: str
    """Equal where a model that has seen the one row knows the other."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None
    cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    splits: Mapping[str, Sequence[Candidate]]
    duplicates: int
    conflicting_labels: int
    excluded: int
    leaked: int

    @property
    def rows(self) -> int:
        return sum(len(rows) for rows in self.splits.values())


def place(candidates: Sequence[Candidate], shares: Shares, *, excluded: Iterable[str]) -> Placed:
    """Rows in the order of their ids, so that the order of the source means nothing."""
    unwanted = frozenset(excluded)
    wanted = [row for row in candidates if row.content_hash not in unwanted]
    kept, conflicting = _without_conflicts(wanted)
    unique = {row.content_key: row for row in reversed(kept)}
    splits: dict[str, list[Candidate]] = {name: [] for name in SPLITS}
    for row in sorted(unique.values(), key=lambda row: (row.row_id, row.content_key)):
        splits[shares.split_of(row.content_key)].append(row)
    clean = _without_leaks(splits)
    return Placed(
        splits=clean,
        duplicates=len(kept) - len(unique),
        conflicting_labels=conflicting,
        excluded=len(candidates) - len(wanted),
        leaked=len(unique) - sum(len(rows) for rows in clean.values()),
    )


def label_counts(rows: Iterable[Candidate]) -> dict[str, int]:
    return dict(sorted(Counter(row.label for row in rows).items()))


def check_rows(placed: Placed) -> None:
    for name, rows in placed.splits.items():
        if not rows:
            hint = "Add data, or give the split a larger share."
            if placed.leaked:
                hint = f"{placed.leaked} rows are left out since a model could know them from another split. {hint}"
            raise StepFailed(f"the {name} split has no rows", hint=hint)


def check_classes(placed: Placed, classes: Sequence[str]) -> None:
    for name, rows in placed.splits.items():
        missing = sorted(set(classes) - {row.label for row in rows})
        if missing and name != VALIDATION:
            raise StepFailed(
                f"the {name} split has no row of class {', '.join(missing)}",
                hint="Add data of that class, take it out, or give the split a larger share.",
            )


def _without_conflicts(rows: Sequence[Candidate]) -> tuple[list[Candidate], int]:
    """Content that stands under two labels is left out altogether; counted are its rows."""
    labels: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        labels[row.content_key].add(row.label)
    kept = [row for row in rows if len(labels[row.content_key]) == 1]
    return kept, len(rows) - len(kept)


def _without_leaks(splits: Mapping[str, Sequence[Candidate]]) -> dict[str, list[Candidate]]:
    seen: set[str] = set()
    clean = {}
    for name in SPLITS:
        clean[name] = [row for row in splits[name] if row.fingerprint not in seen]
        seen.update(row.fingerprint for row in splits[name])
    return clean
