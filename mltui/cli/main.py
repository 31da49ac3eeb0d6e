"""From the words of a command line to an exit code: parses, calls one command, prints what it answers."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.cli import diagnostics, output
from mltui.errors import MltuiError, NotFound, UsageError

INTERRUPTED = 130
OVERVIEW = ("overview", "")

if TYPE_CHECKING:  # the console, which most people open, needs none of these
    import argparse

    from mltui.cli.answer import Answer
    from mltui.cli.call import Call

    Command = Callable[[Call], Answer]
OpenConsole = Callable[[Path | None, Path, tuple[str, str]], int]
"""Opens the console on a workspace (that of the folder where None), a folder to work from, a screen and its subject."""


def run(argv: Sequence[str], *, open_console: OpenConsole | None = None) -> int:
    """The process's exit code. With `--batch`, stdout gets one JSON object, and before it the events of `--follow`.

    Without a command it is the console's; what an answer wants to be looked at is opened there, if a person can see it.
    """
    is_batch = "--batch" in argv
    name = ""
    try:
        if not argv and open_console is not None:
            return open_console(None, _directory(), OVERVIEW)
        arguments = _parse(list(argv))
        if not hasattr(arguments, "target"):
            return _without_command(arguments, open_console)
        name = arguments.command_name
        return _carry_out(arguments, name, is_batch=is_batch, open_console=open_console)
    except MltuiError as error:
        return _fail(name, error, is_batch=is_batch)
    except KeyboardInterrupt:
        stop = MltuiError(
            "interrupted; what the worker was asked for goes on", hint="mltui status shows it", code="interrupted"
        )
        _fail(name, stop, is_batch=is_batch)
        return INTERRUPTED
    except output.ReaderGone:
        return 0
    except Exception as error:  # noqa: BLE001 - the top: a fault is reported, never a bare traceback alone
        diagnostics.say_fault(error)
        fault = MltuiError(
            f"{type(error).__name__}: {error}", hint="this is a fault of mltui: please report it with the text above"
        )
        return _fail(name, fault, is_batch=is_batch)


def _parse(argv: list[str]) -> argparse.Namespace:
    for word in argv:
        if any("\ud800" <= character <= "\udfff" for character in word):
            raise UsageError(f"“{word}” is not UTF-8", hint="write paths and texts in UTF-8")
    from mltui.cli.parser import parse

    return parse(argv)


def _without_command(arguments: argparse.Namespace, open_console: OpenConsole | None) -> int:
    if arguments.batch or open_console is None:
        raise UsageError("say what to do", hint="mltui --help lists the commands, mltui status shows what stands where")
    folder = None if arguments.workspace is None else Path(arguments.workspace).expanduser().absolute()
    return open_console(folder, _directory(), OVERVIEW)


def _carry_out(arguments: argparse.Namespace, name: str, *, is_batch: bool, open_console: OpenConsole | None) -> int:
    from mltui.cli.call import Call
    from mltui.cli.ending import ended_in_order

    module, _, function = arguments.target.partition(":")
    command: Command = getattr(importlib.import_module(f"mltui.cli.commands.{module}"), function)
    call = Call(arguments, directory=_directory(), show=output.event_printer(is_batch=is_batch))
    try:
        with ended_in_order():
            answer = command(call)
        output.print_answer(name, answer, is_batch=is_batch)
    finally:
        call.close()
    if answer.error is None:
        if answer.look_at is not None and open_console is not None and not is_batch and output.is_seen_by_a_person():
            return open_console(answer.look_at.workspace, call.directory, answer.look_at.screen)
        return 0
    if not is_batch:
        diagnostics.say_error(answer.error)
    return answer.error.exit_code


def _directory() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise NotFound("the current folder is gone", hint="go to another one") from None


def _fail(name: str, error: MltuiError, *, is_batch: bool) -> int:
    if not is_batch or isinstance(error, output.Unwritable):
        diagnostics.say_error(error)
        return error.exit_code
    with contextlib.suppress(output.ReaderGone, output.Unwritable):
        output.print_failure(name, error)
    return error.exit_code
