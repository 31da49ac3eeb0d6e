"""Textual's driver for terminals, which sends only what the terminal does not show already."""

from __future__ import annotations

from typing import Any, Protocol, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from mltui.tui.shown import Shown


class HasShown(Protocol):
    shown: Shown


class TerseDriver(LinuxDriver):
    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._shown = cast(HasShown, app).shown

    def write(self, data: str) -> None:
        if changes := self._shown.changes(data):
            super().write(changes)
