"""Help: the keys of the screen that one came from, made from the same tables as the keys themselves."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding

from mltui.tui.acts import ACTS
from mltui.tui.presentation.help import Key, figure_lines, help_lines, sentence_lines
from mltui.tui.screens import SCREENS
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Pages, Panel
from mltui.tui.widgets.rows import Rows
from mltui.workspace import Workspace

ALWAYS = (
    Key("enter", "open what is under the cursor"),
    Key("esc", "back"),
    Key(":  ctrl+p", "every act that is possible here, found by typing"),
    Key("?", "this help"),
    Key("q", "leave; what was asked for goes on"),
)
_NAMES = {"escape": "esc", "up": "↑", "down": "↓"}


class HelpScreen(ConsoleScreen[tuple[Key, ...]]):
    screen_name = "help"
    AUTO_FOCUS = "Pages"

    def compose_body(self) -> ComposeResult:
        with Pages():
            yield Panel("under the cursor", id="explained")
            yield Panel("keys", id="keys")
            yield Panel("figures", id="figures")

    def read(self, workspace: Workspace) -> tuple[Key, ...]:
        return tuple(_own_keys(self.subject))

    def paint(self, found: tuple[Key, ...]) -> None:
        title = f"on {SCREENS[self.subject].title}" if self.subject in SCREENS else ""
        places = [Key(f"{each.number:1}  g {each.letter}", each.title) for each in SCREENS.values() if each.letter]
        acts = [Key(act.key, f"{act.title}: {act.help}") for act in ACTS.values()]
        explained = self._explained
        self.query_one("#explained", Panel).show(lambda width: sentence_lines(explained, width=width))
        self.query_one("#explained", Panel).display = bool(explained)
        sections = ((title, found), ("go to", places), ("acts", acts), ("always", ALWAYS))
        self.query_one("#keys", Panel).show(lambda width: help_lines(sections, width=width))
        self.query_one("#figures", Panel).show(lambda width: figure_lines(width=width))

    @property
    def _explained(self) -> Sequence[str]:
        """By the screen that lies under this one."""
        below = [each for each in self.app.screen_stack if isinstance(each, ConsoleScreen) and each is not self]
        return below[-1].explained if below and below[-1].screen_name == self.subject else ()


def _own_keys(name: str) -> list[Key]:
    if name not in SCREENS:
        return []
    module, _, class_name = SCREENS[name].target.partition(":")
    screen = getattr(importlib.import_module(f"mltui.tui.screens.{module}"), class_name)
    classes = [each for each in screen.__mro__ if issubclass(each, ConsoleScreen) and each is not ConsoleScreen]
    lists = (Rows,) if screen.AUTO_FOCUS else ()
    found = [
        binding for each in (*classes, *lists) for binding in each.__dict__.get("BINDINGS", ()) if binding.description
    ]
    is_list = screen.AUTO_FOCUS != "Pages"
    return [
        Key(_shown(binding), binding.tooltip or binding.description)
        for binding in found
        if is_list or binding not in Rows.BINDINGS or binding.action != "open"
    ]


def _shown(binding: Binding) -> str:
    names = (_NAMES.get(name, name) for name in binding.key.split(","))
    return binding.key_display or "  ".join(names)
