"""The console: one workspace, a stack of screens, one look at the registry four times a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from textual import on, work
from textual.app import App
from textual.binding import Binding
from textual.reactive import reactive

from mltui.errors import MltuiError
from mltui.operations.overview import Overview, overview
from mltui.tui.acts import ACTS
from mltui.tui.dialogs.fault import FaultDialog
from mltui.tui.messages import Show
from mltui.tui.palette import ActsProvider
from mltui.tui.presentation.literal import literal
from mltui.tui.screens import SCREENS
from mltui.tui.screens.base import ConsoleScreen
from mltui.workspace import Workspace

LOOK_SECONDS = 0.25
AGES_SECONDS = 30.0
"""How often ages are told anew when nothing happens."""

Answer = TypeVar("Answer")


class Console(App[None]):
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

    overview: reactive[Overview | None] = reactive(None)

    def __init__(self, workspace: Workspace, *, show: tuple[str, str] = ("overview", ""), directory: Path) -> None:
        super().__init__()
        self.workspace = workspace
        self.directory = directory
        """Where the person started the console; a project's folder lets it train."""
        self._first = show
        self._seen: int | None = None

    def on_mount(self) -> None:
        self.push_screen(SCREENS["overview"].open(""))
        if self._first[0] != "overview":
            self.push_screen(SCREENS[self._first[0]].open(self._first[1]))
        self.set_interval(LOOK_SECONDS, self._look)
        self.set_interval(AGES_SECONDS, self._read_all)
        self.read_overview()

    @property
    def breadcrumbs(self) -> list[str]:
        return [screen.title_words for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]

    @property
    def place(self) -> ConsoleScreen[Any] | None:
        """The screen that a person is on, with no dialog over it."""
        return self.screen if isinstance(self.screen, ConsoleScreen) else None

    def _look(self) -> None:
        try:
            version = self.workspace.registry.data_version()
        except MltuiError:
            return  # the readings tell why
        if version != self._seen:
            self._seen = version
            self._read_all()

    def _read_all(self) -> None:
        self.read_overview()
        if self.place is not None:
            self.place.reread()

    @work(thread=True, exclusive=True, group="overview", exit_on_error=False)
    def read_overview(self) -> None:
        try:
            found = overview(self.workspace)
        except MltuiError as error:
            self.call_from_thread(self.notify, literal(error.message), severity="error")
        else:
            self.call_from_thread(setattr, self, "overview", found)
        finally:
            self.workspace.registry.release()

    @on(Show)
    def _show(self, request: Show) -> None:
        self.open_screen(request.screen, request.subject)

    def open_screen(self, name: str, subject: str = "") -> None:
        """A screen about everything stands alone on the overview; one about something lies over where one is."""
        if SCREENS[name].number:
            while len(self.screen_stack) > 2:
                self.pop_screen()
            if name == "overview":
                return
        elif self.place is not None and (self.place.screen_name, self.place.subject) == (name, subject):
            return
        self.push_screen(SCREENS[name].open(subject))

    def action_go(self, name: str) -> None:
        if self.place is not None:
            self.open_screen(name, self.place.screen_name if name == "help" else "")

    def action_await_letter(self) -> None:
        from mltui.tui.dialogs.letter import LetterDialog

        self.push_screen(LetterDialog(), lambda name: self.open_screen(name) if name else None)

    async def action_back(self) -> None:
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def action_act(self, name: str) -> None:
        self.run_act(name)

    @work(exclusive=True, group="act", exit_on_error=False)
    async def run_act(self, name: str) -> None:
        act, place = ACTS[name], self.place
        subject = place.subject_of(act.needs) if place is not None and act.needs else ""
        if subject is None:
            return
        try:
            await act.carry_out(self, subject)
        except MltuiError as error:
            hint = f"\n→ {literal(error.hint)}" if error.hint else ""
            self.notify(f"{literal(error.message)}{hint}", title=act.title, severity="error", timeout=12, markup=False)

    async def ask(self, question: Callable[[Workspace], Answer]) -> Answer:
        """One operation in a thread; its `MltuiError` is the caller's, or a toast."""
        worker = self.run_worker(lambda: self._answer(question), thread=True, exit_on_error=False, group="ask")
        outcome = await worker.wait()
        if isinstance(outcome, MltuiError):
            raise outcome
        return outcome

    def _answer(self, question: Callable[[Workspace], Answer]) -> Answer | MltuiError:
        try:
            return question(self.workspace)
        except MltuiError as error:
            return error
        finally:
            self.workspace.registry.release()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "act":
            act, place = ACTS[str(parameters[0])], self.place
            return place is not None and (not act.needs or place.subject_of(act.needs) is not None)
        if action == "back":
            return len(self.screen_stack) > 2
        return True

    def _handle_exception(self, error: Exception) -> None:
        """An unexpected error is shown with its details, and the console stays up; a second one meanwhile ends it."""
        if self.is_running and not isinstance(self.screen, FaultDialog):
            self.push_screen(FaultDialog(error))
        else:
            super()._handle_exception(error)
