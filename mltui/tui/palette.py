"""The palette: every screen and every act that is possible here, found by typing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content

from mltui.tui.acts import ACTS, Act
from mltui.tui.desk import Desk, desk_of
from mltui.tui.screens import SCREENS


class Palette(CommandPalette):
    def __init__(self) -> None:
        super().__init__(placeholder="an act or a screen")

    @classmethod
    def open_on(cls, desk: Desk) -> None:
        if not isinstance(desk.screen, cls):
            desk.push_screen(cls())

    def on_mount(self) -> None:
        """A picture that takes two cells on some terminals and one on others would shift the line."""
        self.query_one(SearchIcon).icon = ":"


class ActsProvider(Provider):
    def _choices(self) -> list[tuple[str, str, Callable[[], object]]]:
        desk = desk_of(self.screen)
        going: list[tuple[str, str, Callable[[], object]]] = [
            (f"Go to {entry.title}", f"key {entry.number} or g {entry.letter}", partial(desk.open_screen, name))
            for name, entry in SCREENS.items()
            if entry.number
        ]
        possible: list[tuple[str, str, Callable[[], object]]] = [
            (act.title, f"key {act.key}: {_help(desk, act)}", partial(desk.run_act, act.name))
            for act in ACTS.values()
            if desk.check_action("act", (act.name,))
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


def _help(desk: Desk, act: Act) -> str:
    """What it does, or why it would be refused here."""
    refused = desk.place.refusal_of(act.name) if desk.place is not None else ""
    return f"✗ {refused}" if refused else act.help


def _plain(words: str) -> str:
    """The palette takes its help for markup; content, which it takes as well, it leaves as it is."""
    return cast("str", Content(words))
