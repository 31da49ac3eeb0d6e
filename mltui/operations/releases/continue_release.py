"""Lets a release go on that waits in a step of its traffic, because too few requests came to compare two versions."""

from __future__ import annotations

from pathlib import Path

from mltui.domain.actor import person_of_login
from mltui.domain.approval import require_no_refusal, role_refusals
from mltui.domain.names import release_name, version_name
from mltui.domain.release import Release
from mltui.domain.rollout import StepProgress
from mltui.errors import ConfigInvalid, Refused
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.wake import wake_worker
from mltui.operations.releases.pen import person_at_hand
from mltui.operations.standing.rollout_progress import CONTINUED, answer_of, progress_of
from mltui.operations.standing.state import require_release
from mltui.registry import Connection, events, stages
from mltui.workspace import Workspace


def continue_release(workspace: Workspace, name: str, *, key: Path | None = None) -> tuple[Release, StepProgress]:
    """An approver of the gate decides so: what could not be compared counts as passed, on the record.

    `name` as for `require_release`, `key` as for `acknowledge`. Raises `Refused` for a release that waits for nobody.
    """
    policy, release = policy_on_record(workspace), require_release(workspace, name)
    own, rules = release_name(release.id), policy.environments.get(release.environment)
    if rules is None:
        raise ConfigInvalid(f"the policy knows no environment {release.environment}", hint="put it back first")
    signer = person_at_hand(workspace, policy, f"{own} goes on".encode(), key=key)
    person = person_of_login(workspace.actor.login, policy.operators) if signer is None else signer
    require_no_refusal(role_refusals(person, rules.gate), act=f"letting {own} go on")
    with workspace.registry.write() as tx:
        stage, progress = _held(tx, release)
        said = {"release": own, "version": version_name(release.version_id), "environment": release.environment}
        at = {"stage": stage, "step": progress.step, "steps": len(progress.steps), "person": person}
        events.append(tx, CONTINUED, own, {**said, **at}, actor=str(workspace.actor), at=workspace.now())
    wake_worker(workspace)
    return release, progress


def _held(tx: Connection, release: Release) -> tuple[str, StepProgress]:
    own, found = release_name(release.id), progress_of(stages.of_release(tx, release.id))
    if found is None or found[1].state != "held":
        raise Refused(f"{own} waits for nobody to let it go on", hint=f"mltui release show {own}", code="not_held")
    if answer_of(tx, own, stage=found[0], step=found[1].step) is not None:
        raise Refused(f"somebody let {own} go on already", hint=f"mltui release show {own}", code="not_held")
    return found
