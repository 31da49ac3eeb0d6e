"""Why an act would be refused now, told before anybody asks for it; the operations may still know more."""

from __future__ import annotations

from mltui.domain.names import release_name, version_name
from mltui.domain.version import ModelVersion
from mltui.operations.standing.environment_health import EnvironmentHealth
from mltui.operations.standing.overview import MOST_SHOWN, Overview
from mltui.operations.standing.waiting import WaitingRelease
from mltui.tui.presentation.literal import literal


def refusal(found: Overview, act: str, subject: str) -> str:
    """A sentence about this act on `subject`; empty where nothing is known against it."""
    if act in ("approve", "reject", "break_glass"):
        return _decision(found, act, subject)
    if act == "acknowledge":
        return "" if subject in found.emergencies else f"{literal(subject)} is no emergency that nobody has seen"
    if act == "go_on":
        return _going_on(found, subject)
    if act in ("cancel", "resume"):
        return _run(found, act, subject)
    place = next((each for each in found.environments if each.name == subject), None)
    if place is not None and act == "roll_back" and not place.has_way_back and not found.releasing:
        return f"nothing was good in {literal(place.name)} before"
    return "" if place is None else _traffic(place, act)


def threshold_refusal(version: ModelVersion) -> str:
    return "" if len(version.classes) == 2 else f"{version_name(version.id)} has no threshold: it has not two classes"


def role_words(found: Overview) -> str:
    """Empty for somebody who may approve somewhere, and where the policy cannot be read."""
    if not found.roles or any(role.may_approve for role in found.roles):
        return ""
    goal = found.roles[-1]
    return f"you may look, not decide: {literal(goal.why_not)}"


def whose_decision(waiting: WaitingRelease) -> str:
    """For one who may approve; on an account that several share, who of them may."""
    if not waiting.signers:
        return "your decision"
    return f"{' or '.join(literal(name) for name in waiting.signers)}: the key that signs tells who decides"


def _decision(found: Overview, act: str, subject: str) -> str:
    waiting = next((each for each in found.waiting if release_name(each.release.id) == subject), None)
    if waiting is None:
        is_all = found.waiting_in_all == len(found.waiting)
        return f"{literal(subject)} waits for no decision" if is_all else ""
    if act == "break_glass" and waiting.may_approve:
        return "nothing hinders a usual approval"
    if {"approve": waiting.may_approve, "reject": waiting.may_reject}.get(act, waiting.may_break_glass):
        return ""
    return literal(waiting.why_not) or "the policy gives you no role here"


def _going_on(found: Overview, subject: str) -> str:
    moving = next((each for each in found.releasing if release_name(each.release.id) == subject), None)
    is_held = moving is not None and moving.progress is not None and moving.progress.state == "held"
    return "" if is_held else f"{literal(subject)} waits for nobody to let it go on"


def _run(found: Overview, act: str, subject: str) -> str:
    is_running = any(str(each.run.id) == subject for each in found.running)
    if act == "resume":
        return f"run {literal(subject)} is under way" if is_running else ""
    is_all = found.queued == 0 and len(found.running) < MOST_SHOWN
    return f"run {literal(subject)} is over" if is_all and not is_running else ""


def _traffic(place: EnvironmentHealth, act: str) -> str:
    name = literal(place.name)
    if act == "lock" and place.is_locked:
        return f"{name} is locked already"
    if act == "unlock" and not place.is_locked:
        return f"{name} is not locked"
    if place.last is None and act in ("roll_back", "undo", "stop", "start"):
        return f"nothing was ever live in {name}"
    if act == "undo" and place.last is not None and place.last.restores_id is None:
        return f"no rollback of {name} is there to undo"
    if act == "start" and place.health != "stopped":
        return f"{name} is not stopped"
    if act == "stop" and place.health == "stopped":
        return f"{name} is stopped already"
    return ""
