"""The grammar of the command line: verbs for the acts that a person has in mind, noun and verb for the rest."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from mltui import __version__
from mltui.cli.grammar import GROUPS, Argument, Command
from mltui.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving, so that `--batch` keeps its contract on a wrong call too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}", hint=f"{self.prog} --help")


def build_parser() -> Parser:
    parser = Parser(
        prog="mltui",
        description="Release manager for machine-learning models.",
        epilog=_overview(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mltui {__version__}")
    _add_common(parser, default=None)
    subparsers = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    nouns: dict[str, Any] = {}
    for command in (command for group in GROUPS for command in group.commands):
        noun, _, verb = command.name.partition(" ")
        if not verb:
            _add(subparsers, noun, command)
            continue
        if noun not in nouns:
            holder = subparsers.add_parser(noun, allow_abbrev=False, description=f"mltui {noun} …")
            nouns[noun] = holder.add_subparsers(metavar="VERB", parser_class=Parser, required=True)
        _add(nouns[noun], verb, command)
    return parser


def _add(subparsers: Any, name: str, command: Command) -> None:
    parser = subparsers.add_parser(
        name,
        help=command.help,
        description=command.help,
        epilog=f"for example: {command.example}" if command.example else None,
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


def _overview() -> str:
    lines = []
    for group in GROUPS:
        lines.append(f"{group.title}:")
        lines += [f"  {command.name:<18} {command.help}" for command in group.commands]
        lines.append("")
    lines.append("exit codes: 0 done, 1 a fault of ours, 2 usage, 3 not found, 4 refused, 5 the work failed,")
    lines.append("            6 engine or service unreachable, 7 conflict or lock, 130 interrupted")
    return "\n".join(lines)
