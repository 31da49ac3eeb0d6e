"""The palette: every screen and every act that is possible here, found by typing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mltui.tui.acts import ACTS
from mltui.tui.screens import SCREENS

if TYPE_CHECKING:
    from mltui.tui.app import Console


class ActsProvider(Provider):
    def _choices(self) -> list[tuple[str, str, Callable[[], object]]]:
        console = cast("Console", self.app)
        going: list[tuple[str, str, Callable[[], object]]] = [
            (f"Go to {entry.title}", f"key {entry.number}, or g {entry.letter}", partial(console.open_screen, name))
            for name, entry in SCREENS.items()
            if entry.number
        ]
        possible: list[tuple[str, str, Callable[[], object]]] = [
            (act.title, f"{act.help}   key {act.key}", partial(console.run_act, act.name))
            for act in ACTS.values()
            if console.check_action("act", (act.name,))
        ]
        return [*possible, *going]

    async def discover(self) -> Hits:
        for title, help, call in self._choices():
            yield DiscoveryHit(title, call, help=help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, help, call in self._choices():
            if (score := matcher.match(f"{title} {help}")) > 0:
                yield Hit(score, matcher.highlight(title), call, help=help)
