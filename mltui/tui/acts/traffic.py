"""Acts on an environment: roll back, undo, stop, start, lock, unlock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.text import Text

from mltui.domain.job import JobKind
from mltui.domain.names import version_name
from mltui.errors import MltuiError
from mltui.operations.acting.finish import wait_for_job
from mltui.operations.environments.lock import lock, unlock
from mltui.operations.environments.roll_back import request_start, request_stop
from mltui.operations.environments.rollback_proof import MOST_SECONDS
from mltui.operations.environments.rollback_proof import roll_back as roll_back_and_prove
from mltui.operations.environments.share_traffic import percents_of, request_share
from mltui.operations.standing.traffic_work import TrafficWork, traffic_work
from mltui.tui.desk import Desk
from mltui.tui.dialogs.ask_text import AskTextDialog
from mltui.tui.dialogs.confirm import ConfirmDialog
from mltui.tui.dialogs.roll_back import RollBackChoice, RollBackDialog
from mltui.tui.dialogs.work import WorkDialog
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.roll_back import rolled_back_lines
from mltui.tui.presentation.wrapping import wrapped
from mltui.workspace import Workspace

_WIDTH = 66
"""Of what a dialog tells, in cells."""

Work = Callable[[Workspace], Sequence[Text]]


async def roll_back(desk: Desk, subject: str) -> None:
    choice = await desk.push_screen_wait(RollBackDialog(subject))
    if choice is not None:
        dialog = WorkDialog("Roll back", f"rolling back {literal(subject)}", _progress(subject, JobKind.ROLLBACK))
        await _carry(desk, dialog, _moving(subject, choice, undo=False))


async def undo(desk: Desk, subject: str) -> None:
    choice = await desk.push_screen_wait(RollBackDialog(subject, is_undo=True))
    if choice is not None:
        words = f"putting back in {literal(subject)} what was withdrawn"
        dialog = WorkDialog("Undo the rollback", words, _progress(subject, JobKind.ROLLBACK))
        await _carry(desk, dialog, _moving(subject, choice, undo=True))


async def stop(desk: Desk, subject: str) -> None:
    name = literal(subject)
    reason = await desk.push_screen_wait(
        AskTextDialog("Stop", f"{name} would answer 503 to everyone. Why, for the record?")
    )
    if reason is None:
        return
    lines = [
        Text(f"{name} answers 503 to everyone from then on", "bold red"),
        Text("servers keep running; R starts the answers again"),
        *wrapped(f"reason: {literal(reason)}", width=_WIDTH),
    ]
    if await desk.push_screen_wait(ConfirmDialog("Stop", lines, yes="stop it", is_dangerous=True)):
        dialog = WorkDialog("Stop", f"stopping {name}", _progress(subject, JobKind.STOP))
        await _carry(desk, dialog, lambda workspace: _stop(workspace, subject, reason))


async def start(desk: Desk, subject: str) -> None:
    dialog = WorkDialog("Start again", f"starting {literal(subject)}", _progress(subject, JobKind.START))
    await _carry(desk, dialog, lambda workspace: _start(workspace, subject))


async def share(desk: Desk, subject: str) -> None:
    asked = f"How much of the requests to {subject} goes to which version? One alone, with 100, ends the sharing."
    words = await desk.push_screen_wait(AskTextDialog("Weights", f"{asked} For instance: v8=10 v7=90"))
    if words is None:
        return
    percents = percents_of(words.replace(",", " ").split())
    told = ", ".join(f"{version_name(version)} {percent} %" for version, percent in percents.items())
    if await desk.push_screen_wait(ConfirmDialog("Weights", [f"{subject}: {told}"], yes="share it so")):
        dialog = WorkDialog("Weights", f"sharing {literal(subject)}", _progress(subject, JobKind.SHARE))
        await _carry(desk, dialog, lambda workspace: _share(workspace, subject, percents))


async def lock_environment(desk: Desk, subject: str) -> None:
    reason = await desk.push_screen_wait(
        AskTextDialog("Lock", f"Nothing is deployed to {subject} from then on; rollbacks go on. Why?")
    )
    if reason is not None:
        await desk.ask(lambda workspace: lock(workspace, subject, reason=reason))
        desk.notify(f"{literal(subject)} is locked, U ends it", title="Locked", markup=False)


async def unlock_environment(desk: Desk, subject: str) -> None:
    lines = [f"{subject} may be deployed to again"]
    if await desk.push_screen_wait(ConfirmDialog("Unlock", lines, yes="unlock it")):
        before = await desk.ask(lambda workspace: unlock(workspace, subject))
        told = f"{subject} was locked by {before.locked_by}: {before.lock_reason}"
        desk.notify(literal(told), title="Unlocked", markup=False)


def _progress(environment: str, kind: JobKind) -> Callable[[Workspace], TrafficWork]:
    return lambda workspace: traffic_work(workspace, environment, kind)


def _moving(environment: str, choice: RollBackChoice, *, undo: bool) -> Work:
    def move(workspace: Workspace) -> Sequence[Text]:
        proof = roll_back_and_prove(
            workspace,
            environment,
            reason=choice.reason,
            to_version=choice.to_version,
            undo=undo,
            leaving=choice.leaving,
        )
        return rolled_back_lines(proof, width=_WIDTH)

    return move


def _stop(workspace: Workspace, environment: str, reason: str) -> Sequence[Text]:
    job = request_stop(workspace, environment, reason=reason)
    wait_for_job(workspace, job, timeout_seconds=MOST_SECONDS)
    return [
        Text(f"✓ {literal(environment)} is stopped and answers 503", "bold yellow"),
        Text("R starts the answers again"),
    ]


def _share(workspace: Workspace, environment: str, percents: Mapping[int, int]) -> Sequence[Text]:
    job = request_share(workspace, environment, percents)
    shares = wait_for_job(workspace, job, timeout_seconds=MOST_SECONDS).result["shares"]
    told = ", ".join(f"{each['version']} {each['percent']} %" for each in shares)
    return [Text(f"✓ {literal(environment)} is answered by {literal(told)}", "bold green")]


def _start(workspace: Workspace, environment: str) -> Sequence[Text]:
    result = wait_for_job(workspace, request_start(workspace, environment), timeout_seconds=MOST_SECONDS).result
    return [Text(f"✓ {literal(environment)} answers again from {literal(result['deployment'])}", "bold green")]


async def _carry(desk: Desk, dialog: WorkDialog, work: Work) -> None:
    """Shows the work until it is over, then what came of it; as a toast where the dialog was closed meanwhile."""
    await desk.push_screen(dialog)
    try:
        lines = await desk.ask(work)
    except MltuiError:
        if dialog.is_current:
            dialog.dismiss(None)
        raise
    if dialog.is_current:
        dialog.tell(lines)
    else:
        desk.notify(lines[0].plain, title=dialog.title_words, markup=False)
