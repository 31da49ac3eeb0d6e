"""All of stderr."""

from __future__ import annotations

import sys

from mltui.cli.output import literal
from mltui.errors import MltuiError


def say_error(error: MltuiError) -> None:
    print(f"mltui: {literal(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"       {literal(error.hint)}", file=sys.stderr)


def say_fault(error: Exception) -> None:
    import traceback

    traceback.print_exception(error, file=sys.stderr)


def say(text: str) -> None:
    print(literal(text), file=sys.stderr, flush=True)
