"""Opens the release of a registered version."""

from __future__ import annotations

from datetime import datetime

from mltui.domain.job import JobKind
from mltui.domain.names import release_name, version_name
from mltui.domain.passable import unsatisfiable
from mltui.domain.policy import Policy, last_environment
from mltui.domain.release import Release, ReleaseState
from mltui.domain.way import next_stop, way_to
from mltui.errors import Conflict, NotFound, Refused
from mltui.operations.acting.closing import close_waiting_release
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.wake import wake_worker
from mltui.operations.releases.passed_stop import passed_release
from mltui.operations.releases.seal import what_broke_the_seal
from mltui.operations.standing.staleness import staleness_of
from mltui.registry import Connection, deployments, environments, events, jobs, pins, releases, versions
from mltui.workspace import Workspace


def open_release(workspace: Workspace, version_id: int, *, environment: str | None = None) -> Release:
    """Asks for the way of a registered version to an environment; unless one is named to the next where people decide
    and that the version has not passed.

    Looks and writes in one transaction: of two who ask at once, one is refused. A release of the same version that
    waits under a seal that no longer holds, or is stale, is superseded.
    """
    policy = policy_on_record(workspace)
    goal = environment or _goal(workspace.registry.read(), policy, version_id)
    if goal is None or goal not in policy.environments:
        raise NotFound(f"there is no environment {goal or ''}".rstrip(), hint="name one of the policy: mltui env list")
    _require_passed(workspace.registry.read(), version_id, way_to(policy, goal).since, goal=goal)
    problem = unsatisfiable(policy.environments[goal].gate, policy.operators)
    if problem is not None:
        hint = "add approvers to policy.toml, or lower the number that is required"
        raise Refused(f"nobody can pass the gate of {goal}: {problem}", hint=hint, code="gate_unsatisfiable")
    with workspace.registry.write() as tx:
        overtaken = _require_openable(tx, workspace, version_id, goal, policy)
        release = add_release(
            tx,
            version_id=version_id,
            environment=goal,
            opened_by=str(workspace.actor),
            actor=str(workspace.actor),
            at=workspace.now(),
        )
        for old, reason in overtaken:
            _supersede(tx, workspace, old, by=release, reason=reason)
    wake_worker(workspace)
    return release


def add_release(
    tx: Connection, *, version_id: int, environment: str, opened_by: str, actor: str, at: datetime
) -> Release:
    """Release, its job and its event, in the caller's transaction."""
    release = releases.add(
        tx,
        version_id=version_id,
        environment=environment,
        state=ReleaseState.RUNNING,
        opened_at=at,
        opened_by=opened_by,
    )
    name = release_name(release.id)
    jobs.add(tx, kind=JobKind.RELEASE, subject=name, payload={}, requested_by=opened_by, at=at)
    data = {"release": name, "version": version_name(version_id), "environment": environment}
    events.append(tx, "ReleaseOpened", name, data, actor=actor, at=at)
    return release


def _require_openable(
    tx: Connection, workspace: Workspace, version_id: int, environment: str, policy: Policy
) -> list[tuple[Release, str]]:
    """The waiting releases of this version that nobody can approve any more, and why."""
    overtaken = []
    version = version_name(version_id)
    if versions.find(tx, version_id) is None:
        raise NotFound(f"there is no {version}", hint="mltui version list shows what there is")
    if (gone := pins.pruned_model(tx, version_id)) is not None:
        reason = f"the model of {version} was pruned on {gone.at:%Y-%m-%d} by {gone.author}"
        raise Refused(reason, hint="train its commit again: mltui train --again --commit …", code="model_pruned")
    for release in releases.unfinished(tx, environment=environment):
        if release.version_id != version_id:
            continue
        broken = what_broke_the_seal(tx, workspace, release, rules=policy.environments[environment])
        broken += filter(None, [staleness_of(tx, release, policy)])
        if not broken:
            name = release_name(release.id)
            raise Conflict(
                f"{name} of {version} is under way already", hint=f"mltui release show {name}", code="release_under_way"
            )
        overtaken.append((release, "; ".join(each.sentence for each in broken)))
    if version_id == _live_version(tx, environment) and not _has_to_pass_again(tx, policy, version_id, environment):
        raise Refused(f"{version} is live in {environment} already", hint="nothing has to be done", code="already_live")
    return overtaken


def _goal(conn: Connection, policy: Policy, version_id: int) -> str | None:
    goal = last_environment(policy)
    while goal is not None:
        since = way_to(policy, goal).since
        if since is None or passed_release(conn, version_id, since) is not None:
            break
        goal = since
    return goal


def _require_passed(conn: Connection, version_id: int, since: str | None, *, goal: str) -> None:
    if since is not None and passed_release(conn, version_id, since) is None:
        version = version_name(version_id)
        raise Refused(
            f"{version} has not passed {since}, which comes before {goal}",
            hint=f"mltui release open {version} --environment {since}",
            code="not_passed",
        )


def _has_to_pass_again(conn: Connection, policy: Policy, version_id: int, environment: str) -> bool:
    """Whether the way on from a stop has failed, as it does where what passed there has changed since."""
    following = next_stop(policy, environment)
    if following is None:
        return False
    found = releases.list_releases(conn, version_id=version_id, environment=following, limit=1)
    return bool(found) and found[0].state is ReleaseState.FAILED


def _supersede(tx: Connection, workspace: Workspace, old: Release, *, by: Release, reason: str) -> None:
    name, successor, at = release_name(old.id), release_name(by.id), workspace.now()
    close_waiting_release(
        tx, old.id, state=ReleaseState.SUPERSEDED, reason=f"superseded by {successor}: {reason}", at=at
    )
    data = {"release": name, "by": successor, "reason": reason}
    events.append(tx, "ReleaseSuperseded", name, data, actor=str(workspace.actor), at=at)


def _live_version(tx: Connection, environment: str) -> int | None:
    known = environments.find(tx, environment)
    if known is None or known.deployment_id is None or known.is_stopped:
        return None
    live = deployments.find(tx, known.deployment_id)
    return None if live is None else live.version_id
