from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mltui.domain.event import Event
from mltui.operations.standing.recent import Recent
from mltui.registry.smokes import Smoke
from mltui.tui.presentation.recent import (
    BORDER,
    LEAST_ROWS,
    lately_lines,
    roughly_ago,
    shared_lines,
    smoke_lines,
    trend_lines,
)
from tui.presentation.foreign import UNHURRIED, plain

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def smoke(minutes: float, *, p95_ms: float | None = 5.0, is_green: bool = True) -> Smoke:
    return Smoke("production", ago(minutes), is_green, p95_ms)


FOUND = Recent(
    at=NOW, metric="accuracy", over_versions=((1, 0.5), (2, 0.75), (3, 0.625)), environment="production",
    smokes=tuple(smoke(minutes, p95_ms=4.0 + minutes % 3) for minutes in range(119, -1, -1)), events=(),
)  # fmt: skip


def event(kind: str, minutes: float, *, actor: str = "worker", **data: Any) -> Event:
    return Event(1, ago(minutes), actor, kind, "x", data, "", "")


def test_green_smokes_are_told_with_the_newest_latency_and_the_limits() -> None:
    wide = plain(smoke_lines(FOUND, width=116))
    assert len(wide) == 1
    assert "4.000 … 6.000 ms  now 4.00 ms  ✓ 120 green in 1 h 59 min" in wide[0]
    narrow = plain(smoke_lines(FOUND, width=60))
    assert narrow[0] == "p95 now 4.00 ms  ✓ 120 green in 1 h 59 min"
    assert narrow[1].startswith("p95 ")
    assert narrow[1].endswith(" 4.000 … 6.000 ms")


def test_failed_smokes_are_counted_and_the_last_of_them_has_its_age() -> None:
    smokes = (smoke(20, p95_ms=None, is_green=False), smoke(15, is_green=False), smoke(1))
    (line,) = plain(smoke_lines(replace(FOUND, smokes=smokes), width=116))
    assert line.endswith("✗ 2 of 3 failed in 20 min, last 10 min ago")


def test_events_are_sentences_with_their_age_and_the_person() -> None:
    events = (
        event("SmokeFailed", 0.5, environment="production", reason="[b]3 of 4[/]\x1b right"),
        event("VersionRejected", 7, actor="bob", version="v3", environment="production", comment="too slow"),
        event("RollbackUndone", 90, environment="production", restored="d7", version="v3"),
    )
    problems = ("row 7 of versions is damaged",)
    lines = plain(lately_lines(replace(FOUND, events=events, problems=problems), width=100))
    assert [" ".join(line.split()) for line in lines] == [
        "✗ row 7 of versions is damaged",
        "✗ just now smoke in production failed: [b]3 of 4[/]␛ right",
        "✗ 7 min ago v3 rejected for production: too slow by bob",
        "! 1 h ago rollback of production undone: v3 is back",
    ]


def test_ages_are_told_in_steps_that_change_seldom() -> None:
    told = [roughly_ago(ago(minutes), NOW) for minutes in (0, 0.9, 1, 9.5, 10, 19, 59, 60, 119, 1439, 1440, 4000)]
    assert told == [
        "just now", "just now", "1 min ago", "9 min ago", "10 min ago", "10 min ago", "50 min ago", "1 h ago",
        "1 h ago", "23 h ago", "1 d ago", "2 d ago",
    ]  # fmt: skip


def test_the_version_in_production_is_marked_in_the_picture_and_in_figures() -> None:
    lines = plain(trend_lines(FOUND, 2, width=76, height=12))
    assert "".join(lines[:-2]).count("◆") == 1
    assert "".join(lines[:-2]).count("●") == 2
    assert lines[-2].startswith("◆ production v2 0.7500  ● newest v3 0.6250")
    assert "◆" not in "".join(plain(trend_lines(FOUND, None, width=76, height=12)))


def test_the_list_keeps_its_first_rows_and_panels_are_left_out_in_the_order_of_their_worth() -> None:
    wanted = ((1, 2), (3, 11), (1, 14))
    assert shared_lines(17, rows=1, wanted=wanted) == (1, [2, 7, 1])
    assert shared_lines(17, rows=9, wanted=wanted) == (6, [1, 3, 1])
    assert shared_lines(13, rows=9, wanted=wanted) == (7, [1, 0, 1])
    assert shared_lines(8, rows=9, wanted=wanted) == (8, [0, 0, 0])
    assert shared_lines(33, rows=1, wanted=wanted) == (1, [2, 11, 13])
    assert shared_lines(60, rows=40, wanted=((0, 0), (3, 11), (1, 14))) == (40, [0, 11, 5])


@UNHURRIED
@given(
    st.integers(0, 80), st.integers(1, 60), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20)), max_size=4)
)  # fmt: skip
def test_nothing_is_given_twice_and_nothing_is_clipped(room: int, rows: int, wanted: list[tuple[int, int]]) -> None:
    listed, given = shared_lines(room, rows=rows, wanted=wanted)
    assert min(rows, LEAST_ROWS, max(room, 1)) <= listed <= rows
    assert all(lines == 0 or least <= lines <= most for lines, (least, most) in zip(given, wanted, strict=True))
    used = sum(lines + BORDER for lines in given if lines)
    assert used == 0 or listed + used <= room
