"""`mltui demo`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from shlex import quote

from mltui.cli import diagnostics
from mltui.cli.answer import Answer, LookAt, plain
from mltui.cli.call import Call
from mltui.cli.output import print_line
from mltui.operations.demo.removal import remove_demos
from mltui.operations.demo.story import DemoOutcome, run_demo


def demo(call: Call) -> Answer:
    folder = None if call.folder is None else Path(call.folder).expanduser().absolute()
    began = time.monotonic()

    def say(text: str) -> None:
        line = f"{time.monotonic() - began:6.1f} s  {text}"
        diagnostics.say(line) if call.batch else print_line(line)

    if call.remove:
        removed = remove_demos(folder, say=say)
        return Answer({"removed": removed}, [f"{len(removed)} demo{'s' if len(removed) != 1 else ''} taken away"])
    outcome = run_demo(sample=call.sample, engine=call.engine, folder=folder, say=say)
    look_at = None if call.no_tui else LookAt(outcome.workspace, ("release", outcome.release))
    return Answer(plain(outcome), _next(outcome, is_elsewhere=folder is not None), look_at=look_at)


def _next(outcome: DemoOutcome, *, is_elsewhere: bool) -> list[str]:
    """`uv` says through `UV` that it started us."""
    program = f"{'uv run ' if os.environ.get('UV') else ''}mltui"
    command = f"{program} --workspace {quote(str(outcome.workspace))}"
    remove = f"{program} demo --remove" + (f" --folder {quote(str(outcome.folder))}" if is_elsewhere else "")
    return [
        "",
        f"{outcome.live} answers at http://{outcome.endpoint}/predict, {outcome.waiting} waits for your decision:",
        f"  {command} release show {outcome.release}",
        f"  {command} approve {outcome.waiting} --evidence {outcome.evidence[:64]} --follow",
        "and when you want the old one back:",
        f"  {command} rollback",
        "everything away again:",
        f"  {remove}",
    ]
