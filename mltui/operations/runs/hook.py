"""Installs the git hooks that ask for a run at each commit or push. A hook only asks, and returns at once."""

from __future__ import annotations

import shlex
import stat
import sys
from contextlib import suppress
from pathlib import Path

from mltui.errors import NotFound, Refused
from mltui.operations.runs.commits import hooks_folder, is_bare, unconfigure
from mltui.operations.runs.places_in_repository import place_in_repository
from mltui.workspace import Workspace

MARK = "# laid down by mltui hook install"
HOOKS = ("post-commit", "post-receive")
LOG_FILE = "hook.log"

SCRIPTS = "mltui"
"""Folder beside the hooks, with a script for each project of the repository."""

_HOOK = """#!/bin/sh
{mark}
given={given}
for each in "$(dirname "$0")/{scripts}"/*.{name}; do
    [ -x "$each" ] && printf '%s\\n' "$given" | "$each"
done
exit 0
"""
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
_TOUCHED_BY_COMMIT = '[ -n "$(git diff-tree --root -m -r --no-commit-id --name-only HEAD -- {place})" ] || exit 0\n'
_OF_PUSH = """while read -r before revision name; do
    case $name in refs/heads/*) ;; *) continue ;; esac
    case $revision in *[!0]*) ;; *) continue ;; esac
{touched}    ask "$revision"
done
"""
_TOUCHED_BY_PUSH = """\
    case $before in *[!0]*) [ -n "$(git log -n 1 --format=%H "$before..$revision" -- {place})" ] || continue ;; esac
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
    (folder / SCRIPTS).mkdir(exist_ok=True)
    place = _place(workspace, project_folder)
    return [_write(workspace, project_folder, folder / name, place=place) for name in wanted]


def remove_hooks(project_folder: Path) -> list[Path]:
    """Those of this project, and what called them where no other project of the repository is left."""
    ours = _scripts(project_folder, f"\ncd {shlex.quote(str(project_folder.absolute()))} ")
    if not ours:
        raise NotFound("no hook of mltui is installed here", hint="mltui hook install lays them down")
    return _remove(project_folder, ours)


def forget_workspace(project_folder: Path, workspace: Path) -> None:
    """Takes the hooks that ask that workspace, and the clone's pointer to it, out of the repository."""
    _remove(project_folder, _scripts(project_folder, f"--workspace {shlex.quote(str(workspace))} "))
    unconfigure(project_folder, workspace=workspace)


def _place(workspace: Workspace, project_folder: Path) -> str:
    try:
        return place_in_repository(project_folder, "HEAD", project=workspace.project_name)
    except NotFound:
        return ""  # nothing is committed there yet


def _scripts(project_folder: Path, words: str) -> list[Path]:
    found = sorted((hooks_folder(project_folder) / SCRIPTS).glob("*.*"))
    return [path for path in found if words in path.read_text("utf-8", "replace")]


def _remove(project_folder: Path, scripts: list[Path]) -> list[Path]:
    folder, gone = hooks_folder(project_folder), list(scripts)
    for path in scripts:
        path.unlink()
    for hook in (folder / name for name in HOOKS):
        is_ours = hook.exists() and MARK in hook.read_text("utf-8", "replace")
        if is_ours and not list((folder / SCRIPTS).glob(f"*.{hook.name}")):
            hook.unlink()
            gone.append(hook)
    with suppress(OSError):  # there is none, or it holds another project's
        (folder / SCRIPTS).rmdir()
    return gone


def hook_script(name: str, *, workspace: Path, project: Path, python: str, place: str = "") -> str:
    """Of one project; with a `place` in the repository it asks only for what touches a file there.

    `-P` keeps the modules of the project, whose folder is the current one, out of ours.
    """
    is_push, here = name == "post-receive", shlex.quote(f":(top,literal){place}")
    touched = (_TOUCHED_BY_PUSH if is_push else _TOUCHED_BY_COMMIT).format(place=here) if place else ""
    return _SCRIPT.format(
        mark=MARK,
        project=shlex.quote(str(project)),
        python=shlex.quote(python),
        workspace=shlex.quote(str(workspace)),
        log=shlex.quote(str(workspace / LOG_FILE)),
        asking=_OF_PUSH.format(touched=touched) if is_push else touched + _OF_COMMIT,
    )


def _write(workspace: Workspace, project_folder: Path, hook: Path, *, place: str) -> Path:
    folder, python = project_folder.absolute(), sys.executable
    text = hook_script(hook.name, workspace=workspace.folder, project=folder, python=python, place=place)
    given = "$(cat)" if hook.name == "post-receive" else ""
    calling = _HOOK.format(mark=MARK, given=given, scripts=SCRIPTS, name=hook.name)
    for path, content in ((hook.parent / SCRIPTS / f"{workspace.uuid}.{hook.name}", text), (hook, calling)):
        path.write_text(content, "utf-8")
        path.chmod(0o755)
    return hook


def _lay_down_log(workspace: Path) -> None:
    """Whoever of the group pushes first must not be the only one who can write it."""
    log = workspace / LOG_FILE
    log.touch()
    if workspace.stat().st_mode & stat.S_IWGRP and log.owner() == workspace.owner():
        log.chmod(0o660)
