"""Which rows of the data came, went or changed between two versions, by class and by group. Reads only."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mltui.config.project import project_from_json
from mltui.domain.project import DataSource
from mltui.domain.version import ModelVersion
from mltui.errors import Damaged, MltuiError
from mltui.registry import Connection, runs
from mltui.store import Store
from mltui.store.tree import Tree

MOST_BYTES = 1_000_000_000
"""Of a table whose rows are counted."""
CLASS = "class"


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows of one class, or of one group of a sensitive attribute."""

    kind: str
    """`class`, or the attribute."""
    name: str
    before: int
    after: int
    added: int
    removed: int
    changed: int
    """Of the rows that are in both, by path or key: those with other content, and those that came from or went to
    another class or group."""


@dataclass(frozen=True, slots=True)
class RowChanges:
    counts: tuple[RowCounts, ...] = ()
    """By kind, then by name; empty where the data are the same."""
    problem: str = ""
    """Why nothing can be told; empty otherwise."""


@dataclass(frozen=True, slots=True)
class _Row:
    content: str
    parts: tuple[tuple[str, str], ...]
    """Kind and name of its class and of its groups."""


def row_changes(conn: Connection, store: Store, baseline: ModelVersion, candidate: ModelVersion) -> RowChanges:
    if baseline.data == candidate.data:
        return RowChanges()
    try:
        before, after = (dict(_rows(conn, store, version)) for version in (baseline, candidate))
    except (MltuiError, OSError, ValueError, csv.Error) as error:
        return RowChanges(problem=str(error))
    return RowChanges(_counted(before, after))


def _counted(before: Mapping[str, _Row], after: Mapping[str, _Row]) -> tuple[RowCounts, ...]:
    was, now = _parts(before.values()), _parts(after.values())
    added = _parts(row for key, row in after.items() if key not in before)
    removed = _parts(row for key, row in before.items() if key not in after)
    changed: Counter[tuple[str, str]] = Counter()
    for key in before.keys() & after.keys():
        if before[key] != after[key]:
            changed.update({*before[key].parts, *after[key].parts})
    places = sorted({*was, *now}, key=lambda part: (part[0] != CLASS, part))
    return tuple(RowCounts(*part, was[part], now[part], added[part], removed[part], changed[part]) for part in places)


def _parts(rows: Iterable[_Row]) -> Counter[tuple[str, str]]:
    return Counter(part for row in rows for part in row.parts)


def _rows(conn: Connection, store: Store, version: ModelVersion) -> Iterator[tuple[str, _Row]]:
    """Key of each row in the data version: a picture's path, a table's key or, without one, the row's own cells."""
    run = runs.find(conn, version.run_id)
    if run is None:
        raise Damaged(f"run {version.run_id} is not in the registry", hint="mltui audit verify looks for damage")
    project, tree = project_from_json(store.read_bytes(run.plan)), store.tree(version.data)
    if project.data_kind == "pictures":
        return _pictures(store, tree)
    return _table(store, tree, project.data, is_classified=project.task == "classification")


def _pictures(store: Store, tree: Tree) -> Iterator[tuple[str, _Row]]:
    groups = {row["file"]: row for row in _cells(store, tree, "groups.csv")}
    for entry in tree.under("pictures").entries:
        said = groups.get(entry.path, {})
        parts = [(CLASS, entry.path.partition("/")[0]), *((name, said[name]) for name in said if name != "file")]
        yield entry.path, _Row(entry.sha256, tuple(parts))


def _table(store: Store, tree: Tree, data: DataSource, *, is_classified: bool) -> Iterator[tuple[str, _Row]]:
    for cells in _cells(store, tree, "table.csv"):
        content = "\0".join(f"{name}={cells[name]}" for name in sorted(cells))
        parts = [(CLASS, cells.get(data.target or "", ""))] if is_classified else []
        parts += [(name, cells.get(name, "")) for name in data.attributes]
        yield (cells.get(data.key, "") if data.key else content), _Row(content, tuple(parts))


def _cells(store: Store, tree: Tree, name: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV file; none where the tree has no such file. What a row has too many or too few is left out."""
    entry = next((each for each in tree.entries if each.path == name), None)
    if entry is None:
        return
    if entry.size > MOST_BYTES:
        raise Damaged(f"{name} is too large to be compared row by row", hint="compare it yourself")
    with store.path(entry.sha256).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        for cells in reader:
            if cells:
                yield dict(zip(header, cells, strict=False))
