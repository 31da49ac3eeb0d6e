"""Attributes that are numbers become groups, by edges that stand in the project or that the rows to train on give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mltui.bands import OF_PROJECT, OF_TRAINING, Bands, bands, number_of, quantile_edges
from mltui.steps.contract import StepFailed
from mltui.steps.datasets import TRAIN
from mltui.steps.measures import words_of
from mltui.steps.splitting import Candidate, Placed

Declared = Mapping[str, Mapping[str, Any]]
"""Attribute → `edges`, or without any `quantiles`; `names` and `of` are of bands that there were before."""


def check_numbers(row: Mapping[str, str], names: Iterable[str], *, file: str, line: int) -> None:
    for name in names:
        if number_of(row[name]) is None:
            raise StepFailed(
                f"line {line} of {file}, column {name}: “{row[name]}” is no number",
                hint=f"Leave the cell empty where nothing is known, or take {name} out of data.bands.",
            )


def banded(placed: Placed, declared: Declared) -> tuple[Placed, dict[str, Any]]:
    """The rows with bands for numbers; and of each attribute `edges`, `names` and where the edges are from.

    An attribute that was measured and has one band alone is left out: it parts nothing.
    """
    found = {name: _bands(name, placed, wanted) for name, wanted in declared.items()}
    alike = [name for name, made in found.items() if made is None]
    told = {name: made for name, made in found.items() if made is not None}
    splits = {split: [_banded(row, told, alike) for row in rows] for split, rows in placed.splits.items()}
    report = {
        name: {
            "edges": list(made.edges),
            "names": list(made.names),
            "quantiles": declared[name].get("quantiles", 0),
            "of": declared[name].get("of") or (OF_PROJECT if declared[name]["edges"] else OF_TRAINING),
        }
        for name, made in told.items()
    }
    return replace(placed, splits=splits), report


def _bands(name: str, placed: Placed, wanted: Mapping[str, Any]) -> Bands | None:
    by_split = {split: _numbers(name, rows) for split, rows in placed.splits.items()}
    values = [value for numbers in by_split.values() for value in numbers]
    edges = wanted["edges"] or quantile_edges(by_split[TRAIN], wanted["quantiles"])
    if wanted.get("names"):
        return Bands(tuple(edges), tuple(wanted["names"]))
    words = words_of(name)
    if not edges and words is None:
        told = f"{name} has nearly everywhere one value among the rows to train on"
        raise StepFailed(told, hint=f"Give it edges, or take {name} out of data.bands.")
    if not edges:
        return None
    made = bands(edges, is_whole=all(value.is_integer() for value in values))
    return made if words is None else _worded(made, words)


def _worded(made: Bands, words: tuple[str, str, str]) -> Bands:
    """`dark (<63.2)`; of two bands the outer words."""
    chosen = words if len(made.names) == len(words) else (words[0], words[-1])
    return Bands(made.edges, tuple(f"{word} ({name})" for word, name in zip(chosen, made.names, strict=True)))


def _numbers(name: str, rows: Sequence[Candidate]) -> list[float]:
    values = [number_of(row.attributes[name]) for row in rows]
    return [value for value in values if value is not None and not math.isnan(value)]


def _banded(row: Candidate, found: Mapping[str, Bands], alike: Sequence[str]) -> Candidate:
    attributes = {
        name: found[name].name_of(number_of(cell)) if name in found else cell
        for name, cell in row.attributes.items()
        if name not in alike
    }
    return replace(row, attributes=attributes)
