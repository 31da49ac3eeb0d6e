"""Whom versions harm, out of what their checks found, for lists that have no time to read all of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from mltui.domain.groups import attributes_in
from mltui.domain.harm import Harm
from mltui.registry.columns import moment_text
from mltui.registry.search import Condition, one_of, where
from mltui.registry.translation import translated

_COMPARED = """
    SELECT version_id, releases.id, CASE WHEN instr(data, '"worse"') THEN data END
    FROM releases JOIN stages ON stages.release_id = releases.id AND stages.name = 'checks'
"""


@dataclass(frozen=True, slots=True)
class _Change:
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class _Group:
    attribute: str
    group: str
    effect: str
    change: _Change


@dataclass(frozen=True, slots=True)
class _Changes:
    metric: str
    groups: tuple[_Group, ...]


@dataclass(frozen=True, slots=True)
class _Compared:
    production: int
    changes: _Changes


@dataclass(frozen=True, slots=True)
class _Checks:
    prediction_diff: _Compared


_CHECKS = msgspec.json.Decoder(_Checks)
"""Passes over all that is not asked for, which is most of it."""


def of_versions(conn: sqlite3.Connection, ids: Sequence[int], *, until: datetime | None = None) -> dict[int, Harm]:
    """Version → harm, of those whose newest comparison with production found any; `until`: of those that had ended.

    What is sealed in other shapes than ours is passed over: whoever reads the release is told.
    """
    compared = Condition("instr(data, '\"prediction_diff\"')")
    ended = None if until is None else Condition("stages.ended_at <= ?", (moment_text(until),))
    chosen, parameters = where([one_of("version_id", ids), compared, ended])
    with translated():
        rows = conn.execute(_COMPARED + chosen, parameters).fetchall()
    newest = {version: data for version, _, data in sorted(rows, key=lambda row: int(row[1]))}
    told = ((version, _worst(list(_harmed(data)))) for version, data in newest.items() if data is not None)
    return {version: harm for version, harm in told if harm is not None}


def _harmed(data: str) -> Iterator[tuple[float, Harm]]:
    """Each with its loss."""
    try:
        found = _CHECKS.decode(data).prediction_diff
    except msgspec.DecodeError:
        return
    for each in found.changes.groups:
        before, after = each.change.before, each.change.after
        if each.effect == "worse" and before is not None and after is not None:
            loss = after - before if found.changes.metric == "mae" else before - after
            yield loss, Harm(found.production, each.attribute, each.group, before, after, 1)


def _worst(found: Sequence[tuple[float, Harm]]) -> Harm | None:
    return replace(min(found, key=_in_order)[1], groups=len(found)) if found else None


def _in_order(each: tuple[float, Harm]) -> tuple[bool, float, str, str]:
    """As all lists have it: those of two attributes last."""
    loss, harm = each
    return len(attributes_in(harm.attribute)) > 1, -loss, harm.attribute, harm.group
