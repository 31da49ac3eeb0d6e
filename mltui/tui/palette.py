"""The palette: every screen and every act that is possible here, found by typing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content

from mltui.tui.acts import ACTS, Act
from mltui.tui.screens import SCREENS

if TYPE_CHECKING:
    from mltui.tui.app import Console


class Palette(CommandPalette):
    def __init__(self) -> None:
        super().__init__(placeholder="an act or a screen")

    @classmethod
    def open_on(cls, console: Console) -> None:
        if not isinstance(console.screen, cls):
            console.push_screen(cls())

    def on_mount(self) -> None:
        """A picture that takes two cells on some terminals and one on others would shift the line."""
        self.query_one(SearchIcon).icon = ":"


class ActsProvider(Provider):
    def _choices(self) -> list[tuple[str, str, Callable[[], object]]]:
        console = cast("Console", self.app)
        going: list[tuple[str, str, Callable[[], object]]] = [
            (f"Go to {entry.title}", f"key {entry.number} or g {entry.letter}", partial(console.open_screen, name))
            for name, entry in SCREENS.items()
            if entry.number
        ]
        possible: list[tuple[str, str, Callable[[], object]]] = [
            (act.title, f"key {act.key}: {_help(console, act)}", partial(console.run_act, act.name))
            for act in ACTS.values()
            if console.check_action("act", (act.name,))
        ]
        return [*possible, *going]

    async def discover(self) -> Hits:
        for title, help, call in self._choices():
            yield DiscoveryHit(title, call, help=_plain(help))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, help, call in self._choices():
            if (score := matcher.match(f"{title} {help}")) > 0:
                yield Hit(score, matcher.highlight(title), call, help=_plain(help))


def _help(console: Console, act: Act) -> str:
    """What it does, or why it would be refused here."""
    refused = console.place.refusal_of(act.name) if console.place is not None else ""
    return f"✗ {refused}" if refused else act.help


def _plain(words: str) -> str:
    """The palette takes its help for markup; content, which it takes as well, it leaves as it is."""
    return cast("str", Content(words))
