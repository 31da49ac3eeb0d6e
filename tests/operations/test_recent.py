"""What happened lately, as the first screen tells it."""

from __future__ import annotations

from dataclasses import replace

from operations.gates import as_person, write_policy
from registry.registry_values import add_version, later

from mltui.operations.standing.recent import MOST_VERSIONS, recent
from mltui.registry import events, smokes
from mltui.registry.smokes import Smoke
from mltui.workspace import Workspace

SMOKE = Smoke("staging", later(-60), is_green=True, p95_ms=5.0)


def test_a_workspace_where_nothing_happened_has_nothing_to_tell(workspace: Workspace) -> None:
    found = recent(workspace, [])
    assert (found.metric, found.over_versions, found.smokes, found.events) == ("", (), (), ())


def test_the_last_versions_come_oldest_first_with_the_metric_of_the_newest_ones_task(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        for number in range(MOST_VERSIONS + 2):
            add_version(tx, metrics={"accuracy": number / 100} if number != 10 else {"recall": 0.5})
    found = recent(workspace, [])
    assert found.metric == "accuracy"
    assert found.over_versions[0] == (3, 0.02)
    assert found.over_versions[-1] == (MOST_VERSIONS + 2, (MOST_VERSIONS + 1) / 100)
    assert dict(found.over_versions)[11] is None


def test_smokes_are_of_the_first_environment_that_has_any(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        smokes.add(tx, SMOKE)
    assert recent(workspace, ["production", "staging"]).smokes == (SMOKE,)
    with workspace.registry.write() as tx:
        smokes.add(tx, replace(SMOKE, environment="production"))
    assert recent(workspace, ["production", "staging"]).environment == "production"


def test_steps_and_stages_are_not_what_an_operator_wants_to_know_lately(workspace: Workspace) -> None:
    write_policy(workspace)
    with workspace.registry.write() as tx:
        for kind in ("RunFailed", "StepFailed", "SmokeFailed", "StageFailed"):
            events.append(tx, kind, "1", {"run": "1", "reason": "a"}, actor="worker", at=later(0))
    assert [event.kind for event in recent(as_person(workspace, "bob"), []).events] == ["SmokeFailed", "RunFailed"]


def test_a_damaged_row_is_left_out_and_told(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        for accuracy in (0.5, 0.75):
            add_version(tx, metrics={"accuracy": accuracy})
        events.append(tx, "RunFailed", "1", {"run": "1", "reason": "a"}, actor="worker", at=later(0))
        tx.execute("DROP TRIGGER versions_refuse_update")
        tx.execute("DROP TRIGGER events_refuse_update")
        tx.execute("UPDATE versions SET metrics = 'no JSON' WHERE id = 2")
        tx.execute("UPDATE events SET data = 'no JSON'")
    found = recent(workspace, [])
    assert found.over_versions == ((1, 0.5),)
    assert found.events == ()
    assert ["versions" in problem or "events" in problem for problem in found.problems] == [True, True]
