"""Where a rollback would lead, what is proven of it without moving anything, and what else there is. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mltui.domain.deployment import Deployment, DeploymentState, Environment
from mltui.domain.job import MOVES, Job
from mltui.domain.names import version_name
from mltui.domain.rollback import candidates, standing, undo_target
from mltui.errors import NotFound
from mltui.operations.environments.proofs import Proof, Readiness, file_proofs, image_proof, server_proof
from mltui.registry import Connection, deployments, environments, jobs, version_facts
from mltui.registry.version_facts import VersionFacts
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
    """What is left: what answers, or would after a stop; while several do, the largest part beside the live one."""
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
    sharing = _sharing(conn, history, known)
    places = _proven_until_sound(workspace, [*sharing[:1], *_places(conn, history, current)], history)
    target = None if current is None else next((each for each in places if each.is_good and each.is_sound), None)
    return RollbackPlan(
        environment=known,
        current=_left(sharing, target) or (None if current is None else _alone(conn, current, reason="answers now")),
        target=target,
        alternatives=tuple(each for each in places if each is not target),
        undo=_undo(workspace, history, current),
        problem="" if target is not None else _problem(environment, current, places),
        under_way=_under_way(conn, environment),
    )


def _sharing(conn: Connection, history: Sequence[Deployment], known: Environment) -> list[RollbackPlace]:
    """What answers together, the live one first and then by their parts; empty while one answers alone."""
    by_id = {each.id: each for each in history}
    ranked = sorted(known.shares, key=lambda each: (each.deployment_id != known.deployment_id, -each.percent))
    found = ((by_id[each.deployment_id], f"answers {each.percent} % of the requests") for each in ranked)
    return [replace(_alone(conn, deployment, reason=reason), is_good=True) for deployment, reason in found]


def _left(sharing: Sequence[RollbackPlace], target: RollbackPlace | None) -> RollbackPlace | None:
    """While several answer, a rollback leaves the others for the live one, if that is fit, else the live one."""
    if not sharing:
        return None
    is_taken_back = target is not None and target.deployment.id == sharing[0].deployment.id
    return sharing[1] if is_taken_back else sharing[0]


def _places(conn: Connection, history: Sequence[Deployment], current: Deployment | None) -> list[RollbackPlace]:
    found = candidates(history, current=current)
    facts = version_facts.facts_of(conn, sorted({each.deployment.version_id for each in found}))
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
    version = version_facts.facts_of(conn, [deployment.version_id]).get(deployment.version_id)
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
    found = (job for job in jobs.unfinished(conn) if job.kind in MOVES and job.subject == environment)
    return next(found, None)
