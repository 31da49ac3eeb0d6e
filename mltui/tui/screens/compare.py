"""Compare: what is better, for whom, and what was changed for it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding

from mltui.domain.names import version_name
from mltui.errors import UsageError
from mltui.operations.standing.state import version_as_far_as_read
from mltui.operations.versions.compare import Comparison, compare
from mltui.tui.messages import Show
from mltui.tui.presentation import compare as told
from mltui.tui.presentation.diff import diff_lines, file_lines
from mltui.tui.screens.parts import PartsScreen
from mltui.tui.widgets.header import Header
from mltui.tui.widgets.panel import Pages, Panel
from mltui.workspace import Workspace


class CompareScreen(PartsScreen[Comparison]):
    screen_name = "compare"
    AUTO_FOCUS = "Pages"
    BINDINGS = [
        Binding("w", "swap", "Swap"),
        Binding("enter", "open", "Open version"),
    ]

    FIELDS = {
        "metrics": ("metrics", "intervals"),
        "groups": ("groups",),
        "differing": ("parameters", "environment", "images", "rows"),
    }

    def compose_body(self) -> ComposeResult:
        with Pages():
            for name, title in (
                ("head", ""),
                ("metrics", "metrics"),
                ("answers", "answers that change"),
                ("groups", "groups"),
                ("differing", "what made them"),
                ("files", "files"),
                ("diff", "diff"),
            ):
                yield Panel(title, id=name)

    @property
    def command(self) -> str:
        return f"version compare {self.subject}"

    def read(self, workspace: Workspace) -> Comparison:
        """Versions never change, so one comparison is read once."""
        if self.found is not None:
            return self.found
        names = self.subject.split()
        if len(names) != 2:
            raise UsageError(f"“{self.subject}” names no two versions", hint="d on a version compares it")
        candidate, baseline = (version_as_far_as_read(workspace, name)[0].id for name in names)
        return compare(workspace, candidate, baseline)

    def problem_of(self, found: Comparison) -> str:
        return "; ".join(each.message for each in found.damage)

    def paint(self, found: Comparison) -> None:
        self.show_part("head", lambda width: told.head_lines(found, width=width))
        self._lost = {name for _, names in found.lost for name in names}
        self.show_part("metrics", lambda width: told.metric_lines(found, width=width))
        self.show_part("answers", lambda width: told.answer_lines(found, width=width))
        self.show_part("groups", lambda width: told.group_lines(found, width=width))
        self.show_part("differing", lambda width: told.differing_lines(found, width=width))
        self.show_part("files", lambda width: file_lines(found.code, width=width))
        self.show_part("diff", lambda width: diff_lines(found.code, width=width))
        self.add_class("-read")
        self.query_one("#diff", Panel).display = bool(found.code.diff)

    def subject_of(self, kind: str) -> str | None:
        """The first of the two is what an act is about."""
        if kind == "version" and self.found is not None:
            return version_name(self.found.candidate)
        return super().subject_of(kind)

    def action_swap(self) -> None:
        names = self.subject.split()
        self.subject, self.found = " ".join(reversed(names)), None
        self.query_one(Header).refresh()
        self.reread()

    def action_open(self) -> None:
        if self.found is not None:
            self.post_message(Show("version", version_name(self.found.candidate)))
