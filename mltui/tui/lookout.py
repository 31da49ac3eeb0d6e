"""The part of the console that asks the registry: one look four times a second, each question in a thread."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from concurrent.futures import Future

from textual import work
from textual.binding import Binding

from mltui.errors import MltuiError
from mltui.operations.standing.overview import Overview, overview
from mltui.tui.desk import Answer
from mltui.tui.early_keys import EarlyKeys
from mltui.tui.presentation.literal import literal
from mltui.tui.shown import Shown
from mltui.tui.terse_driver import TerseDriver
from mltui.workspace import Workspace

LOOK_SECONDS = 0.25
AGES_SECONDS = 30.0
"""How often ages are told anew when nothing happens."""

RETRY_SECONDS = 2.0
"""Between two readings of what could not be read."""

SETTLED_SECONDS = 2.0
"""After which the first screen stands."""


class Lookout(EarlyKeys):
    BINDINGS = [Binding("ctrl+l", "paint_anew", "Paint anew", show=False)]

    def __init__(self, workspace: Workspace, *, first: Future[Overview] | None = None) -> None:
        super().__init__(driver_class=TerseDriver)
        self.shown = Shown(erases=not os.environ.get("TERM", "").startswith("screen"))
        self.workspace = workspace
        self._begun = first
        """A reading that was begun before the console was."""
        self._seen: int | None = None
        self._is_retrying = False

    def on_mount(self) -> None:
        if self._begun is not None and self._begun.done() and self._begun.exception() is None:
            self.overview = self._begun.result()
        self.set_interval(LOOK_SECONDS, self._look)
        self.set_interval(AGES_SECONDS, self.reread)
        self.set_timer(SETTLED_SECONDS, _collect_from_now_on)

    def on_resize(self) -> None:
        self.shown.forget()

    def action_paint_anew(self) -> None:
        """After something else, a broadcast for instance, wrote over the screen."""
        self.shown.forget()
        self.screen.refresh()

    def reread(self) -> None:
        """Everything that is on the screen."""
        self.read_overview()

    def _look(self) -> None:
        try:
            version = self.workspace.registry.data_version()
        except MltuiError as error:
            self._miss_overview(error)
            return
        if version != self._seen:
            self._seen = version
            self.reread()

    @work(thread=True, exclusive=True, group="overview", exit_on_error=False)
    def read_overview(self) -> None:
        begun, self._begun = self._begun, None
        try:
            found = overview(self.workspace) if begun is None else begun.result()
        except MltuiError as error:
            self.call_from_thread(self._miss_overview, error)
        else:
            self.call_from_thread(self._take_overview, found)
        finally:
            self.workspace.registry.release()

    def _take_overview(self, found: Overview) -> None:
        self.overview_error = None
        self.overview = found

    def _miss_overview(self, error: MltuiError) -> None:
        if self.overview_error is None or self.overview_error.message != error.message:
            self.overview_error = error
            self.notify(literal(error.message), severity="error", markup=False)
        if not self._is_retrying:
            self._is_retrying = True
            self.set_timer(RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        self._is_retrying = False
        self.reread()

    async def ask(self, question: Callable[[Workspace], Answer]) -> Answer:
        outcome = await self.run_worker(
            lambda: self._answer(question), thread=True, exit_on_error=False, group="ask"
        ).wait()
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


def _collect_from_now_on() -> None:
    """What was made so far lives as long as the console: no collection has to look at it again."""
    gc.freeze()
    gc.enable()
