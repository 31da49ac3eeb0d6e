"""The held-out rows of a version as prepare kept them: by the ids that its evaluation knows them by. Reads only."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from mltui.domain.version import ModelVersion
from mltui.errors import Damaged, MltuiError, NotFound
from mltui.store import Store, Tree, TreeEntry

ROWS_FILE = "rows.csv"
_ROW_ID, _TRUTH, _ATTRIBUTE = "row_id", "truth", "attribute:"


def files_by_row_id(held_out: Tree) -> dict[str, TreeEntry]:
    """Our own prepare names the file by the row's id; a project's own may use the file's path as the id."""
    stems = {PurePosixPath(entry.path).stem: entry for entry in held_out.entries}
    return stems | {entry.path: entry for entry in held_out.entries}


def original_names(store: Store, version: ModelVersion, row_ids: Iterable[str]) -> dict[str, str]:
    """Row id → file of the data version: a picture's id begins its hash. Empty without the data's manifest."""
    try:
        entries = store.tree(version.data).entries
    except MltuiError:
        return {}
    wanted = set(row_ids)
    lengths = {len(each) for each in wanted}
    return {start: entry.path for entry in entries for size in lengths if (start := entry.sha256[:size]) in wanted}


def fields_of(store: Store, version: ModelVersion, row_ids: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """Row id → what the row holds, of those of these ids that are kept, in their order; without truth and attributes.

    Raises `NotFound` where no table was kept, `Damaged` where it cannot be read.
    """
    entry = next((each for each in store.tree(version.held_out).entries if each.path == ROWS_FILE), None)
    if entry is None:
        raise NotFound("the held-out rows were not kept as a table", hint="train it again")
    wanted = frozenset(row_ids)
    try:
        with store.path(entry.sha256).open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, strict=True)
            found = {row[_ROW_ID]: _fields(row) for row in rows if row.get(_ROW_ID) in wanted}
    except (OSError, ValueError, csv.Error) as error:
        raise Damaged(f"the held-out rows cannot be read: {error}", hint="mltui audit verify looks on") from error
    return {row_id: found[row_id] for row_id in row_ids if row_id in found}


def _fields(row: Mapping[str | None, str | None]) -> dict[str, str]:
    return {
        name: value or ""
        for name, value in row.items()
        if name is not None and name not in (_ROW_ID, _TRUTH) and not name.startswith(_ATTRIBUTE)
    }
