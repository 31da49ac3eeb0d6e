"""Keys that come before a screen has read what it shows wait for it: over a slow link several come at once."""

from __future__ import annotations

from textual import events
from textual.app import App

LEAVING = ("escape", "q", "ctrl+c", "ctrl+q")
"""Never wait, and what waits is forgotten with them."""
PACE_SECONDS = 0.05
"""Between two keys that waited: what the first one opens has to be there for the second."""


class EarlyKeys(App[None]):
    _early: tuple[events.Key, ...] = ()
    _heard: events.Key | None = None
    """The one that has waited long enough."""

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and event is not self._heard and (self._early or self._is_reading):
            if event.key not in LEAVING:
                self._early += (event,)
                return
            self._early = ()
        await super().on_event(event)

    @property
    def _is_reading(self) -> bool:
        return getattr(self.screen, "is_reading", False)

    def hear_early_keys(self) -> None:
        """One after another; each screen that one of them opens says when it has read."""
        if self._early and not self._is_reading:
            first, *rest = self._early
            self._early, self._heard = tuple(rest), events.Key(first.key, first.character)
            self.post_message(self._heard)
            self.set_timer(PACE_SECONDS, self.hear_early_keys)
