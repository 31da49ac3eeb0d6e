"""Where `mltui` is called outside of a project: the known workspaces, or what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Footer, Static

from mltui.operations.workspaces.known_workspaces import KnownWorkspace
from mltui.tui.presentation.literal import literal
from mltui.tui.widgets.panel import Panel
from mltui.tui.widgets.rows import Listing, Row, Rows


class Doorway(App[Path]):
    """Returns the chosen workspace's folder; None when the person leaves."""

    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [Binding("q,escape", "quit", "Quit")]

    def __init__(self, known: Sequence[KnownWorkspace], *, directory: Path, problem: str) -> None:
        super().__init__()
        self._known = known
        self._directory = directory
        self._problem = problem

    def compose(self) -> ComposeResult:
        yield Static(Text.assemble(("mltui", "bold"), "  ", literal(self._problem)), id="title")
        if self._known:
            yield Rows()
        else:
            yield Panel("what to do first")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        if not self._known:
            self.query_one(Panel).show(lambda width: _guide(self._directory))
            return
        rows = [_row(each) for each in self._known]
        head = ("PROJECT", "PRODUCTION", "WORKSPACE")
        self.query_one(Rows).show(
            Listing(head, len(rows), lambda offset, limit: rows[offset : offset + limit], flexible=(2,))
        )
        self.query_one(Rows).focus()

    @on(Rows.Opened)
    def _choose(self, event: Rows.Opened) -> None:
        self.exit(Path(event.key))


def _row(known: KnownWorkspace) -> Row:
    state = Text(f"✗ {literal(known.problem)}", "red") if known.problem else Text(known.live or "·")
    return Row(str(known.folder), (literal(known.project) or "?", state, literal(known.folder)))


def _guide(directory: Path) -> list[Text]:
    return [
        Text("See the whole story on a throw-away project:"),
        Text("  mltui demo", "bold"),
        Text(),
        Text("Or bring your own: in the folder of its git repository, with an mltui.toml, type"),
        Text("  mltui init", "bold"),
        Text("  mltui train --follow", "bold"),
        Text(),
        Text(f"You are in {literal(directory)}.", "dim"),
    ]
