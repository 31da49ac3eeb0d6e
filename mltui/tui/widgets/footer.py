"""One line at the foot of every screen: the keys that work now, whole ones only."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from rich.text import Text
from textual import events
from textual.actions import parse
from textual.screen import Screen
from textual.widget import Widget

from mltui.tui.presentation.footer import Item, footer_line, placed

_ALWAYS = ("back", "leave_filter", "command_palette", "go('help')", "quit")
"""Actions that stand at the right, in this order."""


@runtime_checkable
class Refusing(Protocol):
    """A screen that knows why an act would be refused."""

    def refusal_of(self, act: str) -> str: ...


class Footer(Widget):
    """What has no room stands in the help. Equal lines are not painted again, which keeps a slow link silent."""

    _items: tuple[list[Item], list[Item]] = ([], [])

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._look)

    def _look(self, screen: Screen[object]) -> None:
        """`active_bindings` asks every act whether it is possible, so it is read only when told that it changed."""
        if not (self.is_attached and screen is self.screen and screen.app.app_focus):
            return
        shown = [each.binding for each in screen.active_bindings.values() if each.enabled and each.binding.show]
        shown = [each for each in shown if not self._is_refused(each.action)]
        named = {each.action: Item(each.key, self.app.get_key_display(each), each.description) for each in shown}
        always = [named.pop(action) for action in _ALWAYS if action in named]
        items = (list(named.values()), always)
        if items != self._items:
            self._items = items
            self.refresh()

    def _is_refused(self, action: str) -> bool:
        name, parameters = parse(action)[1:]
        screen = self.screen
        return name == "act" and isinstance(screen, Refusing) and bool(screen.refusal_of(str(parameters[0])))

    def render(self) -> Text:
        items, always = self._items
        return footer_line(placed(items, always, width=self.size.width))

    def on_click(self, event: events.Click) -> None:
        items, always = self._items
        for place in placed(items, always, width=self.size.width):
            if place.start <= event.x < place.stop:
                self.app.simulate_key(place.item.key)
