"""A rollback is about the deployment that somebody saw, also when it is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import lay_down, under_git
from registry.registry_values import NOW, add_deployment, add_release, add_version, later
from stories.loans import carry_job, hold_worker_lock

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.job import JobKind
from mltui.domain.names import release_name
from mltui.domain.run import WorkState
from mltui.operations.environments.roll_back import request_rollback
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import deployments, environments, jobs
from mltui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """d2 answers, d1 was good, r1 is on its way past the decision."""
    made = init_workspace(under_git(lay_down(tmp_path / "project")), folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(made)
    with made.registry.write() as tx:
        for number in range(2):
            deployment = add_deployment(tx, version_id=add_version(tx).id, engine="process", is_baked=True)
            state = DeploymentState.LIVE if number else DeploymentState.WARM
            deployments.update(tx, deployment.id, state=state, live_from=later(number))
        environments.save(tx, Environment("production", 2))
        name = release_name(add_release(tx).id)
        jobs.add(tx, kind=JobKind.RELEASE, subject=name, payload={}, requested_by="ann", at=NOW)
    yield made
    made.close()


def test_what_was_moved_between_the_request_and_the_worker_is_left_alone(workspace: Workspace) -> None:
    request_rollback(workspace, "production", reason="it is wrong", leaving=2)
    with workspace.registry.write() as tx:
        deployments.update(tx, 2, state=DeploymentState.WARM, live_until=later(5))
        newer = add_deployment(tx, version_id=add_version(tx).id, engine="process")
        deployments.update(tx, newer.id, state=DeploymentState.LIVE, live_from=later(5))
        environments.save(tx, Environment("production", newer.id))
    job = carry_job(workspace, JobKind.ROLLBACK, "production")
    assert (job.state, job.error and job.error["code"]) == (WorkState.FAILED, "moved_meanwhile")
    conn = workspace.registry.read()
    assert [each.id for each in deployments.live(conn)] == [newer.id]
    release = jobs.of_subject(conn, kind=JobKind.RELEASE, subject="r1")
    assert release is not None
    assert not release.is_cancel_requested
