"""The table side of prepare: typed features, and rows whose sensitive attributes stay out of training."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mltui.serving.description import Feature
from mltui.steps.banding import check_numbers
from mltui.steps.contract import StepFailed
from mltui.steps.datasets import ATTRIBUTE_PREFIX, HELD_OUT, TRAIN, VALIDATION
from mltui.steps.splitting import Candidate, Placed
from mltui.steps.tables import as_number, read_loose_table, require_columns, write_table

RESERVED = {"row_id", "split", "truth", "scores", "value"}
"""Columns of our own, and the names of an ONNX file's outputs."""


@dataclass(frozen=True, slots=True)
class TableColumns:
    """Which column plays which part; an attribute that is no feature never reaches training."""

    target: str
    features: tuple[str, ...]
    attributes: tuple[str, ...]
    key: str | None

    def check(self, columns: Sequence[str]) -> None:
        if not self.features:
            raise StepFailed("no features are named", hint=f"Name some of: {', '.join(columns)}.")
        named = [self.target, *self.features, *self.attributes, *([self.key] if self.key else [])]
        require_columns(columns, named, file="table.csv")
        reserved = sorted(RESERVED & {self.target, *self.features})
        if reserved:
            raise StepFailed(
                f"{', '.join(reserved)} cannot be the name of a feature or target", hint="Rename the column."
            )
        twice = sorted(name for name, count in Counter(self.features).items() if count > 1)
        if twice:
            raise StepFailed(f"features name {', '.join(twice)} twice")
        for part, name in (("target", self.target), ("key", self.key)):
            if name in self.features:
                raise StepFailed(f"{name} is the {part} and a feature, too", hint="Take it out of the features.")


def read_candidates(
    file: Path, columns: TableColumns, *, is_regression: bool, numbers: Sequence[str] = ()
) -> tuple[list[Candidate], list[str]]:
    """Usable rows, and the lines of those that have too few or many cells, no key, or no target that can be learned.

    `numbers`: attributes that have to be numbers; raises with line and column of a cell that is none.
    """
    header, numbered = read_loose_table(file)
    columns.check(header)
    candidates, unusable = [], []
    for line, cells in numbered:
        row = dict(zip(header, cells, strict=False))
        target = row.get(columns.target, "")
        is_usable = bool(target) and (not is_regression or as_number(target) is not None)
        if len(cells) != len(header) or not is_usable or (columns.key and not row[columns.key]):
            unusable.append(f"line {line}")
        else:
            check_numbers(row, numbers, file=file.name, line=line)
            candidates.append(_candidate(row, columns))
    _check_keys(candidates, columns)
    return candidates, unusable


def table_features(placed: Placed, columns: TableColumns) -> tuple[Feature, ...]:
    """A number where every value that is there is one; else a category, known from what training may see."""
    return tuple(_feature(name, placed) for name in columns.features)


def write_training_table(folder: Path, placed: Placed, columns: TableColumns) -> None:
    rows = (
        [row.row_id, split, *(row.cells[name] for name in columns.features), row.label]
        for split in (TRAIN, VALIDATION)
        for row in placed.splits[split]
    )
    write_table(folder / "rows.csv", ["row_id", "split", *columns.features, columns.target], rows)


def write_held_out_table(folder: Path, placed: Placed, columns: TableColumns) -> None:
    rows = (
        [row.row_id, row.label, *(row.cells[name] for name in columns.features), *row.attributes.values()]
        for row in placed.splits[HELD_OUT]
    )
    attributes = [ATTRIBUTE_PREFIX + name for name in columns.attributes]
    write_table(folder / "rows.csv", ["row_id", "truth", *columns.features, *attributes], rows)


def _candidate(row: dict[str, str], columns: TableColumns) -> Candidate:
    row_hash = _digest(row)
    key = row[columns.key] if columns.key else row_hash
    known_to_a_model = {name: row[name] for name in (*columns.features, columns.target)}
    return Candidate(
        row_id=key if columns.key else row_hash[:16],
        content_key=key,
        content_hash=row_hash,
        label=row[columns.target],
        fingerprint=_digest(known_to_a_model),
        attributes={name: row[name] for name in columns.attributes},
        cells=row,
    )


def _check_keys(candidates: Iterable[Candidate], columns: TableColumns) -> None:
    """One key may stand for one row many times, or for two targets (a conflict), but not for two different rows."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in candidates:
        seen[row.content_key, row.label].add(row.content_hash)
    repeated = [key for (key, _), hashes in seen.items() if len(hashes) > 1]
    if repeated:
        raise StepFailed(
            f"the key {columns.key} is not unique: {repeated[0]!r} stands in rows that differ"
            + (f", and {len(repeated) - 1} more do" if len(repeated) > 1 else ""),
            hint="Name a key column with one value per row, or none.",
        )


def _feature(name: str, placed: Placed) -> Feature:
    values = {row.cells[name] for rows in placed.splits.values() for row in rows}
    is_nullable = "" in values
    filled = values - {""}
    if not filled:
        raise StepFailed(f"the feature {name} is empty in every row", hint="Take it out of the features.")
    if all(as_number(value) is not None for value in filled):
        return Feature(name, "number", nullable=is_nullable)
    known = {row.cells[name] for split in (TRAIN, VALIDATION) for row in placed.splits[split]} - {""}
    if not known:
        raise StepFailed(f"the feature {name} is empty in every row to train on", hint="Take it out of the features.")
    return Feature(name, "category", categories=tuple(sorted(known)), nullable=is_nullable)


def _digest(cells: dict[str, str]) -> str:
    text = json.dumps(cells, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
