"""The list of versions as cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from mltui.domain.metrics import find_metric
from mltui.domain.names import data_name, version_name
from mltui.operations.standing.browse import VersionRow
from mltui.tui.presentation import marks
from mltui.tui.presentation.figures import figure, signed
from mltui.tui.presentation.literal import literal, squeezed
from mltui.tui.presentation.moments import briefly_ago

Cells = tuple[Text | str, ...]

COMMIT_FROM, AUTHOR_FROM, DATA_FROM = 74, 92, 108
"""Cells from which on there is room for a column."""
MARKED = "◆"
_COMMIT = 7
"""Characters of it."""
_WIDE_TITLE, _MOST_OF_TITLE = 100, 12
"""Cells from which on the metric's name stands whole over its column, and what is left of it else."""
_MOST_OF_GROUP = 14
"""Cells of the name of a group that is harmed."""


@dataclass(frozen=True, slots=True)
class Live:
    """What answers in production."""

    version: int
    metrics: Mapping[str, float]


def sorts_of(main: str, metrics: Iterable[str]) -> tuple[str | None, ...]:
    """What `s` goes through: age (None), the main metric, the others by which versions can be sorted."""
    others = (name for name in metrics if name != main and '"' not in name and find_metric(name) is not None)
    return (None, main, *dict.fromkeys(others))


def heads(metric: str, *, width: int, is_sorted: bool, is_filtered: bool) -> tuple[str, ...]:
    """`metric` stands over its column, with ▾ where the list is sorted by it.

    Where a filter finds something, what it found stands in the place of what tells where the version comes from.
    """
    name = literal(metric).upper()
    title = f"{name if width >= _WIDE_TITLE else squeezed(name, _MOST_OF_TITLE)}{' ▾' if is_sorted else ''}"
    age = "AGE" if is_sorted else "AGE ▾"
    head = ("VERSION", title, "TO LIVE", age, "LIVE", "RELEASE")
    if is_filtered:
        return (*head, "FOUND IN")
    places = (("COMMIT", COMMIT_FROM), ("DATA", DATA_FROM), ("AUTHOR", AUTHOR_FROM))
    return head + tuple(name for name, least in places if width >= least)


def version_cells(
    row: VersionRow,
    *,
    metric: str,
    live: Live | None,
    goal: str,
    is_marked: bool,
    is_filtered: bool,
    now: datetime,
    width: int,
    is_brief: bool = False,
) -> Cells:
    """`live` is what answers in `goal`; None when nothing does. Briefly, who is harmed is only counted."""
    facts = row.facts
    name = version_name(facts.id)
    places = (
        (facts.commit[:_COMMIT], COMMIT_FROM),
        (data_name(facts.data), DATA_FROM),
        (literal(facts.author_name), AUTHOR_FROM),
    )
    more = [literal(row.matched)] if is_filtered else [cell for cell, least in places if width >= least]
    return (
        Text.assemble((f"{MARKED} {name}", "bold yellow") if is_marked else name, _from(facts.threshold)),
        figure(facts.metrics.get(metric)),
        Text() if goal in row.live_in or live is None else _beside(metric, row, live, is_brief=is_brief),
        briefly_ago(facts.created_at, now),
        _live(row.live_in, goal),
        _release(row),
        *more,
    )


def _from(threshold: float | None) -> tuple[str, str]:
    """The score that its answers are decided by, where one was set."""
    return ("" if threshold is None else f" ≥{threshold:g}", "dim")


def _beside(metric: str, row: VersionRow, live: Live, *, is_brief: bool) -> Text:
    """Nothing is called better that harms a group."""
    told, harm = _change(metric, row, live.metrics), row.harm
    if harm is None:
        return told
    against = "" if harm.baseline == live.version else f" vs {version_name(harm.baseline)}"
    whom = f" {literal(harm.group, width=_MOST_OF_GROUP)}{harm.more}{against}"
    harmed = Text(f"✗ harms{harm.more if is_brief else whom}", "red")
    return Text(" ").join([Text(told.plain.removesuffix(" better"), "dim"), harmed])


def _change(metric: str, row: VersionRow, production: Mapping[str, float]) -> Text:
    """Faint and without a word where production's value lies in this version's own 95 % interval: that is noise."""
    candidate = row.facts.metrics
    if metric not in candidate or metric not in production:
        return Text("–", "dim")
    change, known = candidate[metric] - production[metric], find_metric(metric)
    if change == 0:
        return Text("= same", "dim")
    low, high = row.facts.intervals.get(metric, (math.inf, -math.inf))
    if low <= production[metric] <= high:
        return Text(signed(change), "dim")
    if known is None or known.direction == "neither":
        return Text(signed(change))
    is_better = (change > 0) == (known.direction == "higher")
    return Text(f"{signed(change)} {'better' if is_better else 'worse'}", "green" if is_better else "red")


def _live(live_in: Iterable[str], goal: str) -> Text:
    places = sorted(live_in, key=lambda name: name != goal)
    return Text(", ").join(
        Text(f"✓ {literal(name)}", "bold green") if name == goal else Text(literal(name), "green") for name in places
    )


def _release(row: VersionRow) -> Text:
    if row.release is None:
        return Text("· none", "dim")
    return marks.short_mark(row.release.state.value)
