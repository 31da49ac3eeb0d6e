"""Approve and reject: refused before the dialog where the person may not, bound to the evidence that was shown."""

from __future__ import annotations

from mltui.domain.names import version_name
from mltui.errors import Refused
from mltui.operations.releases.acknowledge import acknowledge
from mltui.operations.releases.continue_release import continue_release
from mltui.operations.releases.decide import approve, reject
from mltui.operations.releases.release_page import ReleasePage, release_page
from mltui.tui.desk import Desk
from mltui.tui.dialogs.approve import ApproveDialog
from mltui.tui.dialogs.ask_text import AskTextDialog
from mltui.tui.dialogs.confirm import ConfirmDialog
from mltui.tui.dialogs.reject import RejectDialog
from mltui.tui.presentation.decision import approval_refusal, approved_words, emergency_refusal, rejection_refusal


async def approve_release(desk: Desk, subject: str) -> None:
    found = await desk.ask(lambda workspace: release_page(workspace, subject))
    _require(approval_refusal(found), act=f"approving {version_name(found.release.version_id)}")
    await _approve(desk, found, emergency=None)


async def break_glass(desk: Desk, subject: str) -> None:
    found = await desk.ask(lambda workspace: release_page(workspace, subject))
    _require(emergency_refusal(found), act=f"approving {version_name(found.release.version_id)}")
    asked = "Every screen says so until another approver has seen it. What is the emergency?"
    reason = await desk.push_screen_wait(AskTextDialog("Break the glass", asked))
    if reason is not None:
        await _approve(desk, found, emergency=reason)


async def acknowledge_release(desk: Desk, subject: str) -> None:
    comment = await desk.push_screen_wait(
        AskTextDialog("Acknowledge", f"You have seen what was approved in {subject}. A comment?", is_required=False)
    )
    if comment is not None:
        await desk.ask(lambda workspace: acknowledge(workspace, subject, comment=comment))
        desk.notify(f"the emergency of {subject} is acknowledged", title="Acknowledged", markup=False)


async def go_on_with_release(desk: Desk, subject: str) -> None:
    found = await desk.ask(lambda workspace: release_page(workspace, subject))
    told = f"{version_name(found.release.version_id)} could not be compared, and gets more of the traffic all the same"
    lines = [told, *([found.progress.words] if found.progress is not None else [])]
    if await desk.push_screen_wait(ConfirmDialog("Go on", lines, yes="let it go on")):
        await desk.ask(lambda workspace: continue_release(workspace, subject))
        desk.notify(f"{subject} goes on", title="Goes on", markup=False)


async def _approve(desk: Desk, found: ReleasePage, *, emergency: str | None) -> None:
    answer = await desk.push_screen_wait(ApproveDialog(found))
    if answer is None:
        return
    decision = await desk.ask(
        lambda workspace: approve(
            workspace,
            found.release.version_id,
            comment=answer.comment,
            acknowledged=answer.acknowledged,
            evidence=answer.evidence,
            emergency=emergency,
        )
    )
    name, place = version_name(found.release.version_id), found.release.environment
    told = approved_words(name, missing=decision.missing, environment=place)
    desk.notify(told, title="Approved", markup=False)


async def reject_release(desk: Desk, subject: str) -> None:
    found = await desk.ask(lambda workspace: release_page(workspace, subject))
    _require(rejection_refusal(found), act=f"rejecting {version_name(found.release.version_id)}")
    reason = await desk.push_screen_wait(RejectDialog(found))
    if reason is None:
        return
    await desk.ask(
        lambda workspace: reject(workspace, found.release.version_id, comment=reason, shown=found.release.id)
    )
    name, place = version_name(found.release.version_id), found.release.environment
    desk.notify(f"{name} rejected, {place} stays as it is", title="Rejected", markup=False)


def _require(refusal: str, *, act: str) -> None:
    if refusal:
        raise Refused(f"{act} is refused: {refusal}", code="not_now")
