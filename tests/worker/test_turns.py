"""Who comes later before a gate where somebody waits for a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from operations.gates import at_gate, write_policy
from operations.small_project import lay_down, under_git
from registry.registry_values import NOW, add_deployment, add_version, digest
from stories.loans import hold_worker_lock

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.digests import stable_json
from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.errors import Refused
from mltui.operations.releases.open_release import add_release
from mltui.operations.runs.resume import cancel_release
from mltui.operations.standing.state import require_release
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import environments, events, jobs, releases
from mltui.worker.journal import Journal
from mltui.worker.releases.release_work import ReleaseWork, StageSkipped, open_work
from mltui.worker.releases.stages_before import staging
from mltui.worker.releases.turns import await_turn
from mltui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """r1 waits for a decision, r2 comes later."""
    made = init_workspace(under_git(lay_down(tmp_path / "project")), folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(made)
    write_policy(made)
    at_gate(made)
    with made.registry.write() as tx:
        add_release(tx, version_id=add_version(tx).id, environment="production", opened_by="ann", actor="ann", at=NOW)
    yield made
    made.close()


def second(workspace: Workspace, on_boundary: Callable[[str], None] = lambda stage: None) -> ReleaseWork:
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject="r2")
    assert job is not None
    return open_work(Journal(workspace, job, on_boundary=on_boundary))


def test_a_newer_release_supersedes_one_that_waits(workspace: Workspace) -> None:
    await_turn(second(workspace))
    assert require_release(workspace, "r1").state is ReleaseState.SUPERSEDED


def set_policy(workspace: Workspace, old: str, new: str) -> None:
    policy = workspace.folder / "policy.toml"
    assert old in policy.read_text()
    policy.write_text(policy.read_text().replace(old, new))


def answers_in_staging(workspace: Workspace, release_id: int) -> None:
    """Its candidate was live there, and answers there now."""
    release = require_release(workspace, f"r{release_id}")
    with workspace.registry.write() as tx:
        made = add_deployment(
            tx,
            environment="staging",
            state=DeploymentState.WARM,
            live_from=NOW,
            release_id=release.id,
            version_id=release.version_id,
            package=release.package,
        )
        environments.save(tx, Environment("staging", made.id))


def test_where_nothing_comes_before_the_goal_each_waits_for_its_own_decision(workspace: Workspace) -> None:
    set_policy(workspace, 'after = "staging"', "")
    with pytest.raises(StageSkipped):
        staging(second(workspace))
    assert require_release(workspace, "r1").state is ReleaseState.WAITING_APPROVAL
    set_policy(workspace, "[environments.production]", '[environments.production]\nnewer = "queues"')

    def on_boundary(stage: str) -> None:
        cancel_release(workspace, "r1")

    with pytest.raises(StageSkipped):
        staging(second(workspace, on_boundary))
    (held,) = events.list_events(workspace.registry.read(), kind="DeployHeld")
    assert str(held) == "r2 waits before production: r1 comes first"


def passed_staging(workspace: Workspace, *, data: str) -> None:
    """The version of r2, with the package that it has now and with these data."""
    evidence = workspace.store.put_bytes(stable_json({"package_parts": {}, "data_digest": data}))
    with workspace.registry.write() as tx:
        version_id = require_release(workspace, "r2").version_id
        made = add_release(tx, version_id=version_id, environment="staging", opened_by="ann", actor="ann", at=NOW)
        releases.update(tx, made.id, state=ReleaseState.SUCCEEDED, evidence=evidence)


def test_right_after_a_stop_a_newer_release_supersedes_one_that_waits_with_what_passed_there(
    workspace: Workspace,
) -> None:
    set_policy(workspace, "[environments.staging]", '[environments.staging]\ngate = { approvers = ["ann"] }')
    later = second(workspace)
    with pytest.raises(Refused, match="has not passed it"):
        staging(later)
    passed_staging(workspace, data=digest(77))
    with pytest.raises(Refused, match="the data version changed since v2 passed staging with r3"):
        staging(later)
    assert require_release(workspace, "r1").state is ReleaseState.WAITING_APPROVAL
    passed_staging(workspace, data=later.version.data)
    with pytest.raises(StageSkipped, match="v2 has passed staging"):
        staging(later)
    assert require_release(workspace, "r1").state is ReleaseState.SUPERSEDED


def test_one_whose_candidate_gave_way_holds_no_queue_up(workspace: Workspace) -> None:
    set_policy(workspace, 'after = "staging"', 'after = "staging"\nnewer = "queues"')
    answers_in_staging(workspace, 1)
    answers_in_staging(workspace, 2)
    await_turn(second(workspace))
    assert require_release(workspace, "r1").state is ReleaseState.SUPERSEDED


def test_where_policy_says_so_it_queues_until_the_first_is_over(workspace: Workspace) -> None:
    set_policy(workspace, 'after = "staging"', 'after = "staging"\nnewer = "queues"')
    answers_in_staging(workspace, 1)
    seen = []

    def on_boundary(stage: str) -> None:
        seen.append((stage, require_release(workspace, "r1").state))
        cancel_release(workspace, "r1")

    await_turn(second(workspace, on_boundary))
    assert seen == [("queued", ReleaseState.WAITING_APPROVAL)]
    assert require_release(workspace, "r1").state is ReleaseState.CANCELLED
    (held,) = events.list_events(workspace.registry.read(), kind="DeployHeld")
    assert str(held) == "r2 waits before staging: r1 comes first"
