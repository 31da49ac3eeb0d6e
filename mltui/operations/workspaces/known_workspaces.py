"""The workspaces on this host that the usual places hold. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mltui.errors import MltuiError
from mltui.workspace import REGISTRY_FILE, Workspace, states_folder


@dataclass(frozen=True, slots=True)
class KnownWorkspace:
    folder: Path
    project: str
    """Empty when it cannot be opened."""
    live: str
    """What answers in the environment that releases lead to, for instance `v7`; empty when nothing does."""
    problem: str
    """Why it cannot be opened; empty where it can."""


def known_workspaces() -> tuple[KnownWorkspace, ...]:
    """Those of the person's own projects, then those of demos."""
    own = states_folder().glob(f"*/{REGISTRY_FILE}")
    demos = (states_folder().parent / "mltui-demos").glob(f"*/workspace/{REGISTRY_FILE}")
    return tuple(_known(path.parent) for path in (*sorted(own), *sorted(demos)))


def _known(folder: Path) -> KnownWorkspace:
    from mltui.domain.names import version_name
    from mltui.operations.standing.overview import overview

    try:
        workspace = Workspace.open(folder)
        try:
            found = overview(workspace)
        finally:
            workspace.close()
    except MltuiError as error:
        return KnownWorkspace(folder, "", "", error.message)
    live = next((each.live for each in found.environments if each.live is not None), None)
    return KnownWorkspace(folder, found.project, version_name(live.version_id) if live else "", "")
