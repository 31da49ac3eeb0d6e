"""The console as acts, screens and widgets know it: all that they may ask of it, and nothing of how it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar, cast

from textual.app import App
from textual.message_pump import MessagePump
from textual.reactive import reactive
from textual.worker import Worker

from mltui.errors import MltuiError
from mltui.operations.standing.overview import Overview
from mltui.workspace import Workspace

Answer = TypeVar("Answer")


class Place(Protocol):
    """A screen, as acts know it."""

    @property
    def marked(self) -> str | None:
        """The version that others are compared with, instead of production's."""

    @property
    def command(self) -> str:
        """Words after `mltui --batch` that tell the same as this screen."""

    def subject_of(self, kind: str) -> str | None:
        """Name of the run, version, release or environment that an act now would be about; None where there is none."""

    def refusal_of(self, act: str) -> str:
        """Why an act that has a subject here would be refused all the same; empty where nothing is known against it."""


class Desk(App[None]):
    workspace: Workspace
    directory: Path
    """Where the person started the console; a project's folder lets it train."""

    overview: reactive[Overview | None] = reactive(None)
    """What the header and the first screen show; None before the first reading."""
    overview_error: reactive[MltuiError | None] = reactive(None)
    """Why the last reading of it failed."""

    @property
    def place(self) -> Place | None:
        """The screen that a person is on, be there a dialog over it or not."""
        raise NotImplementedError

    @property
    def breadcrumbs(self) -> Sequence[str]:
        raise NotImplementedError

    @property
    def possible_acts(self) -> tuple[str, ...]:
        """Names of the acts that have a subject here."""
        raise NotImplementedError

    async def ask(self, question: Callable[[Workspace], Answer]) -> Answer:
        """One operation in a thread; raises its `MltuiError`."""
        raise NotImplementedError

    def open_screen(self, name: str, subject: str = "") -> None:
        raise NotImplementedError

    def run_act(self, name: str) -> object:
        raise NotImplementedError

    def read_overview(self) -> Worker[None]:
        """Begins to; what is found stands in `overview`."""
        raise NotImplementedError

    def show_fault(self, error: BaseException) -> None:
        """Shows an unexpected error with its details; the console stays up."""
        raise NotImplementedError


def desk_of(widget: MessagePump) -> Desk:
    return cast(Desk, widget.app)
