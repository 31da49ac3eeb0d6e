"""Where a rollback leads: the last known good, what an undo puts back, what `--to` may name.

Every function takes all deployments of one environment. A deployment that restores another stands at the place of the
one it restored, and so on back to the deployment that a release brought; ids are in the order of their start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mltui.domain.deployment import Deployment
from mltui.domain.names import version_name
from mltui.errors import Refused


@dataclass(frozen=True, slots=True)
class Standing:
    """How one place in the environment's history stands."""

    position: int
    """Id of the deployment that first took the place; for a rollback that of the one it restored."""
    newest: Deployment
    """The youngest deployment at the place that was live, else the youngest at all."""
    is_baked: bool
    was_healthy: bool
    """Healthy when a normal release replaced it."""
    withdrawn_reason: str | None
    """Of its version: a version that was rolled back from anywhere here is withdrawn."""

    @property
    def was_good(self) -> bool:
        return self.is_baked or self.was_healthy


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a rollback could lead to, or the reason why it does not."""

    deployment: Deployment
    is_good: bool
    """Whether a rollback takes it by itself; the first good one is the last known good."""
    reason: str


def standing(deployments: Sequence[Deployment]) -> dict[int, Standing]:
    """Deployment id → standing of its place; deployments at one place share it."""
    by_id = {one.id: one for one in sorted(deployments, key=lambda one: one.id)}
    places: dict[int, list[Deployment]] = {}
    for deployment in by_id.values():
        places.setdefault(_position(deployment, by_id), []).append(deployment)
    withdrawn = {one.version_id: one.withdrawn_reason for one in by_id.values() if one.withdrawn_reason is not None}
    found = {position: _standing(position, members, withdrawn) for position, members in places.items()}
    return {one.id: found[position] for position, members in places.items() for one in members}


def candidates(deployments: Sequence[Deployment], *, current: Deployment | None) -> list[Candidate]:
    """Every place but the current one, newest first."""
    standings = standing(deployments)
    here = _position(current, {one.id: one for one in deployments}) if current is not None else None
    places = {one.position: one for one in standings.values() if one.position != here}
    return [_candidate(places[position], here, current) for position in sorted(places, reverse=True)]


def last_known_good(deployments: Sequence[Deployment], *, current: Deployment | None) -> Deployment | None:
    """Where a rollback leads that names no target; None when nothing is left to go back to."""
    return next((one.deployment for one in candidates(deployments, current=current) if one.is_good), None)


def undo_target(deployments: Sequence[Deployment], *, current: Deployment | None) -> Deployment | None:
    """What the last rollback withdrew; None when none did, or when a release has gone live since."""
    withdrawn = [one for one in deployments if one.withdrawn_reason is not None and one.live_from is not None]
    last = max(withdrawn, key=lambda one: one.id, default=None)
    if last is None or (current is not None and current.version_id == last.version_id):
        return None
    later = (one for one in deployments if one.id > last.id and one.live_from is not None)
    return None if any(one.restores_id is None for one in later) else last


def target_for_version(
    deployments: Sequence[Deployment], version_id: int, *, current: Deployment | None = None
) -> Deployment:
    """The newest deployment of a version that was once good here, withdrawn or not; raises `Refused` without one."""
    name = version_name(version_id)
    if current is not None and current.version_id == version_id:
        raise Refused(f"{name} is what answers here already", hint="name another version", code="already_current")
    places = {one.position: one for one in standing(deployments).values() if one.newest.version_id == version_id}
    good = [place for place in places.values() if place.was_good]
    if good:
        return max(good, key=lambda place: place.position).newest
    reason = "never finished its bake here, nor was it healthy when it was replaced"
    if all(place.newest.live_from is None for place in places.values()):
        reason = "was never live here"
    hint = "open a release for it, or name a version that was good here"
    raise Refused(f"{name} {reason}", hint=hint, code="never_good")


def _position(deployment: Deployment, by_id: Mapping[int, Deployment]) -> int:
    while deployment.restores_id is not None and deployment.restores_id in by_id:
        deployment = by_id[deployment.restores_id]
    return deployment.id if deployment.restores_id is None else deployment.restores_id


def _standing(position: int, members: Sequence[Deployment], withdrawn: Mapping[int, str]) -> Standing:
    """`members` in the order of their ids."""
    newest = max(members, key=lambda one: (one.live_from is not None, one.id))
    return Standing(
        position=position,
        newest=newest,
        is_baked=any(one.is_baked for one in members),
        was_healthy=any(one.was_healthy_when_replaced for one in members),
        withdrawn_reason=withdrawn.get(newest.version_id),
    )


def _candidate(place: Standing, here: int | None, current: Deployment | None) -> Candidate:
    objection = _objection(place, here, current)
    if objection is not None:
        return Candidate(place.newest, is_good=False, reason=objection)
    reason = "finished its bake" if place.is_baked else "healthy when it was replaced"
    return Candidate(place.newest, is_good=True, reason=reason)


def _objection(place: Standing, here: int | None, current: Deployment | None) -> str | None:
    if place.newest.live_from is None:
        return "never became live"
    if current is not None and current.version_id == place.newest.version_id:
        return "the same version as the current one"
    if place.withdrawn_reason is not None:
        return f"withdrawn: {place.withdrawn_reason}"
    if here is not None and place.position > here:
        return "newer than the current one"
    if not place.was_good:
        return "neither finished its bake nor was healthy when it was replaced"
    return None
