"""What a row has no room for is read whole, and copied as it is."""

from __future__ import annotations

import pytest
from registry.registry_values import NOW
from textual.screen import ModalScreen

from mltui.domain.event import Event
from mltui.operations.runs.run_log import StepLogLine
from mltui.operations.versions.note import add_note
from mltui.tui.dialogs.ask_text import AskTextDialog
from mltui.tui.dialogs.confirm import ConfirmDialog
from mltui.tui.dialogs.whole import WholeDialog
from mltui.tui.presentation.event import event_text
from mltui.tui.presentation.run import log_row
from mltui.workspace import Workspace
from tui.pilots import console, press, text_of
from tui.versions_at_hand import three_versions

FOREIGN = "[red]r[/red] \x1b[31m \\[x] [/nothing]"
SEEN = "[red]r[/red] ␛[31m \\[x] [/nothing]"


async def test_enter_on_an_event_shows_all_of_its_fields(workspace: Workspace) -> None:
    three_versions(workspace)
    add_note(workspace, "v2", "kept")
    async with console(workspace) as pilot:
        shown = await press(pilot, "6", "enter")
        assert "NoteAdded" in shown
        assert "previous" in shown
        assert "c  copies it" in shown
        await press(pilot, "c")
        assert "NoteAdded" in pilot.app.clipboard
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, WholeDialog)


def test_an_event_is_told_field_by_field_and_a_line_break_stays_in_its_line() -> None:
    event = Event(7, NOW, "ann", "NoteAdded", "v2", {"version": "v2", "text": "a\nb", "list": [1]}, "p" * 64, "h" * 64)
    lines = event_text(event).split("\n")
    assert len(lines) == 10
    assert "h" * 64 in lines[-2]
    assert any(line.endswith("a␊b") for line in lines)
    assert any(line.endswith("[1]") for line in lines)


@pytest.mark.parametrize(("shift", "seen"), [(0, "0123456789"), (3, "…456789"), (9, "…"), (20, "")])
def test_a_shifted_line_says_that_its_beginning_is_left_out(shift: int, seen: str) -> None:
    assert log_row(StepLogLine("train", 0, "stdout", "0123456789"), shift=shift)[1].plain == seen


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (40, 12)])
@pytest.mark.parametrize("kind", ["confirm", "ask", "whole"])
async def test_foreign_text_is_literal_in_title_and_text_and_the_keys_are_seen(
    workspace: Workspace, kind: str, size: tuple[int, int]
) -> None:
    dialogs: dict[str, ModalScreen[object]] = {
        "confirm": ConfirmDialog(FOREIGN, [FOREIGN] * 30),  # type: ignore[dict-item]
        "ask": AskTextDialog(FOREIGN, f"{FOREIGN} " * 20),  # type: ignore[dict-item]
        "whole": WholeDialog(FOREIGN, f"{FOREIGN}\n" * 30),  # type: ignore[dict-item]
    }
    async with console(workspace, size=size) as pilot:
        await pilot.app.push_screen(dialogs[kind])
        await pilot.pause()
        shown = text_of(pilot)
        if size[0] >= 60:
            assert shown.count(SEEN) >= 2  # in the title and below
        assert "esc" in shown
