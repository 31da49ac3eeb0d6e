"""The console: one workspace, a stack of screens, acts on what is under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from textual import on, work
from textual.binding import Binding
from textual.screen import Screen

from mltui.errors import MltuiError
from mltui.operations.standing.overview import Overview
from mltui.tui.acts import ACTS
from mltui.tui.dialogs.letter import LetterDialog
from mltui.tui.lookout import Lookout
from mltui.tui.messages import Show
from mltui.tui.palette import ActsProvider, Palette
from mltui.tui.presentation.literal import literal
from mltui.tui.screens import SCREENS, Entry
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.guard import Guarded
from mltui.workspace import Workspace


class Console(Guarded, Lookout):
    TITLE = "mltui"
    CSS_PATH = "console.tcss"
    COMMANDS = {ActsProvider}
    ENABLE_COMMAND_PALETTE = True
    BINDINGS = [
        *(
            Binding(each.number, f"go('{each.name}')", each.title, show=False)
            for each in SCREENS.values()
            if each.number
        ),
        Binding("g", "await_letter", "Go to …", show=False),
        Binding("escape", "back", "Back"),
        Binding("colon", "command_palette", "Acts", key_display=":"),
        Binding("question_mark", "go('help')", "Help", key_display="?"),
        *(Binding(act.key, f"act('{act.name}')", act.title) for act in ACTS.values()),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(
        self,
        workspace: Workspace,
        *,
        show: tuple[str, str] = ("overview", ""),
        directory: Path,
        first: Future[Overview] | None = None,
        keep: Callable[[str, str], None] = lambda screen, subject: None,
    ) -> None:
        """`keep` is told the screen and its subject whenever a person goes to another."""
        super().__init__(workspace, first=first)
        self.directory = directory
        self._first = show
        self._keep = keep

    def get_default_screen(self) -> Screen[Any]:
        return SCREENS["overview"].open("")

    def on_mount(self) -> None:
        name, subject = self._first
        if name in SCREENS and name != "overview":
            self.open_screen(name, subject)

    def reread(self) -> None:
        super().reread()
        if self.place is not None and self.place.screen_name != "overview":  # which shows what the header shows
            self.place.reread()

    @property
    def breadcrumbs(self) -> list[str]:
        return [screen.title_words for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]

    @property
    def place(self) -> ConsoleScreen[Any] | None:
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, ConsoleScreen)), None)

    @on(Show)
    def _show(self, request: Show) -> None:
        self.open_screen(request.screen, request.subject)

    def open_screen(self, name: str, subject: str = "") -> None:
        """A screen about everything stands alone on the overview; one about something lies over where one is."""
        if SCREENS[name].number:
            while len(self.screen_stack) > 1:
                self.pop_screen()
            if name == "overview":
                self._keep(name, "")
                return
        elif self.place is not None and (self.place.screen_name, self.place.subject) == (name, subject):
            return
        self._keep(name, subject)
        self.push_screen(SCREENS[name].open(subject))

    def action_go(self, name: str) -> None:
        if self.place is not None:
            self.open_screen(name, self.place.screen_name if name == "help" else "")

    def action_await_letter(self) -> None:
        places = {entry.letter: entry for entry in SCREENS.values() if entry.letter}
        dialog = LetterDialog({letter: entry.title for letter, entry in places.items()})
        self.push_screen(dialog, lambda letter: self._go_to(places[letter]) if letter else None)

    def _go_to(self, entry: Entry) -> None:
        under_cursor = self.place.subject_now(entry.about) if self.place is not None and entry.about else None
        self.open_screen(entry.name, under_cursor or ("latest" if entry.about else ""))

    async def action_back(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
            if self.place is not None:
                self._keep(self.place.screen_name, self.place.subject)

    def action_command_palette(self) -> None:
        Palette.open_on(self)

    def action_act(self, name: str) -> None:
        self.run_act(name)

    @work(exclusive=True, group="act", exit_on_error=False)
    async def run_act(self, name: str) -> None:
        act, place = ACTS[name], self.place
        subject = place.subject_now(act.needs) if place is not None and act.needs else ""
        if subject is None:
            return
        try:
            await act.carry_out(self, subject)
        except MltuiError as error:
            hint = f"\n→ {literal(error.hint)}" if error.hint else ""
            self.notify(f"{literal(error.message)}{hint}", title=act.title, severity="error", timeout=12, markup=False)

    @property
    def possible_acts(self) -> tuple[str, ...]:
        return tuple(name for name in ACTS if self.check_action("act", (name,)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "act":
            act, place = ACTS[str(parameters[0])], self.place
            return place is not None and (not act.needs or place.subject_now(act.needs) is not None)
        if action == "back":
            return len(self.screen_stack) > 1
        return True

    def show_fault(self, error: BaseException) -> None:
        """Nothing where the console ends: what goes wrong for want of a screen then is no fault."""
        from mltui.tui.dialogs.fault import FaultDialog  # with all that edits text, and rarely needed

        if self.screen_stack and not isinstance(self.screen, FaultDialog):
            self.push_screen(FaultDialog(error))
