"""The grammar of the command line: verbs for the acts that a person has in mind, noun and verb for the rest."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from mltui import __version__
from mltui.cli.grammar import GROUPS, Argument, Command
from mltui.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving, so that `--batch` keeps its contract on a wrong call too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"{self.prog} --help")


class Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal; its parent would import half a dozen compression modules to find that out."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Builds no more of the grammar than the words need."""
    first = _first_word(argv)
    wanted = [command for command in _commands() if command.name.partition(" ")[0] == first]
    found, unknown = _build_parser(wanted or (_commands() if first else ())).parse_known_args(argv)
    if unknown:
        raise _unknown(unknown[0].partition("=")[0], getattr(found, "command_name", ""))
    return found


def _unknown(word: str, name: str) -> UsageError:
    """With what was perhaps meant."""
    import difflib

    called = f"mltui {name}".rstrip()
    names = [each for command in _commands() if command.name == name for one in command.arguments for each in one.names]
    options = [each for each in (*names, "--batch", "--workspace") if each.startswith("-")]
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.75)
    meant = f"did you mean {close[0]}? " if close else ""
    what = "option" if word.startswith("-") else "argument"
    return UsageError(f"{called} takes no {what} {word}", hint=f"{meant}{called} --help lists all")


def _commands() -> list[Command]:
    return [command for group in GROUPS for command in group.commands]


def _first_word(argv: Sequence[str]) -> str:
    words = iter(argv)
    for word in words:
        if word == "--workspace":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def _build_parser(commands: Iterable[Command]) -> Parser:
    parser = Parser(
        prog="mltui",
        description="Release manager for machine-learning models.",
        epilog=_overview(),
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mltui {__version__}")
    _add_common(parser, default=None)
    subparsers = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    nouns: dict[str, Any] = {}
    for command in commands:
        noun, _, verb = command.name.partition(" ")
        if not verb:
            _add(subparsers, noun, command)
            continue
        if noun not in nouns:
            holder = subparsers.add_parser(
                noun, allow_abbrev=False, description=f"mltui {noun} …", formatter_class=Formatter
            )
            nouns[noun] = holder.add_subparsers(metavar="VERB", parser_class=Parser, required=True)
        _add(nouns[noun], verb, command)
    return parser


def _add(subparsers: Any, name: str, command: Command) -> None:
    listed = {"help": command.help} if " " in command.name else {}  # the overview below lists the others
    parser = subparsers.add_parser(
        name,
        **listed,
        description=command.help,
        epilog=f"for example: {command.example}" if command.example else None,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    for argument in command.arguments:
        parser.add_argument(*argument.names, **_options(argument))
    _add_common(parser, default=argparse.SUPPRESS)
    parser.set_defaults(target=command.target, command_name=command.name)


def _options(argument: Argument) -> dict[str, Any]:
    options = dict(argument.options)
    return {**options, "help": argument.help}


def _add_common(parser: argparse.ArgumentParser, *, default: Any) -> None:
    """`--batch` and `--workspace` may stand before or after the command."""
    batch_default = False if default is None else default
    parser.add_argument("--batch", action="store_true", default=batch_default, help="print one JSON object, never ask")
    parser.add_argument(
        "--workspace", metavar="FOLDER", default=default, help="the workspace, where it is not the project's own"
    )


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (OSError, ValueError):
        return 80


def _overview() -> str:
    lines = []
    for group in GROUPS:
        lines.append(f"{group.title}:")
        lines += [f"  {command.name:<18} {command.help}" for command in group.commands]
        lines.append("")
    lines.append("exit codes: 0 done, 1 a fault of ours, 2 usage, 3 not found, 4 refused, 5 the work failed,")
    lines.append("            6 engine or service unreachable, 7 conflict or lock, 130 interrupted")
    return "\n".join(lines)
