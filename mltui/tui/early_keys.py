"""Keys that come before a screen has read what it shows wait for it: over a slow link several come at once."""

from __future__ import annotations

from textual import events

from mltui.tui.desk import Desk

LEAVING = ("escape", "q", "ctrl+c", "ctrl+q")
"""Never wait, and what waits is forgotten with them."""
LOOK_SECONDS = 0.03
QUIET_LOOKS = 2
"""How often nothing may be on its way before the next key is heard."""


class EarlyKeys(Desk):
    _early: tuple[events.Key, ...] = ()
    _quiet = 0
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
        """One after another: what one of them opens has to be there for the next, and says when it has read."""
        if not self._early or self._is_reading:
            return
        self._quiet = 0 if self._is_busy else self._quiet + 1
        if self._quiet >= QUIET_LOOKS:
            first, *rest = self._early
            self._early, self._heard, self._quiet = tuple(rest), events.Key(first.key, first.character), 0
            self.post_message(self._heard)
        self.set_timer(LOOK_SECONDS, self.hear_early_keys)

    @property
    def _is_busy(self) -> bool:
        return any(each.message_queue_size for each in (self, self.screen, self.focused) if each is not None)
