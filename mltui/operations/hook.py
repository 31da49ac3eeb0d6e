"""Installs the git hooks that ask for a run at each commit or push. A hook only asks, and returns at once."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from mltui.errors import NotFound, Refused
from mltui.operations.commits import git_folder
from mltui.workspace import Workspace

MARK = "# laid down by mltui hook install"
HOOKS = ("post-commit", "post-receive")

_SCRIPT = """#!/bin/sh
{mark}
cd {project} || exit 0
unset $(git rev-parse --local-env-vars)
{revisions}setsid {python} -m mltui --batch --workspace {workspace} train --commit "$revision" \\
    </dev/null >>{log} 2>&1 &
{done}exit 0
"""
_OF_COMMIT = "revision=$(git rev-parse HEAD)\n"
_OF_PUSH = "while read -r before revision name; do\n    case $revision in *[!0]*) ;; *) continue ;; esac\n"


def install_hooks(workspace: Workspace, project_folder: Path) -> list[Path]:
    """Raises `Refused` where a hook of another's stands in the way; that one is left alone."""
    folder = git_folder(project_folder) / "hooks"
    folder.mkdir(exist_ok=True)
    for name in HOOKS:
        path = folder / name
        if path.exists() and MARK not in path.read_text("utf-8", "replace"):
            raise Refused(f"{path} is there already", hint="add `mltui --batch train --commit HEAD` to it yourself")
    return [_write(workspace, project_folder, folder / name) for name in HOOKS]


def remove_hooks(project_folder: Path) -> list[Path]:
    folder = git_folder(project_folder) / "hooks"
    ours = [
        folder / name
        for name in HOOKS
        if (folder / name).exists() and MARK in (folder / name).read_text("utf-8", "replace")
    ]
    if not ours:
        raise NotFound("no hook of mltui is installed here", hint="mltui hook install lays them down")
    for path in ours:
        path.unlink()
    return ours


def hook_script(name: str, *, workspace: Path, project: Path, python: str) -> str:
    is_push = name == "post-receive"
    return _SCRIPT.format(
        mark=MARK,
        project=shlex.quote(str(project)),
        revisions=_OF_PUSH if is_push else _OF_COMMIT,
        python=shlex.quote(python),
        workspace=shlex.quote(str(workspace)),
        log=shlex.quote(str(workspace / "hook.log")),
        done="done\n" if is_push else "",
    )


def _write(workspace: Workspace, project_folder: Path, path: Path) -> Path:
    text = hook_script(path.name, workspace=workspace.folder, project=project_folder.absolute(), python=sys.executable)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path
