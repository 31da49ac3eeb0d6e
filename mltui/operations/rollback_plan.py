"""Where a rollback would lead, what is proven of it without moving anything, and what else there is. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mltui.domain.deployment import Deployment, DeploymentState, Environment
from mltui.domain.job import Job, JobKind
from mltui.domain.names import version_name
from mltui.domain.rollback import candidates, standing, undo_target
from mltui.errors import NotFound
from mltui.operations.proofs import Proof, Readiness, file_proofs, image_proof, server_proof
from mltui.registry import Connection, deployments, environments, jobs, versions
from mltui.registry.versions import VersionFacts
from mltui.workspace import Workspace

_READINESS: Mapping[DeploymentState, Readiness] = {
    DeploymentState.LIVE: "warm",
    DeploymentState.CANARY: "warm",
    DeploymentState.WARM: "warm",
    DeploymentState.COLD: "cold",
}


@dataclass(frozen=True, slots=True)
class RollbackPlace:
    """A deployment that could answer again."""

    deployment: Deployment
    version: VersionFacts | None
    is_good: bool
    """Whether a rollback takes it by itself."""
    reason: str
    """Why it is good, or why it is passed over."""
    is_nameable: bool
    """Whether `--to` may name its version."""
    readiness: Readiness
    """By the registry; of what was looked at, by the engine."""
    proofs: tuple[Proof, ...] = ()
    """Empty where nothing was looked at."""

    @property
    def is_sound(self) -> bool:
        """Whether it was looked at and nothing spoke against it."""
        return bool(self.proofs) and not any(proof.is_good is False for proof in self.proofs)


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    environment: Environment
    current: RollbackPlace | None
    """What answers, or would after a stop."""
    target: RollbackPlace | None
    """Where a rollback leads: the newest good one against which nothing speaks."""
    alternatives: tuple[RollbackPlace, ...]
    """All other places, the newest first."""
    undo: RollbackPlace | None
    """What `--undo` puts back."""
    problem: str
    """Why no rollback is possible, a sentence; empty where there is a target."""
    under_way: Job | None
    """A rollback, stop or start that somebody asked for and that is not over."""


def rollback_plan(workspace: Workspace, environment: str) -> RollbackPlan:
    """Reads the target's files again, which takes as long as its model is large. Raises `NotFound` for an environment
    to which nothing was ever released."""
    conn = workspace.registry.read()
    known = environments.find(conn, environment)
    if known is None:
        raise NotFound(f"nothing was ever released to {environment}", hint="mltui env list shows what there is")
    history = deployments.of_environment(conn, environment)
    current = next((each for each in history if each.id == known.deployment_id), None)
    places = _proven_until_sound(workspace, _places(conn, history, current), history)
    target = None if current is None else next((each for each in places if each.is_good and each.is_sound), None)
    return RollbackPlan(
        environment=known,
        current=None if current is None else _alone(conn, current, reason="answers now"),
        target=target,
        alternatives=tuple(each for each in places if each is not target),
        undo=_undo(workspace, history, current),
        problem="" if target is not None else _problem(environment, current, places),
        under_way=_under_way(conn, environment),
    )


def _places(conn: Connection, history: Sequence[Deployment], current: Deployment | None) -> list[RollbackPlace]:
    found = candidates(history, current=current)
    facts = versions.facts_of(conn, sorted({each.deployment.version_id for each in found}))
    standings = standing(history)
    here = None if current is None else current.version_id
    return [
        RollbackPlace(
            deployment=each.deployment,
            version=facts.get(each.deployment.version_id),
            is_good=each.is_good,
            reason=each.reason,
            is_nameable=standings[each.deployment.id].was_good and each.deployment.version_id != here,
            readiness=_READINESS.get(each.deployment.state, "gone"),
        )
        for each in found
    ]


def _alone(conn: Connection, deployment: Deployment, *, reason: str) -> RollbackPlace:
    version = versions.facts_of(conn, [deployment.version_id]).get(deployment.version_id)
    readiness = _READINESS.get(deployment.state, "gone")
    return RollbackPlace(deployment, version, False, reason, is_nameable=False, readiness=readiness)


def _undo(workspace: Workspace, history: Sequence[Deployment], current: Deployment | None) -> RollbackPlace | None:
    withdrawn = undo_target(history, current=current)
    if withdrawn is None:
        return None
    place = _alone(workspace.registry.read(), withdrawn, reason=f"withdrawn: {withdrawn.withdrawn_reason}")
    return _proven(workspace, place, history)


def _proven_until_sound(
    workspace: Workspace, places: Sequence[RollbackPlace], history: Sequence[Deployment]
) -> list[RollbackPlace]:
    """The good ones are looked at as the worker tries them: the newest first, until one is sound."""
    found = list(places)
    for at, place in enumerate(found):
        if place.is_good:
            found[at] = _proven(workspace, place, history)
            if found[at].is_sound:
                break
    return found


def _proven(workspace: Workspace, place: RollbackPlace, history: Sequence[Deployment]) -> RollbackPlace:
    server, readiness = server_proof(workspace, place.deployment, history)
    proofs = (*file_proofs(workspace, place.deployment), image_proof(workspace, place.deployment), server)
    return replace(place, proofs=proofs, readiness=readiness)


def _problem(environment: str, current: Deployment | None, places: Sequence[RollbackPlace]) -> str:
    if current is None:
        return f"nothing was ever live in {environment}"
    unsound = [
        f"{version_name(place.deployment.version_id)}: {proof.sentence}"
        for place in places
        for proof in place.proofs
        if proof.is_good is False
    ]
    return f"there is nothing to go back to in {environment}" + (f": {'; '.join(unsound)}" if unsound else "")


def _under_way(conn: Connection, environment: str) -> Job | None:
    kinds = (JobKind.ROLLBACK, JobKind.STOP, JobKind.START)
    found = (job for job in jobs.unfinished(conn) if job.kind in kinds and job.subject == environment)
    return next(found, None)
