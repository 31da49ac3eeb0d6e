"""Work that takes some seconds: how far it is and how long it usually takes; then what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static

from mltui.errors import MltuiError
from mltui.operations.standing.traffic_work import TrafficWork
from mltui.tui.desk import desk_of
from mltui.tui.presentation.work import work_lines
from mltui.tui.widgets.box import Box, Keys
from mltui.workspace import Workspace

_LOOK_SECONDS = 1.0


class WorkDialog(ModalScreen[None]):
    """Closing it ends nothing."""

    BINDINGS = [Binding("escape,enter", "dismiss(None)", "Close")]

    def __init__(self, title: str, words: str, look: Callable[[Workspace], TrafficWork]) -> None:
        super().__init__()
        self.title_words = title
        self._words = words
        self._ask = look
        self._found: TrafficWork | None = None
        self._began = time.monotonic()
        self._is_over = False

    def compose(self) -> ComposeResult:
        with Box(self.title_words, has_fields=False):
            yield Static(id="told")
            yield Keys("esc  leave it; the work goes on, and a message tells its end")

    def on_mount(self) -> None:
        self.call_after_refresh(self._tick)
        self.set_interval(_LOOK_SECONDS, self._tick)

    @work(exclusive=True, exit_on_error=False)
    async def _tick(self) -> None:
        self._tell_how_far()
        try:
            self._found = await desk_of(self).ask(self._ask)
        except MltuiError:
            return  # the work itself tells what is wrong
        self._tell_how_far()

    def _tell_how_far(self) -> None:
        if not self._is_over:
            told, seconds = self.query_one("#told", Static), int(time.monotonic() - self._began)
            width = max(told.content_size.width, 20)
            told.update(Text("\n").join(work_lines(self._words, self._found, seconds=seconds, width=width)))

    def tell(self, lines: Sequence[Text]) -> None:
        self._is_over = True
        self.query_one("#told", Static).update(Text("\n").join(lines))
        self.query_one(Keys).update("enter or esc closes")
