"""Installs the git hooks that ask for a run at each commit or push. A hook only asks, and returns at once."""

from __future__ import annotations

import shlex
import stat
import sys
from pathlib import Path

from mltui.errors import NotFound, Refused
from mltui.operations.commits import hooks_folder, is_bare, unconfigure
from mltui.workspace import Workspace

MARK = "# laid down by mltui hook install"
HOOKS = ("post-commit", "post-receive")
LOG_FILE = "hook.log"

_SCRIPT = """#!/bin/sh
{mark}
cd {project} || exit 0
unset $(git rev-parse --local-env-vars)
ask() {{
    setsid {python} -P -m mltui --batch --workspace {workspace} train --commit "$1" </dev/null >>{log} 2>&1 &
}}
{asking}exit 0
"""
_OF_COMMIT = 'ask "$(git rev-parse HEAD)"\n'
_OF_PUSH = """while read -r before revision name; do
    case $name in refs/heads/*) ;; *) continue ;; esac
    case $revision in *[!0]*) ;; *) continue ;; esac
    ask "$revision"
done
"""


def install_hooks(workspace: Workspace, project_folder: Path) -> list[Path]:
    """Raises `Refused` where a hook of another's stands in the way; that one is left alone."""
    folder = hooks_folder(project_folder)
    folder.mkdir(exist_ok=True)
    wanted = ("post-receive",) if is_bare(project_folder) else HOOKS
    for name in wanted:
        path = folder / name
        if path.exists() and MARK not in path.read_text("utf-8", "replace"):
            raise Refused(f"{path} is there already", hint="add `mltui --batch train --commit HEAD` to it yourself")
    _lay_down_log(workspace.folder)
    return [_write(workspace, project_folder, folder / name) for name in wanted]


def remove_hooks(project_folder: Path) -> list[Path]:
    ours = _installed(project_folder, MARK)
    if not ours:
        raise NotFound("no hook of mltui is installed here", hint="mltui hook install lays them down")
    for path in ours:
        path.unlink()
    return ours


def forget_workspace(project_folder: Path, workspace: Path) -> None:
    """Takes the hooks that ask that workspace, and the clone's pointer to it, out of the repository."""
    for path in _installed(project_folder, f"--workspace {shlex.quote(str(workspace))} "):
        path.unlink()
    unconfigure(project_folder, workspace=workspace)


def _installed(project_folder: Path, words: str) -> list[Path]:
    paths = [hooks_folder(project_folder) / name for name in HOOKS]
    return [path for path in paths if path.exists() and words in path.read_text("utf-8", "replace")]


def hook_script(name: str, *, workspace: Path, project: Path, python: str) -> str:
    """`-P` keeps the modules of the project, whose folder is the current one, out of ours."""
    return _SCRIPT.format(
        mark=MARK,
        project=shlex.quote(str(project)),
        python=shlex.quote(python),
        workspace=shlex.quote(str(workspace)),
        log=shlex.quote(str(workspace / LOG_FILE)),
        asking=_OF_PUSH if name == "post-receive" else _OF_COMMIT,
    )


def _write(workspace: Workspace, project_folder: Path, path: Path) -> Path:
    text = hook_script(path.name, workspace=workspace.folder, project=project_folder.absolute(), python=sys.executable)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def _lay_down_log(workspace: Path) -> None:
    """Whoever of the group pushes first must not be the only one who can write it."""
    log = workspace / LOG_FILE
    log.touch()
    if workspace.stat().st_mode & stat.S_IWGRP and log.owner() == workspace.owner():
        log.chmod(0o660)
