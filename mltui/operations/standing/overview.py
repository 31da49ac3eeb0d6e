"""One snapshot for the header and the first screen: what answers and how it does, what waits, what runs. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mltui.domain.actor import UNKNOWN, Actor, people_sharing, person_of_login
from mltui.domain.job import Heartbeat
from mltui.domain.policy import Gate, Policy
from mltui.domain.release import Release, ReleaseState, Stage
from mltui.domain.rollout import StepProgress
from mltui.domain.run import Run, StepAttempt, WorkState
from mltui.operations.acting.policy_record import try_policy
from mltui.operations.acting.wake import HANGS_AFTER
from mltui.operations.standing.alarms import Alarm, alarms
from mltui.operations.standing.environment_health import EnvironmentHealth, environments_health
from mltui.operations.standing.installation import installations_of
from mltui.operations.standing.rollout_progress import progress_of
from mltui.operations.standing.sound import sound_rows, told
from mltui.operations.standing.waiting import WaitingRelease, waiting_releases
from mltui.processes import start_ticks
from mltui.registry import Connection, releases, runs, stages, steps
from mltui.registry import worker as heartbeat
from mltui.registry.version_facts import list_facts
from mltui.workspace import Workspace

MOST_SHOWN = 20
"""Runs and releases of each kind; beyond that their number says enough."""


@dataclass(frozen=True, slots=True)
class Role:
    """What the actor may do at one environment's gate, before any release is looked at."""

    environment: str
    may_approve: bool
    why_not: str
    """A sentence; empty where it may be."""


@dataclass(frozen=True, slots=True)
class RunningRun:
    run: Run
    step: StepAttempt | None
    """The last that was begun; None before the first."""


@dataclass(frozen=True, slots=True)
class RunningRelease:
    release: Release
    stage: Stage | None
    """The one under way, else the last that is over; None before the first."""

    @property
    def progress(self) -> StepProgress | None:
        """Where its traffic stands; None while that does not go over in steps."""
        found = None if self.stage is None else progress_of([self.stage])
        return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class WorkerLife:
    beat: Heartbeat | None
    """pid, build, host and the time of the last sign; None when no worker is there."""
    is_alive: bool
    """Whether the process is there and was heard of lately."""
    comes_back: bool = True
    """Whether something starts it with the machine, as far as the registry tells; a demo needs none."""


@dataclass(frozen=True, slots=True)
class Overview:
    at: datetime
    """When all this was so."""
    project: str
    folder: str
    engine: str | None
    """docker or process; None when the policy cannot be read."""
    policy_problem: str
    """Why the policy cannot be read; empty where it can."""
    actor: Actor
    person: str
    """The actor's name in the policy, or `unknown`."""
    roles: tuple[Role, ...]
    """One for each environment, in the policy's order."""
    environments: tuple[EnvironmentHealth, ...]
    """The last of the policy's order first: that is where releases lead."""
    waiting: tuple[WaitingRelease, ...]
    """The longest waiting first."""
    waiting_in_all: int
    running: tuple[RunningRun, ...]
    """The newest first, without those that are queued."""
    queued: int
    releasing: tuple[RunningRelease, ...]
    worker: WorkerLife
    latest_version: int | None
    problems: tuple[str, ...] = ()
    """A sentence for each damaged row that is left out here."""
    alarms: tuple[Alarm, ...] = ()
    """To be said aloud on every screen."""

    @property
    def emergencies(self) -> tuple[str, ...]:
        """Releases that somebody let through and nobody else has seen."""
        return tuple(alarm.release for alarm in self.alarms if alarm.release)

    @property
    def oldest_waiting(self) -> WaitingRelease | None:
        return self.waiting[0] if self.waiting else None

    @property
    def waiting_for_actor(self) -> tuple[WaitingRelease, ...]:
        return tuple(each for each in self.waiting if each.may_approve)


def overview(workspace: Workspace) -> Overview:
    """Starts nothing, and opens with a policy that cannot be read: then nobody has a role."""
    policy, problem = try_policy(workspace)
    conn, now = workspace.registry.read(), workspace.now()
    problems: list[str] = []
    newest = sound_rows(lambda limit, at: list_facts(conn, limit=limit, offset=at), limit=1, problems=problems)
    waiting = waiting_releases(conn, policy, actor=workspace.actor, now=now, limit=MOST_SHOWN, problems=problems)
    return Overview(
        at=now,
        project=workspace.project_name,
        folder=str(workspace.folder),
        engine=None if policy is None else policy.engine,
        policy_problem=problem,
        actor=workspace.actor,
        person=person_of_login(workspace.actor.login, {} if policy is None else policy.operators),
        roles=() if policy is None else roles_of(policy, workspace.actor),
        environments=environments_health(conn, policy, now=now, problems=problems),
        waiting=waiting,
        waiting_in_all=releases.count(conn, state=ReleaseState.WAITING_APPROVAL),
        running=_running(conn, problems),
        queued=runs.count(conn, state=WorkState.QUEUED),
        releasing=_releasing(conn, problems),
        worker=told(lambda: _worker(conn, now, policy), WorkerLife(None, False), problems=problems),
        latest_version=newest[0].id if newest else None,
        alarms=alarms(conn, problems),
        problems=tuple(dict.fromkeys(problems)),
    )


def roles_of(policy: Policy, actor: Actor) -> tuple[Role, ...]:
    person = person_of_login(actor.login, policy.operators)
    sharing = people_sharing(actor.login, policy.operators)
    return tuple(_role(name, rules.gate, person, actor, sharing) for name, rules in policy.environments.items())


def _role(environment: str, gate: Gate, person: str, actor: Actor, sharing: Sequence[str]) -> Role:
    """On an account that several share, whoever of them signs may do what they may."""
    approvers = gate.approvers
    if person in approvers or (gate.signatures and set(sharing) & set(approvers)):
        return Role(environment, may_approve=True, why_not="")
    whose = f"which {' and '.join(sharing)} share" if sharing else "which belongs to no operator in the policy"
    who = person if person != UNKNOWN else f"the login {actor.login}, {whose},"
    named = ", ".join(approvers) or "nobody"
    return Role(environment, False, f"{who} may not approve for {environment}; approvers there are: {named}")


def _running(conn: Connection, problems: list[str]) -> tuple[RunningRun, ...]:
    def read(limit: int, offset: int) -> list[RunningRun]:
        found = runs.list_runs(conn, state=WorkState.RUNNING, limit=limit, offset=offset)
        attempts = steps.of_runs(conn, [run.id for run in found])
        return [RunningRun(run, _last_begun(attempts[run.id])) for run in found]

    return tuple(sound_rows(read, limit=MOST_SHOWN, problems=problems))


def _last_begun(attempts: Sequence[StepAttempt]) -> StepAttempt | None:
    begun = [attempt for attempt in attempts if attempt.started_at is not None]
    return max(begun, key=lambda each: (each.started_at, each.attempt), default=None)


def _releasing(conn: Connection, problems: list[str]) -> tuple[RunningRelease, ...]:
    def read(limit: int, offset: int) -> list[RunningRelease]:
        found = releases.list_releases(conn, state=ReleaseState.RUNNING, limit=limit, offset=offset)
        known = stages.of_releases(conn, [release.id for release in found])
        return [RunningRelease(release, _current(known[release.id])) for release in found]

    return tuple(sound_rows(read, limit=MOST_SHOWN, problems=problems))


def _current(known: Sequence[Stage]) -> Stage | None:
    under_way = (stage for stage in known if not stage.state.is_over and stage.started_at is not None)
    over = (stage for stage in reversed(known) if stage.state.is_over)
    return next(under_way, None) or next(over, None)


def _worker(conn: Connection, now: datetime, policy: Policy | None) -> WorkerLife:
    beat = heartbeat.read(conn)
    comes_back = bool(installations_of(conn)) or policy is None or policy.is_demo
    if beat is None:
        return WorkerLife(None, False, comes_back)
    is_alive = now - beat.at < HANGS_AFTER and start_ticks(beat.pid) == beat.start_ticks
    return WorkerLife(beat, is_alive, comes_back)
