"""Takes a workspace away: worker, containers, processes, images, files."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from mltui.engines.base import LABEL_WORKSPACE
from mltui.errors import MltuiError, Refused, Unreachable
from mltui.operations.acting.wake import kill_worker, stop_worker
from mltui.operations.standing.installation import own_installation
from mltui.operations.workspaces.install_worker import take_away_boot
from mltui.registry import meta
from mltui.workspace import Workspace


def take_away(workspace: Workspace, *, named: str) -> None:
    """`named` is the project's name as a person typed it; its history, models and data are gone afterwards.

    Raises `Refused` where the name is another, `Unreachable`, with nothing touched, where an engine does not answer.
    """
    if named != workspace.project_name:
        raise Refused(
            f"{workspace.folder} is the workspace of project {workspace.project_name}, not of {named}",
            hint=f"mltui workspace remove {workspace.project_name} takes its models, data and history away for good",
        )
    end_all(workspace)
    remove_folder(workspace.folder)


def end_all(workspace: Workspace) -> None:
    """Asks the engines first, so that all is ended or nothing touched; no policy has to be readable.

    The workspace is closed afterwards.
    """
    mine = {LABEL_WORKSPACE: workspace.uuid}
    try:
        engines = [workspace.engine(name) for name in meta.engines(workspace.registry.read())]
        for engine in engines:
            engine.list(mine)
        _take_away_boot(workspace)
        if not (stop_worker(workspace) or kill_worker(workspace)):
            raise Unreachable("its worker cannot be ended", hint="mltui worker status tells when it is gone")
        for engine in engines:
            for status in engine.list(mine):
                engine.remove(status.name)
            engine.give_up_images(workspace.uuid)
    except MltuiError as error:
        raise Unreachable(
            f"{workspace.folder} cannot be taken away: {error.message}", hint=error.hint or "start the engine first"
        ) from error
    finally:
        workspace.close()


def _take_away_boot(workspace: Workspace) -> None:
    """What starts its worker with the machine, where that is this person's; else its script finds nothing to start."""
    found = own_installation(workspace)
    if found is not None:
        with suppress(MltuiError):
            take_away_boot(workspace, found)


def remove_folder(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise Refused(f"{folder} cannot be removed: {error}", hint="remove what is left of it as its owner") from error
