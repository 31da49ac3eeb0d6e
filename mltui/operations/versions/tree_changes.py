"""What differs between two trees of the store: code as a unified diff, data as counts by folder. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import accumulate

from mltui.errors import MltuiError
from mltui.store import Store
from mltui.store.tree import Tree, TreeEntry, differences

MOST_BYTES = 200_000
"""Of a file whose lines are compared."""
MOST_LINES = 2_000
MOST_CHARACTERS = 400_000
"""Of a whole diff."""


@dataclass(frozen=True, slots=True)
class CodeChanges:
    """From the baseline's files to the candidate's; paths, sorted."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    """Lines of a unified diff, without their ends."""
    is_cut: bool = False
    """Whether the diff would be longer."""
    not_shown: tuple[str, ...] = ()
    """Changed files that are large or no text."""
    problem: str = ""
    """Why nothing, or not all, can be told; empty otherwise."""

    @property
    def are_none(self) -> bool:
        return not (self.added or self.removed or self.changed or self.problem)


@dataclass(frozen=True, slots=True)
class FolderChanges:
    folder: str
    """`.` for the top."""
    before: int
    """Files of the baseline's data."""
    after: int
    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class DataChanges:
    folders: tuple[FolderChanges, ...] = ()
    """All of both trees, by name, those in which nothing changed too; empty where the data are the same."""
    problem: str = ""


def code_changes(store: Store, baseline: str, candidate: str) -> CodeChanges:
    """Of two tree digests."""
    if baseline == candidate:
        return CodeChanges()
    try:
        old, new = store.tree(baseline), store.tree(candidate)
    except MltuiError as error:
        return CodeChanges(problem=error.message)
    found = differences(old, new)
    lines: list[str] = []
    hidden: list[str] = []
    problem = ""
    before, after = _by_path(old), _by_path(new)
    for path in sorted((*found.added, *found.removed, *found.changed)):
        if len(lines) > MOST_LINES or sum(map(len, lines)) > MOST_CHARACTERS:
            break
        try:
            told = _diff(store, path, before.get(path), after.get(path))
        except MltuiError as error:
            problem = problem or f"{path}: {error.message}"
            continue
        if told is None:
            hidden.append(path)
        else:
            lines += told
    shown = _bounded(lines)
    return CodeChanges(
        found.added,
        found.removed,
        found.changed,
        diff=shown,
        is_cut=len(lines) > len(shown),
        not_shown=tuple(hidden),
        problem=problem,
    )


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    ends = accumulate(map(len, lines))
    return tuple(line for line, end in zip(lines[:MOST_LINES], ends, strict=False) if end <= MOST_CHARACTERS)


def data_changes(store: Store, baseline: str, candidate: str) -> DataChanges:
    """Of two tree digests."""
    if baseline == candidate:
        return DataChanges()
    try:
        old, new = store.tree(baseline), store.tree(candidate)
    except MltuiError as error:
        return DataChanges(problem=error.message)
    found = differences(old, new)
    before, after = _folders(entry.path for entry in old.entries), _folders(entry.path for entry in new.entries)
    added, removed, changed = _folders(found.added), _folders(found.removed), _folders(found.changed)
    names = sorted({*before, *after})
    return DataChanges(
        tuple(
            FolderChanges(name, before[name], after[name], added[name], removed[name], changed[name]) for name in names
        )
    )


def _by_path(tree: Tree) -> Mapping[str, TreeEntry]:
    return {entry.path: entry for entry in tree.entries}


def _folders(paths: Iterable[str]) -> Counter[str]:
    return Counter(path.rpartition("/")[0] or "." for path in paths)


def _diff(store: Store, path: str, old: TreeEntry | None, new: TreeEntry | None) -> list[str] | None:
    """None for what is large or no text."""
    before, after = (_lines(store, entry) for entry in (old, new))
    if before is None or after is None:
        return None
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    return list(unified_diff(before, after, *names, lineterm=""))


def _lines(store: Store, entry: TreeEntry | None) -> list[str] | None:
    if entry is None:
        return []
    if entry.size > MOST_BYTES:
        return None
    content = store.read_bytes(entry.sha256)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return text.removesuffix("\n").split("\n") if text else []
