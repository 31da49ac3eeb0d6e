"""Before an approval: on what exactly, what is acknowledged, and for the last environment the version's name."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input, SelectionList, Static
from textual.widgets.selection_list import Selection

from mltui.domain.checks import CheckResult
from mltui.domain.names import version_name
from mltui.operations.releases.release_page import ReleasePage
from mltui.tui.presentation.decision import subject_lines
from mltui.tui.presentation.literal import literal
from mltui.tui.widgets.box import Box, Keys

_WIDTH = 66
_MOST_ROWS = 6


@dataclass(frozen=True, slots=True)
class ApproveAnswer:
    comment: str
    acknowledged: tuple[str, ...]
    evidence: str
    """The hash that was shown."""


class _Checks(SelectionList[str]):
    """Whether one is chosen can be seen without colours."""

    def render_line(self, y: int) -> Strip:
        left, *inside = super().render_line(y)
        index = self.scroll_offset.y + y
        if inside and index < self.option_count and self.get_option_at_index(index).value not in self.selected:
            inside[0] = Segment(" ", inside[0].style)
        return Strip([left, *inside])


class ApproveDialog(ModalScreen[ApproveAnswer | None]):
    """Enter goes to whatever is still missing, and approves when nothing is."""

    BINDINGS = [
        Binding("enter", "go", "Approve", priority=True),
        Binding("escape", "dismiss(None)", "Leave it"),
    ]

    def __init__(self, found: ReleasePage) -> None:
        super().__init__()
        self._found = found
        self._held: tuple[CheckResult, ...] = found.report.inconclusive if found.report is not None else ()
        self._name = version_name(found.release.version_id) if found.is_last_environment else ""

    def compose(self) -> ComposeResult:
        with Box("Approve"):
            yield Static(Text("\n").join(subject_lines(self._found, width=_WIDTH)))
            if self._held:
                yield Static("inconclusive: space acknowledges each", classes="hint", markup=False)
                choices = [Selection(Content(_words(each)), each.name) for each in self._held]
                checks = _Checks(*choices, compact=True, id="checks")
                checks.styles.max_height = _MOST_ROWS
                yield checks
            if self._name:
                yield Input(placeholder=f"type {self._name} to approve it", compact=True, id="name")
            yield Input(placeholder="a comment, for the record (not needed)", compact=True, id="comment")
            yield Static(id="missing", classes="bad", markup=False)
            yield Keys("enter  approve   tab  next   esc  leave it")

    def action_go(self) -> None:
        acknowledged = self._acknowledged
        if len(acknowledged) < len(self._held):
            missing = next(each.name for each in self._held if each.name not in acknowledged)
            self._miss("#checks", f"not acknowledged: {literal(missing)}")
        elif self._name and self.query_one("#name", Input).value.strip() != self._name:
            typed = self.query_one("#name", Input).value.strip()
            self._miss("#name", f"that is not {self._name}" if typed else "")
        else:
            comment = self.query_one("#comment", Input).value.strip()
            self.dismiss(ApproveAnswer(comment, acknowledged, self._found.release.evidence))

    @property
    def _acknowledged(self) -> tuple[str, ...]:
        chosen = self.query_one("#checks", SelectionList).selected if self._held else []
        return tuple(each.name for each in self._held if each.name in chosen)

    def _miss(self, place: str, words: str) -> None:
        self.query_one(place).focus()
        self.query_one("#missing", Static).update(words and f"! {words}")


def _words(check: CheckResult) -> str:
    return literal(f"{check.name}: {check.sentence}", width=_WIDTH - 6)
