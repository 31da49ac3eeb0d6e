from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_values import NOW, later

from mltui.domain.event import GENESIS
from mltui.errors import Refused
from mltui.registry import Registry, events

_moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


def _append(registry: Registry, count: int, *, kind: str = "RunCancelled") -> None:
    with registry.write() as tx:
        for _ in range(count):
            number = events.head(tx)[0] + 1
            events.append(tx, kind, str(number % 3), {"run": number}, actor="ann", at=later(number))


def _tamper(registry: Registry, *statements: str) -> None:
    """As somebody would who has the file and no scruples."""
    with closing(sqlite3.connect(registry.path)) as other, other:
        for (name,) in other.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            other.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            other.execute(statement)


def test_events_form_a_chain_from_genesis_to_head(registry: Registry) -> None:
    assert events.head(registry.read()) == (0, GENESIS)
    _append(registry, 3)
    stored = events.list_events(registry.read())
    assert [event.sequence for event in stored] == [1, 2, 3]
    assert [event.previous for event in stored] == [GENESIS, stored[0].hash, stored[1].hash]
    assert events.head(registry.read()) == (3, stored[2].hash)
    report = events.verify(registry.read(), head=stored[1].hash)
    assert (report.count, report.head, report.problem) == (3, stored[2].hash, "")


def test_an_appended_event_is_what_is_read_again(registry: Registry) -> None:
    with registry.write() as tx:
        data = {"z": 1, "a": [True, None, "ü"], "m": {"y": 1, "b": 2}}
        at = datetime(2026, 1, 1, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
        appended = events.append(tx, "RunStarted", "41", data, actor="ann", at=at)
    assert events.list_events(registry.read()) == [appended]
    assert appended.data == data
    assert appended.at == at
    assert appended.at.tzinfo is UTC


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), _json, max_size=4),
    at=_moments,
)
def test_whatever_is_appended_verifies(registry: Registry, data: dict[str, Any], at: datetime) -> None:
    with registry.write() as tx:
        appended = events.append(tx, "NoteAdded", "v1", data, actor="ann", at=at)
    assert appended.data == data
    assert not events.verify(registry.read()).problem


def test_an_unknown_kind_a_float_and_a_moment_without_a_zone_are_refused(registry: Registry) -> None:
    with pytest.raises(ValueError, match="no kind"), registry.write() as tx:
        events.append(tx, "RunExploded", "1", {}, actor="ann", at=NOW)
    with pytest.raises(TypeError), registry.write() as tx:
        events.append(tx, "RunFailed", "1", {"share": 0.5}, actor="ann", at=NOW)
    with pytest.raises(ValueError, match="zone"), registry.write() as tx:
        events.append(tx, "RunFailed", "1", {}, actor="ann", at=NOW.replace(tzinfo=None))
    assert events.head(registry.read()) == (0, GENESIS)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor = 'eve'",
        "DELETE FROM events WHERE sequence = 3",
        "INSERT OR REPLACE INTO events SELECT sequence, at, 'eve', kind, subject, data, previous, hash FROM events",
        "INSERT INTO events SELECT sequence + 7, at, actor, kind, subject, data, previous, 'h' || hash FROM events",
    ],
)
def test_the_registry_itself_refuses_changes_to_history(registry: Registry, statement: str) -> None:
    _append(registry, 3)
    with pytest.raises(Refused), registry.write() as tx:
        tx.execute(statement)
    assert events.verify(registry.read()).count == 3


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE events SET actor = 'eve' WHERE sequence = 4", "altered"),
        ("UPDATE events SET at = '2026-11-23T12:00:09+00:00' WHERE sequence = 4", "altered"),
        ("UPDATE events SET kind = 'RunSucceeded' WHERE sequence = 4", "altered"),
        ("UPDATE events SET subject = 'v7' WHERE sequence = 4", "altered"),
        ("UPDATE events SET data = '{\"run\":5}' WHERE sequence = 4", "altered"),
        ("UPDATE events SET data = '{\"run\": 4}' WHERE sequence = 4", "altered"),
        ('UPDATE events SET data = \'{"run":5,"run":4}\' WHERE sequence = 4', "altered"),
        ("UPDATE events SET data = 'nothing' WHERE sequence = 4", "cannot be read"),
        ("UPDATE events SET data = '{\"run\":0.5}' WHERE sequence = 4", "cannot be read"),
        ("UPDATE events SET at = 'once' WHERE sequence = 4", "cannot be read"),
        ("UPDATE events SET hash = 'abc' WHERE sequence = 4", "altered"),
        ("UPDATE events SET previous = 'abc' WHERE sequence = 4", "does not follow"),
        ("DELETE FROM events WHERE sequence = 4", "missing"),
    ],
)
def test_verify_finds_the_first_bad_event(registry: Registry, statement: str, problem: str) -> None:
    _append(registry, 9)
    _tamper(registry, statement)
    report = events.verify(registry.read())
    assert (report.count, report.first_bad) == (3, 4)
    assert problem in report.problem


def test_verify_finds_events_that_changed_places(registry: Registry) -> None:
    _append(registry, 9)
    swap = "UPDATE events SET sequence = {} WHERE sequence = {}"
    _tamper(registry, swap.format(99, 4), swap.format(4, 6), swap.format(6, 99))
    assert events.verify(registry.read()).first_bad == 4


def test_verify_finds_an_event_put_before_the_first(registry: Registry) -> None:
    _append(registry, 2)
    _tamper(registry, "INSERT INTO events SELECT 0, at, actor, kind, subject, data, previous, 'h' FROM events LIMIT 1")
    assert events.verify(registry.read()).first_bad == 1


def test_a_cut_tail_is_found_with_a_noted_head_only(registry: Registry) -> None:
    _append(registry, 9)
    _, noted = events.head(registry.read())
    _tamper(registry, "DELETE FROM events WHERE sequence > 6")
    assert not events.verify(registry.read()).problem
    report = events.verify(registry.read(), head=noted)
    assert (report.count, report.first_bad) == (6, 7)
    assert noted in report.problem


def test_a_tail_that_was_cut_and_grown_anew_is_found_with_a_noted_head(registry: Registry) -> None:
    _append(registry, 9)
    _, noted = events.head(registry.read())
    _tamper(registry, "DELETE FROM events WHERE sequence > 6")
    _append(registry, 5, kind="RunFailed")
    assert events.verify(registry.read(), head=noted).problem


def test_a_head_of_an_empty_history_is_always_in_it(registry: Registry) -> None:
    assert not events.verify(registry.read(), head=GENESIS).problem
    assert events.verify(registry.read(), head="ab" * 32).problem


def _sequences(registry: Registry, **choice: Any) -> list[int]:
    return [event.sequence for event in events.list_events(registry.read(), **choice)]


def test_lists_are_chosen_by_kind_subject_moment_and_place(registry: Registry) -> None:
    _append(registry, 6)
    _append(registry, 3, kind="RunFailed")
    choose = partial(_sequences, registry)
    assert choose(limit=2) == [1, 2]
    assert choose(limit=2, newest_first=True) == [9, 8]
    assert choose(after=7) == [8, 9]
    assert choose(kind="RunFailed") == [7, 8, 9]
    assert choose(subject="1") == [1, 4, 7]
    assert choose(subject="1", kind="RunFailed") == [7]
    assert choose(until=later(5)) == [1, 2, 3, 4, 5]
    assert choose(until=later(5.5), newest_first=True, subject="2") == [5, 2]
    assert choose(until=later(-1)) == []


def test_the_sequence_rules_where_a_clock_went_back(registry: Registry) -> None:
    with registry.write() as tx:
        for seconds in (10, 500, 20, 30):
            events.append(tx, "RunCancelled", "1", {"run": 1}, actor="ann", at=later(seconds))
    assert _sequences(registry, until=later(25)) == [1, 2, 3]
