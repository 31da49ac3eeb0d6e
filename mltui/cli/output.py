"""All of stdout: the envelope for scripts, lines for people. Foreign text is literal: its controls are escaped."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mltui.errors import MltuiError

if TYPE_CHECKING:
    from mltui.cli.answer import Answer
    from mltui.domain.event import Event

ENVELOPE = 1
"""Version of the object that `--batch` prints."""


class ReaderGone(Exception):
    """Whoever read our output, `head` for instance, reads no more."""


class Unwritable(MltuiError):
    """The answer was not written: the disk is full, for instance."""

    default_code = "output"


def print_answer(command: str, answer: Answer, *, is_batch: bool) -> None:
    if is_batch:
        error = None if answer.error is None else answer.error.as_json()
        given = {"ok": error is None, "data": answer.data, "error": error}
        _print_json({"mltui": ENVELOPE, "command": command, **given})
    else:
        for line in answer.lines:
            print_line(line)


def print_failure(command: str, error: MltuiError) -> None:
    _print_json({"mltui": ENVELOPE, "command": command, "ok": False, "data": None, "error": error.as_json()})


def event_printer(*, is_batch: bool) -> Callable[[Event], None]:
    return print_event_as_json if is_batch else print_event


def print_event_as_json(event: Event) -> None:
    _print_json({"event": event, "sentence": str(event)})


def print_event(event: Event) -> None:
    print_line(f"{event.at.astimezone():%H:%M:%S}  {event}")


def is_seen_by_a_person() -> bool:
    """Whether this is a terminal that can show screens."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def print_line(text: str) -> None:
    _write(literal(text))


def literal(text: str) -> str:
    """Control characters and direction marks as visible escapes, so that no foreign text acts on a terminal."""
    return "".join(character if _is_harmless(character) else ascii(character)[1:-1] for character in text)


def _is_harmless(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _print_json(value: Any) -> None:
    from mltui.cli.answer import plain  # the console prints nothing

    _write(json.dumps(plain(value), ensure_ascii=True, allow_nan=False))


def _write(line: str) -> None:
    """What the terminal's encoding lacks becomes an escape. Raises `ReaderGone` and `Unwritable`."""
    if sys.stdout is None:  # closed by who called us
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:
        _let_go_of_stdout()
        raise ReaderGone from None
    except OSError as error:
        _let_go_of_stdout()
        raise Unwritable(
            f"the answer could not be written: {error.strerror}", hint="what was asked for is done all the same"
        ) from error


def _let_go_of_stdout() -> None:
    """Else Python tries to write the rest when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
