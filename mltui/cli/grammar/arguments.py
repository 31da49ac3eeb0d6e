"""What a command and an argument are, and the arguments that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Argument:
    names: tuple[str, ...]
    help: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """As argparse takes them."""


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    target: str
    """`module:function` under `mltui.cli.commands`, imported when it is called."""
    help: str
    arguments: tuple[Argument, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    commands: tuple[Command, ...]


def argument(name: str, help: str, **options: Any) -> Argument:
    return Argument((name,), help, options)


def flag(name: str, help: str) -> Argument:
    return Argument((name,), help, {"action": "store_true"})


def optional(name: str, help: str, default: Any, **options: Any) -> Argument:
    return Argument((name,), help, {"nargs": "?", "default": default, **options})


VERSION = argument("version", "v7, or latest", metavar="VERSION")
RUN = optional("run", "41, or latest", "latest", metavar="RUN")
RELEASE = optional("release", "r12, v7 for its newest, or latest", "latest", metavar="RELEASE")
ENVIRONMENT = optional("environment", "production, unless another is named", "production", metavar="ENVIRONMENT")
WHERE = argument("--environment", "production, unless another is named", default="production", metavar="ENVIRONMENT")
LIMIT = argument("--limit", "how many at most", type=int, default=20, metavar="N")
MATCH = argument("--match", "only with these words, and without those after a !", default="", metavar="TEXT")
AT = argument("--at", "a past time, for instance 2026-11-23T10:00", metavar="TIME")
REASON = argument("--reason", "why, for the record", default="", metavar="TEXT")
COMMENT = argument("--comment", "for the record", default="", metavar="TEXT")
KEY = argument("--key", "an SSH key to sign with; else, where the gate asks for it, the agent's", metavar="FILE")
FOLLOW = flag("--follow", "print the events as they come, until it waits for a decision or is over")
TIMEOUT = argument("--timeout", "for instance 30s, 10m, 2h", default="2h", metavar="TIME")
