"""What stands for a request in the environment before its goal, however the version came there."""

from __future__ import annotations

from operations.gates import at_gate, write_policy
from registry.registry_values import NOW, add_deployment, add_release

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.release import Release, ReleaseState
from mltui.operations.standing.staleness import candidate_of, staleness_of
from mltui.registry import environments, releases
from mltui.workspace import Workspace


def brought(workspace: Workspace, release: Release, environment: str, *, is_green: bool = True) -> int:
    """Id of a deployment of that release, which answers there."""
    with workspace.registry.write() as tx:
        made = add_deployment(
            tx,
            environment=environment,
            state=DeploymentState.LIVE,
            live_from=NOW,
            release_id=release.id,
            version_id=release.version_id,
            package=release.package,
        )
        environments.save(tx, Environment(environment, made.id, is_smoke_green=is_green, smoke_failure="0 of 2"))
    return made.id


def stale(workspace: Workspace, release: Release) -> bool:
    return staleness_of(workspace.registry.read(), release, workspace.policy()) is not None


def test_a_request_that_passed_nothing_before_its_goal_is_never_stale(workspace: Workspace) -> None:
    write_policy(workspace)
    release = at_gate(workspace)
    brought(workspace, release, "production", is_green=False)
    assert candidate_of(workspace.registry.read(), release, workspace.policy()) is None
    assert not stale(workspace, release)


def test_its_own_candidate_counts_also_where_the_policy_cannot_be_read(workspace: Workspace) -> None:
    write_policy(workspace)
    release = at_gate(workspace)
    candidate = brought(workspace, release, "staging", is_green=False)
    found = candidate_of(workspace.registry.read(), release, None)
    assert found is not None
    assert found.id == candidate
    assert staleness_of(workspace.registry.read(), release, None) is not None
    assert stale(workspace, release)


def test_where_people_decided_before_what_that_release_brought_there_counts(workspace: Workspace) -> None:
    write_policy(workspace)
    release = at_gate(workspace)
    with workspace.registry.write() as tx:
        earlier = add_release(tx, version_id=release.version_id, environment="staging")
        earlier = releases.update(tx, earlier.id, state=ReleaseState.SUCCEEDED, package=release.package)
    brought(workspace, earlier, "staging")
    assert not stale(workspace, release)
    brought_red = environments.find(workspace.registry.read(), "staging")
    assert brought_red is not None
    with workspace.registry.write() as tx:
        environments.save(tx, Environment("staging", brought_red.deployment_id, is_stopped=True))
    assert stale(workspace, release)


def test_a_release_that_is_decided_is_not_stale(workspace: Workspace) -> None:
    write_policy(workspace)
    release = at_gate(workspace)
    brought(workspace, release, "staging", is_green=False)
    with workspace.registry.write() as tx:
        release = releases.update(tx, release.id, state=ReleaseState.RUNNING)
    assert not stale(workspace, release)
