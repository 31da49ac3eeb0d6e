"""What can be done here as commands: the one under the cursor whole, to select and to copy."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mltui.tui.presentation.literal import literal
from mltui.tui.widgets.box import Box, Keys


class CommandsDialog(ModalScreen[str | None]):
    """The chosen command; None when the person leaves. `commands` are (title, command), at least one."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Close"), Binding("c,C", "choose", "Copy")]
    AUTO_FOCUS = "OptionList"

    def __init__(self, commands: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.commands = commands

    def compose(self) -> ComposeResult:
        with Box("The same as a command", classes="wide"):
            yield OptionList(*(Option(literal(title)) for title, _ in self.commands), markup=False)
            yield Static(id="command", markup=False)
            yield Keys("enter  copy it   esc  close   the mouse selects it too")

    @on(OptionList.OptionHighlighted)
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        self.query_one("#command", Static).update(literal(self.commands[event.option_index][1]))

    @on(OptionList.OptionSelected)
    def action_choose(self) -> None:
        place = self.query_one(OptionList).highlighted
        self.dismiss(self.commands[place or 0][1])
