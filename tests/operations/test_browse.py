"""The lists that screens and commands show."""

from __future__ import annotations

import pytest
from operations.gates import as_person, write_policy
from registry.registry_values import NOW, add_deployment, add_release, add_run, add_version, later

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import UsageError
from mltui.operations.standing import browse
from mltui.registry import deployments, environments, events, version_facts
from mltui.workspace import Workspace


def test_a_version_is_listed_with_its_newest_release_and_where_it_answers(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        old, new = add_version(tx), add_version(tx)
        add_release(tx, version_id=old.id, state=ReleaseState.FAILED)
        add_release(tx, version_id=old.id, state=ReleaseState.SUCCEEDED)
        for name, is_stopped in (("production", False), ("staging", True)):
            live = add_deployment(tx, version_id=old.id, environment=name)
            deployments.update(tx, live.id, state=DeploymentState.LIVE, live_from=NOW)
            environments.save(tx, Environment(name, live.id, is_stopped))
    first, second = browse.list_versions(workspace)
    assert (first.facts.id, first.release, first.live_in) == (new.id, None, ())
    assert second.release is not None
    assert (second.release.state, second.live_in) == (ReleaseState.SUCCEEDED, ("production",))
    assert browse.list_versions(workspace, matching="nowhere") == []
    assert browse.count_versions(workspace) == 2


def test_the_number_of_queries_does_not_grow_with_the_page(workspace: Workspace) -> None:
    def queries() -> int:
        statements: list[str] = []
        workspace.registry.read().set_trace_callback(statements.append)
        browse.list_versions(workspace)
        workspace.registry.read().set_trace_callback(None)
        return len(statements)

    with workspace.registry.write() as tx:
        add_release(tx)
    few = queries()
    with workspace.registry.write() as tx:
        for _ in range(15):
            add_release(tx, version_id=add_version(tx).id)
    assert queries() == few


def test_a_list_reads_nothing_that_is_large_about_a_version(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        add_version(tx)
    assert not {"groups", "learning_curve", "confusion", "data_report"} & set(version_facts.FACTS.columns)


def test_the_best_version_comes_first_whichever_way_the_metric_is_better(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        for accuracy in (0.7, 0.9, 0.8):
            add_version(tx, metrics={"accuracy": accuracy, "log_loss": accuracy})
    assert [row.facts.id for row in browse.list_versions(workspace, sort="accuracy")] == [2, 3, 1]
    assert [row.facts.id for row in browse.list_versions(workspace, sort="log_loss", limit=1)] == [1]
    assert [row.facts.id for row in browse.list_versions(workspace, sort="accuracy", offset=2)] == [1]
    for unknown in ("prettiness", 'recall:"'):
        with pytest.raises(UsageError, match="is no metric"):
            browse.list_versions(workspace, sort=unknown)


def test_runs_releases_events_and_data_are_listed_and_counted_by_the_same_words(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        for number, state in enumerate((WorkState.FAILED, WorkState.FAILED, WorkState.SUCCEEDED)):
            add_run(tx, state=state, branch=f"try/{number}")
            events.append(tx, "RunFailed", str(number), {"run": "1", "reason": "b"}, actor="ann", at=later(number))
        add_release(tx)
    assert [run.branch for run in browse.list_runs(workspace, matching="!try/1", state=WorkState.FAILED)] == ["try/0"]
    assert browse.count_runs(workspace, matching="!try/1", state=WorkState.FAILED) == 1
    assert len(browse.list_releases(workspace, matching="production")) == 1
    assert browse.count_releases(workspace, matching="production", state=ReleaseState.RUNNING) == 1
    assert len(browse.list_events(workspace, matching="runfailed", subject="1")) == 1
    assert browse.count_events(workspace, matching="runfailed") == 3
    assert browse.list_data(workspace) == []
    assert browse.count_data(workspace, matching="data@") == 0


def test_environments_are_found_by_what_answers_there(workspace: Workspace) -> None:
    write_policy(workspace)
    with workspace.registry.write() as tx:
        live = add_deployment(tx)
        environments.save(tx, Environment("production", live.id, endpoint="127.0.0.1:8501"))
        environments.save(tx, Environment("staging", is_stopped=True))
    place = as_person(workspace, "bob")
    assert [each.environment.name for each in browse.list_environments(place, matching="8501 v1")] == ["production"]
    assert [each.environment.name for each in browse.list_environments(place, matching="stopped")] == ["staging"]
    assert [each.environment.name for each in browse.list_environments(place, limit=1)] == ["production"]
