"""Where a rollback leads and what else there is; afterwards, what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from mltui.domain.names import deployment_name, version_name
from mltui.operations.environments.rollback_plan import RollbackPlace, RollbackPlan
from mltui.operations.environments.rollback_proof import RollbackProof
from mltui.operations.standing.browse import main_metric
from mltui.operations.standing.environment_health import Weight
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import NONE, ago, duration, moment
from mltui.tui.presentation.table import flow, shortened
from mltui.tui.presentation.wrapping import wrapped

PLACE_HEAD = ("", "VERSION", "METRIC", "ENDED", "SERVER", "WHY")
PLACE_FLEXIBLE = (5,)

_SERVERS = {"warm": "runs", "cold": "kept", "gone": "made anew", "unknown": "not known"}


def places_of(plan: RollbackPlan) -> tuple[RollbackPlace, ...]:
    """The target first, then the alternatives."""
    return plan.alternatives if plan.target is None else (plan.target, *plan.alternatives)


def now_lines(plan: RollbackPlan, *, now: datetime, width: int) -> list[Text]:
    """What answers, and what stands in the way."""
    name = literal(plan.environment.name)
    if plan.current is None:
        lines = [Text(f"· nothing answers in {name}", "dim")]
    else:
        deployment = plan.current.deployment
        doing = "would answer after a stop" if plan.environment.is_stopped else "answers"
        told = Text(f"{version_name(deployment.version_id)} {doing} in {name}", "bold")
        parts: list[Text | str] = [
            told,
            f"since {ago(deployment.live_from, now)}",
            _metric(plan.current),
            _health(plan),
        ]
        lines = flow(parts, width=width)
    if plan.environment.smoke_failure:
        lines += wrapped(f"✗ last smoke: {literal(plan.environment.smoke_failure)}", width=width, style="red")
    if plan.under_way is not None:
        told = Text(f"! a {plan.under_way.kind.value} by {literal(plan.under_way.requested_by)} is under way", "yellow")
        lines.append(shortened(told, width))
    return lines


def _health(plan: RollbackPlan) -> Text:
    if plan.environment.is_smoke_green is None:
        return Text("· not smoked yet", "dim")
    return Text("✓ smoke green", "green") if plan.environment.is_smoke_green else Text("✗ ill", "bold red")


def place_cells(place: RollbackPlace, *, is_target: bool, now: datetime) -> tuple[Text | str, ...]:
    return (
        _standing(place, is_target=is_target),
        f"{version_name(place.deployment.version_id)} {deployment_name(place.deployment.id)}",
        _metric(place),
        NONE if place.deployment.live_until is None else f"{ago(place.deployment.live_until, now)} ago",
        _SERVERS[place.readiness],
        literal(place.reason),
    )


def _standing(place: RollbackPlace, *, is_target: bool) -> Text:
    if is_target:
        return Text("✓ target", "green")
    if any(proof.is_good is False for proof in place.proofs):
        return Text("✗ damaged", "red")
    return Text("✓ good", "green") if place.is_good else Text("- by name" if place.is_nameable else "- never", "dim")


def _metric(place: RollbackPlace) -> str:
    if place.version is None:
        return NONE
    name = main_metric(place.version.task)
    return f"{name} {figure(place.version.metrics.get(name))}"


def proof_lines(place: RollbackPlace, *, width: int) -> list[Text]:
    """Why it is or is not good, and one for each thing that was looked at."""
    lines = wrapped(f"{version_name(place.deployment.version_id)}: {literal(place.reason)}", width=width)
    if not place.proofs:
        return [*lines, Text("· not looked at yet: the worker proves it before anything moves", "dim")]
    for proof in place.proofs:
        mark, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "")}[proof.is_good]
        lines += wrapped(f"{mark} {literal(proof.subject)}: {literal(proof.sentence)}", width=width, style=style)
    return lines


def no_target_words(plan: RollbackPlan) -> str:
    """Why Enter has nowhere safe to lead, and what is left to a person; empty where there is a target."""
    if plan.target is not None:
        return ""
    named = [each for each in plan.alternatives if each.is_nameable and not refusal(each)]
    if not named:
        return f"{literal(plan.problem)}; S answers 503 instead"
    first = named[0]
    name, reason = version_name(first.deployment.version_id), literal(first.reason)
    others = ", ".join(dict.fromkeys(version_name(each.deployment.version_id) for each in named[1:]))
    more = f", and so {others}" if others else ""
    return (
        f"no last known good version in {literal(plan.environment.name)}. {name} ({reason}) is taken only by name, "
        f"with enter twice{more}; S answers 503 instead"
    )


def choice_words(place: RollbackPlace, *, is_undo: bool, is_warned: bool) -> str:
    """What Enter does on this row."""
    name = version_name(place.deployment.version_id)
    if is_undo:
        return f"enter  put back {name}"
    if refusal(place):
        return f"enter  says why not {name}"
    if place.is_good or is_warned:
        return f"enter  roll back to {name}"
    return f"enter  asks once more before {name}"


def refusal(place: RollbackPlace) -> str:
    """Why this place cannot be chosen; empty where it can."""
    fault = next((proof.sentence for proof in place.proofs if proof.is_good is False), "")
    if fault:
        return f"{version_name(place.deployment.version_id)} cannot be taken: {literal(fault)}"
    if place.is_nameable or place.is_sound:
        return ""
    return f"{version_name(place.deployment.version_id)} cannot be taken: {literal(place.reason)}"


def rolled_back_words(proof: RollbackProof) -> str:
    """`production answers from v1 again, v2 is withdrawn`."""
    unwithdrawn = "no longer live" if proof.is_undo else "without a part of the traffic"
    fate = "withdrawn" if proof.is_withdrawn else unwithdrawn
    return f"{literal(proof.environment)} answers from {proof.restored} again, {proof.left} is {fate}"


def rolled_back_lines(proof: RollbackProof, *, width: int) -> list[Text]:
    lines = [shortened(Text(f"✓ {rolled_back_words(proof)}", "bold green"), width)]
    lines += [Text(f"✓ done in {duration(proof.seconds)}", "green")]
    lines += _smoke(proof, width)
    lines += flow([Text("✓ weights", "green"), *weight_words(proof.weights)], width=width)
    if proof.left_until is not None:
        seen = f"{proof.left} gave its last answer {ago(proof.left_until, proof.at)} ago, {moment(proof.left_until)}"
        lines += wrapped(f"✓ {seen}", width=width, style="green")
    for each in proof.skipped:
        lines += wrapped(f"! passed over: {literal(each)}", width=width, style="yellow")
    return lines


def _smoke(proof: RollbackProof, width: int) -> list[Text]:
    smoke = proof.smoke
    is_all = smoke.get("right") == smoke.get("cases")
    mark, style = ("✓", "green") if is_all else ("!", "yellow")
    lines = wrapped(f"{mark} smoke: {literal(smoke.get('sentence', ''))}", width=width, style=style)
    answers = smoke.get("answers") or ()
    if answers:
        last = answers[-1]
        said = f"last asked: {last.get('case', '')} → {last.get('answered', '')}"
        lines.append(shortened(Text(f"  {literal(said)}", "dim"), width))
    return lines


def weight_words(weights: Sequence[Weight]) -> list[str]:
    """`v1 100 %` for each server, the newest first."""
    return [
        f"{version_name(each.version_id)} ({deployment_name(each.deployment_id)}) {each.percent} %" for each in weights
    ]
