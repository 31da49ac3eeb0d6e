"""What happened lately as lines, and how the lines of the first screen are shared out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.event import Event
from mltui.operations.standing.recent import Recent
from mltui.tui.presentation.figures import milliseconds
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import ago
from mltui.tui.presentation.table import columns, shortened
from mltui.tui.presentation.trend import metric_over_versions, sparkline

BORDER = 2
"""Lines of a panel's frame."""
LEAST_ROWS = 6
"""Of the list, with its head, before a panel below it gets any."""
_LEAST_SPARKS = 30
_MOST_SPARKS = 140
_LEAST_EVENTS = 3
_MOST_TREND = 14
_MOST_PROBLEMS = 2
_MOST_OF_A_NAME = 16
_WORKER = "worker"

_GOOD, _BAD, _ATTENTION, _NOTHING = ("✓", "green"), ("✗", "red"), ("!", "yellow"), ("·", "dim")
_LOOKS = {
    "VersionApproved": _GOOD, "ReleaseSucceeded": _GOOD, "SmokeRecovered": _GOOD, "EnvironmentStarted": _GOOD,
    "RunFailed": _BAD, "VersionRejected": _BAD, "ReleaseFailed": _BAD, "SmokeFailed": _BAD,
    "VersionRegistered": _NOTHING,
}  # fmt: skip


def shared_lines(room: int, *, rows: int, wanted: Sequence[tuple[int, int]]) -> tuple[int, list[int]]:
    """Lines of the list, and of the inside of each panel below it: 0 for one that has no room.

    `rows` is what the list needs with its head, `wanted` the least and the most of each panel, the one of most worth
    first; nothing is wanted for one that is empty.
    """
    listed = min(rows, LEAST_ROWS, max(room, 1))
    left, given = room - listed, []
    for least, most in wanted:
        fits = 0 < least <= most and least + BORDER <= left
        given.append(least if fits else 0)
        left -= least + BORDER if fits else 0
    more = max(0, min(left, rows - listed))
    left -= more
    for index, (_, most) in enumerate(wanted):
        grown = max(0, min(left, most - given[index])) if given[index] else 0
        given[index] += grown
        left -= grown
    return listed + more, given


def wanted_lines(found: Recent, *, width: int) -> tuple[tuple[int, int], ...]:
    """Least and most of smokes, of what happened lately, and of the metric over versions, as `shared_lines` asks."""
    smokes = len(smoke_lines(found, width=width)) if found.smokes else 0
    lately = len(found.events) + min(_MOST_PROBLEMS, len(found.problems))
    trend = min(len(found.over_versions), 1) if len(found.over_versions) < 2 else _MOST_TREND
    return (min(1, smokes), smokes), (min(_LEAST_EVENTS, lately), lately), (min(1, trend), trend)


def roughly(at: datetime, now: datetime) -> str:
    """`3 min`, `20 min`, `5 h`, `2 d`: what changes seldom, since a list of ages is painted whole."""
    minutes = max(1, int((now - at).total_seconds()) // 60)
    if 10 <= minutes < 60:
        minutes -= minutes % 10
    return ago(now - timedelta(minutes=minutes - (minutes % 60 if minutes >= 60 else 0)), now)


def roughly_ago(at: datetime, now: datetime) -> str:
    return f"{roughly(at, now)} ago" if (now - at).total_seconds() >= 60 else "just now"


def smoke_lines(found: Recent, *, width: int) -> list[Text]:
    """Latencies as a sparkline, the newest in figures, and how many failed over what time: one line, or two."""
    smokes = found.smokes
    told = Text.assemble(f"now {milliseconds(smokes[-1].p95_ms)}  ", _smoked(found))
    room = width - cell_len(told.plain) - len("p95  ms  ")
    is_wide = room >= _LEAST_SPARKS
    values = [smoke.p95_ms for smoke in smokes]
    sparks = sparkline(values, width=min(room if is_wide else width - len("p95  ms"), _MOST_SPARKS))
    line = Text.assemble("p95 ", sparks, " ms  " if is_wide else " ms")
    if is_wide:
        return [line.append_text(told)]
    return [shortened(Text.assemble("p95 ", told), width), shortened(line, width)]


def _smoked(found: Recent) -> Text:
    smokes = found.smokes
    red = [smoke for smoke in smokes if not smoke.is_green]
    span = ago(smokes[0].at, found.at)
    if red:
        return Text(f"✗ {len(red)} of {len(smokes)} failed in {span}, last {roughly_ago(red[-1].at, found.at)}", "red")
    return Text(f"✓ {len(smokes)} green in {span}" if len(smokes) > 1 else "✓ green", "green")


def lately_lines(found: Recent, *, width: int) -> list[Text]:
    """What cannot be read, then the events: mark, age, sentence, and who did it where it was a person."""
    rows = [
        (
            Text(*_LOOKS.get(event.kind, _ATTENTION)),
            roughly_ago(event.at, found.at),
            literal(_sentence(event)),
            Text("" if event.actor == _WORKER else f"by {literal(event.actor, width=_MOST_OF_A_NAME)}", "dim"),
        )
        for event in found.events
    ]
    problems = [shortened(Text(f"✗ {literal(problem)}", "red"), width) for problem in found.problems[:_MOST_PROBLEMS]]
    return [*problems, *columns(rows, align="<><<", width=width, flexible=(2,))]


def _sentence(event: Event) -> str:
    """Deployments have names that say nothing to who has just come: the version says it."""
    if event.kind == "RollbackUndone" and {"environment", "version"} <= event.data.keys():
        return f"rollback of {event.data['environment']} undone: {event.data['version']} is back"
    return str(event)


def trend_lines(found: Recent, live: int | None, *, width: int, height: int) -> list[Text]:
    """`live` is the id of production's version, which is marked."""
    pairs = [(f"v{id}", value) for id, value in found.over_versions]
    return metric_over_versions(pairs, width=width, height=height, marked="" if live is None else f"v{live}")
