"""What every screen has: header, footer, one reading in a thread, one painting of what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from mltui.errors import MltuiError
from mltui.tui.acts import ACTS
from mltui.tui.desk import Desk, desk_of
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.refusal import refusal
from mltui.tui.screens import SCREENS
from mltui.tui.widgets.footer import Footer
from mltui.tui.widgets.guard import Guarded
from mltui.tui.widgets.header import Header
from mltui.workspace import Workspace

Found = TypeVar("Found")


class ConsoleScreen(Guarded, Screen[None], Generic[Found]):
    """`read` runs in a thread and asks the operations; `paint` shows what it found and does nothing else."""

    screen_name: ClassVar[str]
    """Its key in the table of screens."""
    rereads_every: ClassVar[float | None] = None
    """Seconds after which it reads again although the registry is the same, for instance to follow a log."""
    marked: str | None = None
    """The version that others are compared with, instead of production's."""

    def __init__(self, subject: str = "") -> None:
        super().__init__()
        self.subject = subject
        self.found: Found | None = None
        self.is_reading = True
        """Until the first reading is over; keys wait for it."""
        self._possible: tuple[str, ...] | None = None

    @property
    def desk(self) -> Desk:
        return desk_of(self)

    @property
    def title_words(self) -> str:
        """As it stands in the breadcrumbs."""
        return f"{SCREENS[self.screen_name].title} {self.subject}".strip()

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static(id="problem", markup=False)
        yield from self.compose_body()
        yield Footer()

    def compose_body(self) -> ComposeResult:
        raise NotImplementedError

    def read(self, workspace: Workspace) -> Found:
        raise NotImplementedError

    def paint(self, found: Found) -> None:
        raise NotImplementedError

    def problem_of(self, found: Found) -> str:
        """What was found says that something could not be read; empty where all could."""
        return ""

    def subject_of(self, kind: str) -> str | None:
        """Name of the run, version, release or environment that an act now would be about; None where there is none."""
        return self.subject if kind == self.screen_name else None

    def subject_now(self, kind: str) -> str | None:
        """None while nothing is read: then there may be no list yet that has a cursor."""
        return None if self.is_reading else self.subject_of(kind)

    @property
    def command(self) -> str:
        """Words after `mltui --batch` that tell the same as this screen."""
        return "status"

    @property
    def explained(self) -> Sequence[str]:
        """What is under the cursor, in sentences for the help."""
        return ()

    def on_mount(self) -> None:
        self.watch(self.app, "overview", self.tell_possible_acts, init=False)
        if self.rereads_every is not None:
            self.set_interval(self.rereads_every, self.reread)

    def on_screen_resume(self) -> None:
        self.reread()

    def on_resize(self) -> None:
        if self.found is not None:
            self.paint(self.found)

    @work(thread=True, exclusive=True, group="read", exit_on_error=False)
    def reread(self) -> None:
        workspace, worker = self.desk.workspace, get_current_worker()
        try:
            found = self.read(workspace)
        except MltuiError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._miss, error)
        else:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._take, found)
        finally:
            workspace.registry.release()
            if not worker.is_cancelled:
                self.app.call_from_thread(self._has_read)

    def _take(self, found: Any) -> None:
        self._tell_problem(self.problem_of(found))
        if found != self.found:
            self.found = found
            if self.size:  # else it is painted when there is a size
                self.paint(found)
            self.tell_possible_acts()
        self._has_read()

    def _has_read(self) -> None:
        if self.is_reading:
            self.is_reading = False
            self.tell_possible_acts()

    def refusal_of(self, act: str) -> str:
        """Why an act that has a subject here would be refused all the same; empty where nothing is known against it."""
        found, needs = self.desk.overview, ACTS[act].needs
        return "" if found is None or not needs else refusal(found, act, self.subject_now(needs) or "")

    def tell_possible_acts(self) -> None:
        """Has the footer look again if other acts are possible now."""
        possible = tuple(name for name in self.desk.possible_acts if not self.refusal_of(name))
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def _miss(self, error: MltuiError) -> None:
        """The screen stays, and says what it cannot show."""
        self._tell_problem(error.message + (f"  →  {error.hint}" if error.hint else ""))
        self._has_read()

    def _tell_problem(self, sentence: str) -> None:
        problem = self.query_one("#problem", Static)
        if sentence:
            problem.update(literal(f"✗ {sentence}"))
        problem.display = bool(sentence)
