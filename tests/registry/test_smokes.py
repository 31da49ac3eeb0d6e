"""The last smokes of each environment."""

from __future__ import annotations

from dataclasses import replace

from registry_values import NOW, later

from mltui.registry import Registry, events, smokes
from mltui.registry.smokes import MOST_KEPT, Smoke

FIRST = Smoke("production", NOW, is_green=True, p95_ms=4.5)


def test_only_the_last_ones_of_an_environment_are_kept_and_the_history_knows_nothing_of_them(
    registry: Registry,
) -> None:
    before = events.head(registry.read())
    with registry.write() as tx:
        smokes.add(tx, replace(FIRST, environment="staging"))
        for number in range(MOST_KEPT + 5):
            smokes.add(tx, replace(FIRST, at=later(number), p95_ms=float(number)))
    kept = smokes.of_environment(registry.read(), "production")
    assert [smoke.p95_ms for smoke in kept] == [float(number) for number in range(5, MOST_KEPT + 5)]
    assert smokes.of_environment(registry.read(), "staging") == [replace(FIRST, environment="staging")]
    assert events.head(registry.read()) == before


def test_a_smoke_without_an_answer_has_no_latency(registry: Registry) -> None:
    with registry.write() as tx:
        smokes.add(tx, replace(FIRST, is_green=False, p95_ms=None))
    assert smokes.of_environment(registry.read(), "production") == [replace(FIRST, is_green=False, p95_ms=None)]


def test_the_newest_of_some_kinds_come_in_the_order_of_the_history(registry: Registry) -> None:
    with registry.write() as tx:
        for number in range(6):
            kind = ("RunFailed", "RunStarted", "RunCancelled")[number % 3]
            events.append(tx, kind, str(number), {"run": str(number)}, actor="ann", at=later(-number))
    found = events.newest_of_kinds(registry.read(), ["RunFailed", "RunCancelled"], limit=3)
    assert [event.subject for event in found] == ["5", "3", "2"]
