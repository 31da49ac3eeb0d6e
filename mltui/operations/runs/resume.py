"""Ends a run or a release that is under way, and takes up again a run that did not succeed."""

from __future__ import annotations

from mltui.domain.job import JobKind
from mltui.domain.names import parse_id, release_name, version_name
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import Run, WorkState
from mltui.errors import Refused
from mltui.operations.acting.closing import ask_to_end, close_waiting_release
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.wake import wake_worker
from mltui.operations.standing.state import require_release, run_state
from mltui.registry import deployments, environments, events, jobs, releases, runs
from mltui.workspace import Workspace


def cancel_run(workspace: Workspace, name: str) -> Run:
    """Asks the worker to end it; its container is stopped within a second."""
    run = run_state(workspace, name).run
    if run.state.is_over:
        raise Refused(f"run {run.id} is {run.state.value} already", hint="there is nothing to cancel")
    with workspace.registry.write() as tx:
        job = jobs.of_subject(tx, kind=JobKind.RUN, subject=str(run.id))
        if job is not None:
            reason = f"cancelled by {workspace.actor.login}"
            ask_to_end(tx, job, actor=str(workspace.actor), reason=reason, at=workspace.now())
    wake_worker(workspace)
    return run


def cancel_release(workspace: Workspace, name: str) -> Release:
    """One that waits for a decision ends here; one that moves is ended by the worker."""
    named = require_release(workspace, name)
    at, actor, reason = workspace.now(), str(workspace.actor), f"cancelled by {workspace.actor.login}"
    with workspace.registry.write() as tx:
        release = releases.find(tx, named.id) or named  # a decision may have fallen since
        own = release_name(release.id)
        if release.state.is_over:
            raise Refused(f"{own} is {release.state.value} already", hint="there is nothing to cancel")
        job = jobs.of_subject(tx, kind=JobKind.RELEASE, subject=own)
        if job is not None:
            ask_to_end(tx, job, actor=actor, reason=reason, at=at)
        if release.state is ReleaseState.WAITING_APPROVAL:
            events.append(tx, "ReleaseCancelled", own, {"release": own, "reason": reason}, actor=actor, at=at)
            release = close_waiting_release(tx, release.id, state=ReleaseState.CANCELLED, reason=reason, at=at)
    wake_worker(workspace)
    return release


def after_cancelling(workspace: Workspace, release: Release) -> str:
    """What the end of a release that is under way means for where it leads, a sentence."""
    conn, goal = workspace.registry.read(), release.environment
    known = environments.find(conn, goal)
    pointer = None if known is None or known.is_stopped else known.deployment_id
    current = None if pointer is None else deployments.find(conn, pointer)
    if current is None or current.release_id != release.id:
        sharing = {each.deployment_id for each in known.shares} if known is not None else set()
        has_part = any(each.id in sharing for each in deployments.of_release(conn, release.id))
        if current is not None and has_part:
            return f"{version_name(current.version_id)} gets all the traffic of {goal} again"
        return f"{goal} stays as it is"
    own = f"{version_name(release.version_id)} is live in {goal}"
    shifts = events.list_events(conn, kind="TrafficShifted", subject=goal, limit=1, newest_first=True)
    left = next((each.data["left"] for each in shifts), None)
    before = None if left is None else deployments.find(conn, parse_id("deployment", left))
    if before is None:
        return f"{own}, and nothing was before it: {goal} will be stopped and answer 503"
    return f"{own}: {goal} goes back to {version_name(before.version_id)}"


def resume_run(workspace: Workspace, name: str) -> Run:
    """A new run of the same commit, data and parameters; the steps that succeeded come from the cache."""
    run = run_state(workspace, name).run
    if run.state not in (WorkState.FAILED, WorkState.CANCELLED):
        raise Refused(
            f"run {run.id} is {run.state.value}", hint="only a run that failed or was cancelled can be resumed"
        )
    engine = policy_on_record(workspace).engine
    at, actor = workspace.now(), workspace.actor
    kept = ("commit", "is_dirty", "branch", "message", "author_name", "author_email", "source", "data", "plan")
    with workspace.registry.write() as tx:
        resumed = runs.add(
            tx,
            **{name: getattr(run, name) for name in kept},
            state=WorkState.QUEUED,
            requested_by=str(actor),
            requested_at=at,
            engine=engine,
        )
        jobs.add(tx, kind=JobKind.RUN, subject=str(resumed.id), payload={}, requested_by=str(actor), at=at)
        data = {"run": str(resumed.id), "commit": run.commit, "resumes": str(run.id)}
        events.append(tx, "RunRequested", str(resumed.id), data, actor=str(actor), at=at)
    wake_worker(workspace)
    return resumed
