"""Whom versions harm, out of what their checks found, for lists that have no time to read all of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mltui.domain.groups import attributes_in
from mltui.domain.harm import Harm
from mltui.registry.columns import moment_text
from mltui.registry.search import Condition, one_of, where
from mltui.registry.translation import translated

_COMPARED = """
    SELECT releases.id, version_id, json_extract(data, '$.prediction_diff.production'),
        json_extract(data, '$.prediction_diff.changes.metric'), json_extract(data, '$.prediction_diff.changes.groups')
    FROM releases JOIN stages ON stages.release_id = releases.id AND stages.name = 'checks'
"""


def of_versions(conn: sqlite3.Connection, ids: Sequence[int], *, until: datetime | None = None) -> dict[int, Harm]:
    """Version → harm, of those whose newest comparison with production found any; `until`: of those that had ended.

    What is sealed in other shapes than ours is passed over: whoever reads the release is told.
    """
    compared = Condition("json_valid(data) AND json_type(data, '$.prediction_diff.changes.groups') = 'array'")
    ended = None if until is None else Condition("stages.ended_at <= ?", (moment_text(until),))
    with translated():
        chosen, parameters = where([one_of("version_id", ids), compared, ended])
        rows = conn.execute(_COMPARED + chosen, parameters).fetchall()
    newest = {version: (production, metric, groups) for _, version, production, metric, groups in sorted(rows, key=_id)}
    told = ((version, _worst(list(_harmed(*found)))) for version, found in newest.items())
    return {version: harm for version, harm in told if harm is not None}


def _id(row: Sequence[Any]) -> int:
    return int(row[0])


def _harmed(production: object, metric: object, groups: str) -> Iterator[tuple[float, Harm]]:
    """Each with its loss; of those alone that are told as we tell them."""
    for each in json.loads(groups):
        match each:
            case {
                "effect": "worse",
                "attribute": str(attribute),
                "group": str(group),
                "change": {"before": float() | int() as before, "after": float() | int() as after},
            } if isinstance(production, int):
                gained = float(before - after)
                yield (-gained if metric == "mae" else gained), Harm(production, attribute, group, before, after, 1)


def _in_order(each: tuple[float, Harm]) -> tuple[bool, float, str, str]:
    """As all lists have it: those of two attributes last."""
    loss, harm = each
    return len(attributes_in(harm.attribute)) > 1, -loss, harm.attribute, harm.group


def _worst(found: Sequence[tuple[float, Harm]]) -> Harm | None:
    if not found:
        return None
    _, worst = min(found, key=_in_order)
    return replace(worst, groups=len(found))
