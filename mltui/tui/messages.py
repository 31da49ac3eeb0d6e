"""What widgets and screens ask of the app, and what it tells them."""

from __future__ import annotations

from textual.message import Message


class Show(Message):
    """Please go to a screen."""

    def __init__(self, screen: str, subject: str = "") -> None:
        super().__init__()
        self.screen = screen
        """Its name in the table of screens."""
        self.subject = subject
        """What it is about, for instance `v7`; empty for a screen that is about everything."""
