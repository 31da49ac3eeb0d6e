"""What a server is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mltui.serving.answers import Identity


class SettingsInvalid(Exception):
    """A variable of the environment that is missing or wrong."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    model: Path
    """Model folder."""
    socket: Path
    """Of any length: the server goes into its folder and binds the bare name."""
    cpus: int
    """Threads that decode and predict, in total."""
    identity: Identity
    model_name: str = "model"
    """In the paths of the Open Inference Protocol."""
    head_seconds: float = 10.0
    """For a whole request head, however slowly it drips; also for what is sent after an early refusal."""
    body_seconds: float = 20.0
    """For a whole body, waiting for its turn included."""
    keep_alive_seconds: int = 120
    """More than the gateway keeps its idle connections, so that it never writes into one that closes."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ServerSettings:
        """Raises `SettingsInvalid`."""
        return cls(
            model=Path(_required(environment, "MLTUI_MODEL")).absolute(),
            socket=Path(_required(environment, "MLTUI_SOCKET")).absolute(),
            cpus=_cpus(environment.get("MLTUI_CPUS", "1")),
            model_name=environment.get("MLTUI_PROJECT") or "model",
            identity=Identity(
                version=_printable(environment, "MLTUI_VERSION"),
                package=_printable(environment, "MLTUI_PACKAGE"),
                deployment=_printable(environment, "MLTUI_DEPLOYMENT"),
            ),
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsInvalid(f"{name} is not set")
    return value


def _printable(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value.isascii() or not (value == "" or value.isprintable()):
        raise SettingsInvalid(f"{name} holds characters that cannot stand in a header")
    return value


def _cpus(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise SettingsInvalid(f"MLTUI_CPUS is {text!r}, not a whole number from 1 to 1024")
    return int(text)
