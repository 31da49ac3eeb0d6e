"""Release: all that a decision needs, what it waits for, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.screen import ModalScreen

from mltui.domain.names import version_name
from mltui.operations.releases.presence import announce, leave
from mltui.operations.releases.release_page import ReleasePage, release_page
from mltui.operations.versions.pictures import AnsweredPicture, has_pictures, newest_answers, smoke_pictures
from mltui.tui.colours import has_many_colours
from mltui.tui.presentation.against import against_lines
from mltui.tui.presentation.evidence import (
    bias_lines,
    card_lines,
    change_lines,
    changed_lines,
    profile_lines,
    seal_lines,
    smoke_lines,
)
from mltui.tui.presentation.pictures import picture_lines
from mltui.tui.presentation.release import (
    approval_lines,
    check_lines,
    decision_lines,
    stage_lines,
)
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Lines, Pages, Panel
from mltui.workspace import Workspace

ANNOUNCE_SECONDS = 2.0


class ReleaseScreen(ConsoleScreen[ReleasePage]):
    screen_name = "release"
    rereads_every: ClassVar[float | None] = 2.0
    AUTO_FOCUS = "Pages"

    _is_announced = False
    _answers: Sequence[Mapping[str, Any]] = ()
    _pictures: tuple[AnsweredPicture, ...] = ()
    """Of these answers; they are read again only when there are others."""

    def compose_body(self) -> ComposeResult:
        with Pages():
            for name, title in _PANELS:
                yield Panel(title, id=name)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(ANNOUNCE_SECONDS, self._announce)

    def on_unmount(self) -> None:
        if self.found is not None and self.found.waiting is not None:
            self._tell_others(leave)

    @property
    def command(self) -> str:
        return f"release show {self.subject}"

    def read(self, workspace: Workspace) -> ReleasePage:
        page = release_page(workspace, self.subject)
        answers = newest_answers(page.detail.stages)
        if page.version is not None and has_pictures(page.version) and answers != self._answers:
            self._answers, self._pictures = answers, smoke_pictures(workspace, page.version, answers)
        return page

    def paint(self, found: ReleasePage) -> None:
        stages = found.detail.stages
        drawn = {
            "decision": partial(decision_lines, found),
            "stages": partial(stage_lines, found),
            "checks": partial(check_lines, found.report),
            "change": partial(change_lines, found),
            "changed": partial(changed_lines, found.changes),
            "bias": partial(bias_lines, found),
            "pictures": partial(picture_lines, self._pictures),
            "smoke": partial(smoke_lines, stages),
            "profile": partial(profile_lines, stages),
            "decisions": partial(approval_lines, found.detail.approvals, found),
            "against": partial(against_lines, found.against, version_name(found.release.version_id)),
            "card": partial(card_lines, found.card),
            "seal": partial(seal_lines, found),
        }
        if not self._is_announced:
            self._is_announced = True
            self._announce()
        self.query_one("#against").display = found.against is not None
        self.query_one("#pictures").display = bool(self._pictures) and has_many_colours(self.app)
        for name, draw in drawn.items():
            self.query_one(f"#{name}", Panel).show(_at_width(draw))

    def subject_of(self, kind: str) -> str | None:
        if self.found is None:
            return None
        if kind == "version":
            return version_name(self.found.release.version_id)
        return self.subject if kind == "release" else None

    def _announce(self) -> None:
        is_looked_at = self.is_current or (
            isinstance(self.app.screen, ModalScreen) and self.app.screen_stack[-2] is self
        )
        if is_looked_at and self.found is not None and self.found.waiting is not None:
            self._tell_others(lambda workspace: announce(workspace, self.subject))

    def _tell_others(self, tell: Callable[[Workspace], object]) -> None:
        workspace = self.desk.workspace

        def told() -> None:
            try:
                tell(workspace)
            finally:
                workspace.registry.release()

        self.app.run_worker(told, thread=True, exit_on_error=False, group="presence")


def _at_width(draw: Callable[..., Sequence[Text]]) -> Lines:
    return lambda width: draw(width=width)


_PANELS = (
    ("decision", "decision"),
    ("stages", "stages"),
    ("checks", "checks"),
    ("change", "what changes"),
    ("changed", "answers that change"),
    ("bias", "groups"),
    ("pictures", "smoke pictures, as the server sees them"),
    ("smoke", "smoke cases"),
    ("profile", "profile"),
    ("decisions", "decisions so far"),
    ("against", "code, data and parameters against production"),
    ("card", "model card"),
    ("seal", "sealed"),
)
