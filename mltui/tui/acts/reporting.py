"""Writes the page about a version."""

from __future__ import annotations

from pathlib import Path

from mltui.operations.standing.state import version_state
from mltui.tui.desk import Desk
from mltui.tui.dialogs.ask_text import AskTextDialog
from mltui.workspace import Workspace


async def write_report(desk: Desk, subject: str) -> None:
    usual = await desk.ask(lambda workspace: _usual_name(workspace, subject))
    explanation = f"Into which file? {usual} in this folder where you name none; one that ends with .md is Markdown."
    text = await desk.push_screen_wait(AskTextDialog(f"Report of {subject}", explanation, is_required=False))
    if text is None:
        return
    file = desk.directory / Path(text or usual).expanduser()
    await desk.ask(lambda workspace: _write(workspace, subject, file))
    desk.notify(f"report of {subject} written to {file}", title="Report", markup=False)


def _usual_name(workspace: Workspace, subject: str) -> str:
    from mltui.operations.report.page import file_name

    return file_name(workspace.project_name, version_state(workspace, subject).version.id, is_markdown=False)


def _write(workspace: Workspace, subject: str, file: Path) -> None:
    from mltui.operations.report.gathered import gather
    from mltui.operations.report.page import write

    write(gather(workspace, subject), file, is_markdown=file.suffix == ".md")
