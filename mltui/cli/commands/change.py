"""Commands that change something: each one operation, then what it led to."""

from __future__ import annotations

import shlex
from pathlib import Path

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.text import seconds_of
from mltui.domain.job import JobKind
from mltui.domain.names import release_name, version_name
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import Run, WorkState
from mltui.errors import Refused, Unreachable, WorkFailed
from mltui.operations.acting import follow
from mltui.operations.acting.finish import raise_fault
from mltui.operations.standing import state
from mltui.registry import events


def train(call: Call) -> Answer:
    from mltui.operations.runs.train import request_run

    requested = request_run(
        call.workspace, call.project_folder, revision=call.commit, overrides=call.set, again=call.again
    )
    run = requested.run
    if call.follow:
        return follow_run(call, run)
    how = "asked for" if requested.is_new else "is there already"
    lines = [f"run {run.id} of commit {run.commit[:12]} {how}", f"follow it: {_following(call, run)}"]
    if run.is_dirty:
        lines.append("the work tree has changes that are not in this commit, and so not in the run")
    return Answer({"run": run.id, "is_new": requested.is_new, "state": run.state, "commit": run.commit}, lines)


def _following(call: Call, run: Run) -> str:
    """The same commit with the same parameters is the same run."""
    overrides = [word for override in call.set for word in ("--set", override)]
    return shlex.join(["mltui", "train", "--commit", run.commit[:12], *overrides, "--follow"])


def run_resume(call: Call) -> Answer:
    from mltui.operations.runs.resume import resume_run

    run = resume_run(call.workspace, call.run)
    if call.follow:
        return follow_run(call, run)
    return Answer(
        {"run": run.id, "is_new": True, "state": run.state},
        [f"run {run.id} asked for; what succeeded comes from the cache"],
    )


def run_cancel(call: Call) -> Answer:
    from mltui.operations.runs.resume import cancel_run

    run = cancel_run(call.workspace, call.run)
    return Answer({"run": run.id, "is_cancel_requested": True}, [f"run {run.id} is being ended"])


def version_note(call: Call) -> Answer:
    from mltui.operations.versions.note import add_note

    note = add_note(call.workspace, call.version, call.text)
    return Answer({"note": note}, [f"noted on {version_name(note.version_id)}"])


def version_card(call: Call) -> Answer:
    from mltui.cli.text import table
    from mltui.operations.versions.model_card import amend_card, card_of

    version = state.require_version(call.workspace, call.version)
    card = amend_card(call.workspace, version, call.fields) if call.fields else card_of(call.workspace, version)
    rows = [(each.field, each.text or "–", f"by {each.author}" if each.author else "") for each in card]
    return Answer({"version": version_name(version.id), "model_card": card}, table(rows, head=("FIELD", "TEXT", "")))


def version_pin(call: Call) -> Answer:
    from mltui.operations.versions.pin import pin_version

    pin = pin_version(call.workspace, call.version, reason=call.reason)
    return Answer({"pin": pin}, [f"{version_name(pin.version_id)} is pinned: nothing of it is pruned"])


def version_unpin(call: Call) -> Answer:
    from mltui.operations.versions.pin import unpin_version

    pin = unpin_version(call.workspace, call.version)
    return Answer({"pin": pin}, [f"{version_name(pin.version_id)} is no longer pinned"])


def release_open(call: Call) -> Answer:
    from mltui.operations.releases.open_release import open_release

    version = state.require_version(call.workspace, call.version)
    release = open_release(call.workspace, version.id, environment=call.environment)
    if call.follow:
        return _follow_release(call, release, until=lambda each: each.state is not ReleaseState.RUNNING)
    return Answer({"release": release}, [f"{release_name(release.id)} of {call.version} opened"])


def release_cancel(call: Call) -> Answer:
    from mltui.operations.runs.resume import after_cancelling, cancel_release

    outcome = after_cancelling(call.workspace, state.require_release(call.workspace, call.release))
    name = release_name(cancel_release(call.workspace, call.release).id)
    return Answer({"release": name, "outcome": outcome}, [f"{name} is being ended; {outcome}"])


def release_continue(call: Call) -> Answer:
    from mltui.operations.releases.continue_release import continue_release

    release, progress = continue_release(call.workspace, call.release, key=_key(call))
    line = f"{release_name(release.id)} goes on after step {progress.step} of {len(progress.steps)}"
    return Answer({"release": release_name(release.id), "progress": progress}, [line])


def release_wait(call: Call) -> Answer:
    import time

    from mltui.operations.acting.patience import WorkerPatience

    limit = seconds_of(call.timeout)
    deadline, patience = time.monotonic() + limit, WorkerPatience(call.workspace)
    while True:
        patience.look()
        release = state.require_release(call.workspace, call.release)
        reached = release.state is ReleaseState.SUCCEEDED or (
            call.goal == "approval" and release.state is ReleaseState.WAITING_APPROVAL
        )
        if reached:
            return Answer({"release": release}, [f"{release_name(release.id)} is {release.state.value}"])
        _refuse_failure(call, release)
        if time.monotonic() > deadline:
            raise Unreachable(
                f"{release_name(release.id)} is still {release.state.value} after {limit:.0f} s",
                hint="wait longer with --timeout",
                code="timeout",
            )
        time.sleep(0.2)


def approve(call: Call) -> Answer:
    from mltui.operations.releases.decide import approve as decide

    version = state.require_version(call.workspace, call.version)
    before, _ = events.head(call.workspace.registry.read())
    decision = decide(
        call.workspace,
        version.id,
        comment=call.comment,
        acknowledged=call.acknowledge,
        evidence=call.evidence,
        emergency=call.emergency,
        key=_key(call),
    )
    note = f" ({decision.approval.note})" if decision.approval.note else ""
    line = f"{version_name(version.id)} approved by {decision.approval.person}{note}"
    line += (
        f"; {decision.missing} more approvals are needed"
        if decision.missing
        else f"; it goes to {decision.release.environment} now"
    )
    if call.follow and not decision.missing:
        return _follow_release(call, decision.release, until=lambda each: each.state.is_over, after=before)
    return Answer(
        {"approval": decision.approval, "missing": decision.missing, "release": release_name(decision.release.id)},
        [line],
    )


def release_acknowledge(call: Call) -> Answer:
    from mltui.operations.releases.acknowledge import acknowledge

    name = release_name(state.require_release(call.workspace, call.release).id)
    seen = acknowledge(call.workspace, name, comment=call.comment, key=_key(call))
    return Answer({"acknowledgement": seen}, [f"{seen.person} has seen the emergency of {name}"])


def reject(call: Call) -> Answer:
    from mltui.operations.releases.decide import reject as decide

    version = state.require_version(call.workspace, call.version)
    decision = decide(call.workspace, version.id, comment=call.comment, key=_key(call))
    line = f"{version_name(version.id)} rejected by {decision.approval.person}"
    return Answer({"approval": decision.approval, "release": release_name(decision.release.id)}, [line])


def _key(call: Call) -> Path | None:
    return None if call.key is None else Path(call.key).expanduser()


def follow_run(call: Call, run: Run) -> Answer:
    for event in follow.follow_run(call.workspace, run.id):
        call.show(event)
    ended = follow.require_run(call.workspace, run.id)
    if ended.state is not WorkState.SUCCEEDED:
        raise_fault(call.workspace, JobKind.RUN, str(run.id))
        raise WorkFailed(
            f"run {run.id} {ended.state.value}: {ended.failure}", hint=f"mltui run logs {run.id}", code="run_failed"
        )
    data: dict[str, object] = {"run": run.id, "state": ended.state, "version": None, "release": None}
    if ended.version_id is None:
        return Answer(data, [f"run {run.id} came from the cache through and through: no new version"])
    version = version_name(ended.version_id)
    releases = state.version_state(call.workspace, version).releases
    lines = [f"{version} registered"]
    if releases:
        name = release_name(releases[-1].id)
        _refuse_failure(call, releases[-1])
        lines.append(f"{name} is {releases[-1].state.value}: mltui release show {name}")
    opened = plain(releases[-1]) if releases else None
    return Answer({**data, "version": version, "release": opened}, lines)


def _follow_release(call: Call, release: Release, *, until: follow.Until, after: int = 0) -> Answer:
    for event in follow.follow_release(call.workspace, release.id, until=until, after=after):
        call.show(event)
    ended = state.require_release(call.workspace, release_name(release.id))
    _refuse_failure(call, ended)
    return Answer({"release": ended}, [f"{release_name(ended.id)} is {ended.state.value}"])


def _refuse_failure(call: Call, release: Release) -> None:
    """A release that ended elsewhere than in its environment is no success of the command that followed it."""
    if release.state is ReleaseState.FAILED:
        raise_fault(call.workspace, JobKind.RELEASE, release_name(release.id))
        raise WorkFailed(
            f"{release_name(release.id)} failed: {release.failure}",
            hint=f"mltui release show {release_name(release.id)}",
            code="release_failed",
        )
    if release.state.is_over and release.state is not ReleaseState.SUCCEEDED:
        raise Refused(
            f"{release_name(release.id)} is {release.state.value}: {release.failure or 'no reason was given'}",
            hint=f"mltui release show {release_name(release.id)}",
            code=f"release_{release.state.value}",
        )
