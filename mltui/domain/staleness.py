"""Whether what answers in the environment before the goal is still what was smoked there before the decision."""

from __future__ import annotations

from mltui.domain.approval import Refusal
from mltui.domain.deployment import Deployment, Environment
from mltui.domain.names import version_name

STALE = "stale"
"""Code of the refusal of a request that has turned stale."""


def is_replaced(candidate: Deployment, current: Deployment | None) -> bool:
    """Whether something else answers than the candidate's own package."""
    return current is None or (current.version_id, current.package) != (candidate.version_id, candidate.package)


def staleness(candidate: Deployment, place: Environment, current: Deployment | None) -> Refusal | None:
    """None while `current`, which `place` points to, is the candidate's own package and its last smoke was green."""
    name, version = place.name, version_name(candidate.version_id)
    if is_replaced(candidate, current):
        hint = f"open a new one: mltui release open {version}"
        return Refusal(STALE, f"stale: {_other(current, candidate)} answers in {name} now", hint)
    if place.is_stopped:
        return Refusal(STALE, f"stale: {name} was stopped", f"mltui env start {name} ends that")
    if place.is_smoke_green is False:
        hint = f"once {name} is green again it can be approved: mltui env show {name}"
        return Refusal(STALE, f"stale: the smoke in {name} fails: {place.smoke_failure}", hint)
    return None


def _other(current: Deployment | None, candidate: Deployment) -> str:
    version = version_name(candidate.version_id)
    if current is None:
        return f"nothing instead of {version}"
    if current.version_id == candidate.version_id:
        return f"another package of {version}"
    return f"{version_name(current.version_id)} instead of {version}"
