"""Writes the log of a run into a file."""

from __future__ import annotations

from pathlib import Path

from mltui.errors import Refused
from mltui.operations.runs.run_log import log_lines
from mltui.operations.standing.state import run_state
from mltui.workspace import Workspace


def save_log(workspace: Workspace, run: str, *, folder: Path) -> Path:
    """The file, `run-41.log` in that folder; one of that name is written anew. Raises `Refused`."""
    number = run_state(workspace, run).run.id
    path = folder / f"run-{number}.log"
    text = "".join(f"{line.step:<9} {line.text}\n" for line in log_lines(workspace, number))
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Refused(
            f"the log cannot be written to {path}: {error}", hint="start mltui in a folder of yours"
        ) from error
    return path
