"""Keeps one unexpected error from ending the console."""

from __future__ import annotations

from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerState

from mltui.tui.desk import desk_of


class Guarded(MessagePump):
    """Without this, Textual ends the loop of whatever an error leaves, and with it the app."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - the top of the console: a fault is shown, with its details
            desk_of(self).show_fault(error)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            desk_of(self).show_fault(event.worker.error)
