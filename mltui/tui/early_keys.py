"""Keys are heard one after another: each waits until the one before is done and the screen has read what it shows.

Over a slow link several come at once, and the second is meant for what the first one opens.
"""

from __future__ import annotations

import time

from textual import events
from textual.message_pump import MessagePump
from textual.timer import Timer

from mltui.tui.desk import Desk

LEAVING = ("escape", "q", "ctrl+c", "ctrl+q")
"""Never wait, and what waits is forgotten with them."""
LOOK_SECONDS = 0.03
QUIET_LOOKS = 2
"""How often nothing may be on its way before a key is heard that waited for a screen."""
DONE_SECONDS = 1.0
"""A key counts as done by then, also where the widget that had it went away."""


class EarlyKeys(Desk):
    _early: tuple[events.Key, ...] = ()
    _heard: events.Key | None = None
    """The one that has waited long enough."""
    _doing_until = 0.0
    """Of `time.monotonic`; past it no key is being done."""
    _quiet = 0
    _ear: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif event.key in LEAVING:
            self._early = ()
            await super().on_event(event)
        elif event is not self._heard and (self._early or self._is_reading or self._is_doing):
            self._put_off(event)
        else:
            await self._do(event)

    def _put_off(self, key: events.Key) -> None:
        self._early += (key,)
        if self._ear is None:
            self._ear = self.set_interval(LOOK_SECONDS, self._listen)

    async def _do(self, key: events.Key) -> None:
        """What it asks for is done where the focus is, and on the way from there up to the app."""
        self._doing_until = time.monotonic() + DONE_SECONDS
        first = self.focused or self.screen
        await super().on_event(key)
        self._follow(first)

    def _follow(self, node: MessagePump) -> None:
        """Comes to each who may have the key just after it."""
        above = node._parent if node is not self else None
        if above is None:
            self._doing_until = 0.0
        elif not node.call_later(self._follow, above):
            self._follow(above)

    def _listen(self) -> None:
        if not self.is_running or not self.screen_stack:
            return
        if self._early and (self._is_reading or self._is_doing or self._is_busy):
            self._quiet = 0
        elif self._early:
            self._quiet += 1
            if self._quiet >= QUIET_LOOKS:
                self._hear()
        elif self._ear is not None:
            self._ear.stop()
            self._ear = None

    def _hear(self) -> None:
        first, *rest = self._early
        self._early, self._heard, self._quiet = tuple(rest), events.Key(first.key, first.character), 0
        self._doing_until = time.monotonic() + DONE_SECONDS
        self.post_message(self._heard)

    @property
    def _is_reading(self) -> bool:
        return getattr(self.screen, "is_reading", False)

    @property
    def _is_doing(self) -> bool:
        return time.monotonic() < self._doing_until

    @property
    def _is_busy(self) -> bool:
        """Messages are on their way, or the focus is not there yet."""
        if self.focused is None and self.screen.focus_chain:
            return True
        return any(each.message_queue_size for each in (self, self.screen, self.focused) if each is not None)
