"""Says of a restored registry that nothing of it runs: where it was saved, all of that may still go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.job import Job, JobKind
from mltui.domain.names import parse_id
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.operations.acting.closing import close_release
from mltui.operations.standing.installation import forget_installation
from mltui.registry import Connection, deliveries, deployments, environments, events, jobs, runs, steps
from mltui.registry import worker as heartbeat

REASON = "the workspace was restored from a backup"


@dataclass(frozen=True, slots=True)
class AtRest:
    stopped: tuple[str, ...]
    """Environments in which something was live; `env start` brings it up."""
    ended: tuple[str, ...]
    """Runs and releases that were under way: nobody carries them on."""


def put_to_rest(tx: Connection, *, actor: str, at: datetime) -> AtRest:
    """In the caller's transaction. Decisions that are waited for go on waiting; nobody is notified of the past."""
    heartbeat.clear(tx)
    forget_installation(tx)
    for notifier in deliveries.cursors(tx):
        deliveries.forget_cursor(tx, notifier)
    ended = [job.subject for job in jobs.unfinished(tx) if _end(tx, job, at=at)]
    for deployment in deployments.not_live_with_server(tx):
        was_live = deployment.live_from is not None
        deployments.update(tx, deployment.id, state=DeploymentState.GONE if was_live else DeploymentState.FAILED)
    stopped = [each.name for each in environments.list_environments(tx) if _stop(tx, each, actor=actor, at=at)]
    return AtRest(tuple(stopped), tuple(ended))


def _end(tx: Connection, job: Job, *, at: datetime) -> bool:
    """Whether it was a run or a release."""
    error = {"code": "cancelled", "message": REASON, "hint": "ask for it again"}
    jobs.set_state(tx, job.id, state=WorkState.CANCELLED, error=error, at=at)
    if job.kind is JobKind.RUN:
        _end_run(tx, int(job.subject), at=at)
    elif job.kind is JobKind.RELEASE:
        release = parse_id("release", job.subject)
        close_release(tx, release, state=ReleaseState.CANCELLED, reason=REASON, at=at)
        data = {"release": job.subject, "reason": REASON}
        events.append(tx, "ReleaseCancelled", job.subject, data, actor="worker", at=at)
    return job.kind in (JobKind.RUN, JobKind.RELEASE)


def _end_run(tx: Connection, run: int, *, at: datetime) -> None:
    for attempt in steps.of_run(tx, run):
        if not attempt.state.is_over:
            steps.save(tx, replace(attempt, state=WorkState.CANCELLED, ended_at=at, failure=REASON))
    runs.update(tx, run, state=WorkState.CANCELLED, ended_at=at, failure=REASON)
    events.append(tx, "RunCancelled", str(run), {"run": str(run), "reason": REASON}, actor="worker", at=at)


def _stop(tx: Connection, environment: Environment, *, actor: str, at: datetime) -> bool:
    """Its endpoint is settled anew when it is started, for the old one may be taken. Whether something was live."""
    at_rest = replace(
        environment,
        is_stopped=environment.deployment_id is not None,
        endpoint="",
        metrics_endpoint="",
        is_encrypted=False,
        asks_token=False,
        endpoint_since=None,
        shares=(),
        smoked_at=None,
        is_smoke_green=None,
        smoke_failure=None,
    )
    environments.save(tx, at_rest)
    if at_rest.is_stopped and not environment.is_stopped:
        data = {"environment": environment.name, "reason": REASON}
        events.append(tx, "EnvironmentStopped", environment.name, data, actor=actor, at=at)
    return at_rest.is_stopped
