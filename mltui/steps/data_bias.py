"""What the data itself says of groups, before anything is trained: who is in it, where, and with which labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from mltui.bands import in_order, is_measured
from mltui.pooling import LEAST_ROWS, MOST_GROUPS, POOLED
from mltui.steps.datasets import Schema
from mltui.steps.proxies import proxies
from mltui.steps.splitting import Candidate, Placed, label_counts

Group = tuple[tuple[str, str], ...]
"""Attribute and value, of one attribute or of two that meet."""

BySplit = Mapping[str, Sequence[Candidate]]

MOST_CROSSED = 100
"""Groups that two attributes may have where they meet; of more nothing is said."""


def data_bias(placed: Placed, schema: Schema) -> dict[str, Any]:
    """`groups`: rows by split and labels, of each group and of each two that meet in a row; `proxies` of a table.

    Splits without any row are left out. Of an attribute with very many groups those with few rows are one, `pooled` of
    them, with the `fewest` rows that one of them has in a split. A regression has mean and standard deviation of what
    is to be predicted instead of labels. Rows without a value of an attribute are in none of its groups.
    """
    rows = [row for split in placed.splits.values() for row in split]
    if not rows or not rows[0].attributes:
        return {"groups": [], "proxies": []}
    return {
        "groups": list(_groups(placed, is_classification=bool(schema.classes))),
        "proxies": proxies(rows, schema.features or ()),
    }


def _groups(placed: Placed, *, is_classification: bool) -> Iterator[Mapping[str, Any]]:
    there = [name for name, rows in placed.splits.items() if rows]
    members: dict[Group, dict[str, list[Candidate]]] = defaultdict(lambda: {name: [] for name in there})
    for split, rows in placed.splits.items():
        for row in rows:
            for group in _groups_of(row):
                members[group][split].append(row)
    sizes = Counter(_attributes(group) for group in members)
    many = {attributes for attributes, size in sizes.items() if len(attributes) == 1 and size > MOST_GROUPS}
    rare = [group for group in members if _attributes(group) in many and _size(members[group]) < LEAST_ROWS]
    hidden = {*rare, *(group for group in members if len(group) == 2 and sizes[_attributes(group)] > MOST_CROSSED)}
    for group in _in_order([group for group in members if group not in hidden]):
        yield {"group": dict(group), **_told(members[group], is_classification=is_classification)}
    for (name,) in sorted(many):
        mine = [members[group] for group in rare if group[0][0] == name]
        if mine:
            together = {split: [row for each in mine for row in each[split]] for split in mine[0]}
            fewest = {split: min(len(each[split]) for each in mine) for split in mine[0]}
            told = _told(together, is_classification=is_classification)
            yield {"group": {name: POOLED}, **told, "pooled": len(mine), "fewest": fewest}


def _size(by_split: BySplit) -> int:
    return sum(map(len, by_split.values()))


def _told(by_split: BySplit, *, is_classification: bool) -> dict[str, Any]:
    rows = [row for split in by_split.values() for row in split]
    labels = {"labels": label_counts(rows)} if is_classification else _moments(rows)
    return {"splits": {name: len(found) for name, found in by_split.items()}, **labels}


def _in_order(groups: Sequence[Group]) -> list[Group]:
    values: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for name, value in group:
            values[name].add(value)
    places = {name: {value: place for place, value in enumerate(in_order(found))} for name, found in values.items()}
    return sorted(groups, key=lambda group: (len(group), [(name, places[name][value]) for name, value in group]))


def _groups_of(row: Candidate) -> Iterator[Group]:
    known = [(name, value) for name, value in row.attributes.items() if value]
    yield from ((each,) for each in known)
    yield from (pair for pair in combinations(known, 2) if not all(is_measured(name) for name, _ in pair))


def _attributes(group: Group) -> tuple[str, ...]:
    return tuple(name for name, _ in group)


def _moments(rows: Sequence[Candidate]) -> dict[str, float]:
    values = np.array([float(row.label) for row in rows])
    return {"mean": float(values.mean()), "deviation": float(values.std())}
