"""The workspace: registry, store, policy and engines opened as one value that is passed by argument."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.config.pointer import configured_workspace, run_git
from mltui.domain.actor import Actor
from mltui.errors import MltuiError, NotFound, Refused
from mltui.registry import Registry, meta
from mltui.registry.translation import DISK

if TYPE_CHECKING:
    from mltui.domain.policy import Policy
    from mltui.engines.base import Engine
    from mltui.store import Store

REGISTRY_FILE = "registry.db"
WORKER_LOG_FILE = "worker.log"
RESERVE_FILE = "reserve"
RESERVE_BYTES = 16 * 1024 * 1024
"""Held back so that a rollback still works when the disk is full."""
_FULL_BYTES, _ROOMY_BYTES = RESERVE_BYTES // 2, 8 * RESERVE_BYTES
"""Free space below which the reserve is given up, and from which it is laid down again."""
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs"}


def utc_now() -> datetime:
    return datetime.now(UTC)


def free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


@dataclass
class Workspace:
    """One opened workspace. Safe to use from several threads."""

    folder: Path
    registry: Registry
    actor: Actor
    now: Callable[[], datetime] = utc_now
    free_bytes: Callable[[Path], int] = free_bytes
    _engines: dict[str, Engine] = field(default_factory=dict)
    _traffic_locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, folder: Path, *, now: Callable[[], datetime] = utc_now) -> Workspace:
        """Raises `NotFound` where there is no workspace, `Refused` where it is closed to the person.

        What the process makes from here on is as shared as it is.
        """
        _require_workspace(folder)
        keep_shared(folder)
        return cls(folder=folder, registry=_open_registry(folder), actor=current_actor(), now=now)

    @cached_property
    def uuid(self) -> str:
        return meta.workspace_uuid(self.registry.read())

    @cached_property
    def project_name(self) -> str:
        return meta.project(self.registry.read())

    @cached_property
    def store(self) -> Store:
        from mltui.store import Store

        return Store(self.folder / "store")

    def policy(self) -> Policy:
        """Read anew each time; raises `ConfigInvalid`."""
        from mltui.config.policy import read_policy

        return read_policy(self.folder)

    def engine(self, name: str) -> Engine:
        """The engine of that name, `docker` or `process`."""
        from mltui.engines import open_engine

        with self._lock:
            if name not in self._engines:
                self._engines[name] = open_engine(name, state_folder=self.processes_folder)
            return self._engines[name]

    def traffic_lock(self, environment: str) -> threading.Lock:
        """Held while weights and registry of an environment move, so that no two motions mix."""
        with self._lock:
            return self._traffic_locks.setdefault(environment, threading.Lock())

    @property
    def runs_folder(self) -> Path:
        return self.folder / "runs"

    @property
    def sockets_folder(self) -> Path:
        """Working directory of gateways and servers."""
        return self.folder / "run"

    @property
    def processes_folder(self) -> Path:
        return self.folder / "processes"

    def run_folder(self, run_id: int) -> Path:
        return self.runs_folder / str(run_id)

    def container_name(self, what: str) -> str:
        """`what` is for instance `run-41-train.1` or `d18.1`."""
        return f"mltui-{self.uuid[:8]}-{what}"

    def try_lay_reserve(self) -> None:
        """Where it is missing and there is room."""
        path = self.folder / RESERVE_FILE
        if not path.exists() and self.free_bytes(self.folder) >= _ROOMY_BYTES:
            with contextlib.suppress(OSError), path.open("wb") as reserve:
                os.posix_fallocate(reserve.fileno(), 0, RESERVE_BYTES)

    def give_up_reserve(self) -> None:
        """On a full disk the reserve makes room for the rows of a rollback, a stop or a start."""
        if self.free_bytes(self.folder) < _FULL_BYTES:
            _give_up_reserve(self.folder)

    def close(self) -> None:
        self.registry.close()


def _open_registry(folder: Path) -> Registry:
    """On a full disk SQLite has no room for the files that it reads with; then the reserve is given up first."""
    try:
        return Registry.open(folder / REGISTRY_FILE)
    except MltuiError as error:
        if error.code != DISK or free_bytes(folder) >= _FULL_BYTES or not _give_up_reserve(folder):
            raise
    return Registry.open(folder / REGISTRY_FILE)


def _give_up_reserve(folder: Path) -> bool:
    """Whether there was one."""
    try:
        (folder / RESERVE_FILE).unlink()
    except FileNotFoundError:
        return False
    return True


def keep_shared(folder: Path) -> None:
    """In a workspace of a group, the group may write what this process makes, whatever the umask was."""
    if folder.is_dir() and folder.stat().st_mode & stat.S_IWGRP:
        os.umask(0o002)


def current_actor() -> Actor:
    """Login of the real user id, with the one who used sudo beside it."""
    import pwd

    uid = os.getuid()
    try:
        login = pwd.getpwuid(uid).pw_name
    except KeyError:
        login = f"uid-{uid}"
    sudo_user = os.environ.get("SUDO_USER")
    return Actor(login=login, sudo_user=sudo_user if sudo_user != login else None)


def states_folder() -> Path:
    """Where workspaces live that nobody put elsewhere."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "mltui"


def locate(flag: str | None, *, directory: Path) -> Path:
    """The workspace's folder: by flag, `MLTUI_WORKSPACE`, the clone's git configuration, else by the project's name.

    Raises `NotFound` when none of these leads to one, `Refused` where it is closed to the person.
    """
    named = flag or os.environ.get("MLTUI_WORKSPACE") or configured_workspace(directory)
    if named:
        folder = Path(named).expanduser().absolute()
        _require_workspace(folder)
        return folder
    return _by_project_name(directory)


def is_workspace(folder: Path) -> bool:
    """Raises `Refused` where the folder is closed to the person."""
    try:
        return (folder / REGISTRY_FILE).exists()
    except PermissionError:
        raise Refused(
            f"{folder} belongs to another user and is closed to you",
            hint="ask its owner to add you to its group; mltui init --group makes a workspace that a group shares",
            code="workspace_closed",
        ) from None


def refuse_unfit_place(folder: Path) -> None:
    """Raises `Refused` for a folder inside of a git repository, or on a network file system."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    repository = run_git(existing, "rev-parse", "--absolute-git-dir")
    if repository:
        raise Refused(
            f"{folder} lies under git, in the repository {repository}",
            hint="a workspace lives outside of a commit's reach: name another folder",
        )
    kind = _file_system(existing)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise Refused(
            f"{folder} is on a network file system ({kind})",
            hint="SQLite's locks need a local disk: name another folder",
        )


def _require_workspace(folder: Path) -> None:
    if not is_workspace(folder):
        raise NotFound(f"there is no workspace in {folder}", hint=f"mltui init --workspace {folder} makes one")


def _by_project_name(directory: Path) -> Path:
    for parent in (directory, *directory.parents):
        if (parent / "mltui.toml").exists():
            folder = states_folder() / _project_name(parent)
            if is_workspace(folder):
                return folder
            raise NotFound(f"the project in {parent} has no workspace yet", hint="mltui init makes one")
    raise NotFound(
        f"{directory} belongs to no project and no workspace is named",
        hint="go to a project, where mltui init makes one, or name one with --workspace or MLTUI_WORKSPACE",
    )


def _project_name(folder: Path) -> str:
    """Without a look at the rest of the file, which takes longer than the answer that is looked for."""
    import tomllib

    try:
        name = str(tomllib.loads((folder / "mltui.toml").read_text("utf-8"))["project"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        name = ""
    if name and "/" not in name:
        return name
    from mltui.config.project import read_project

    return read_project(folder).name  # says where the mistake is


def _file_system(path: Path) -> str:
    best, kind = "", ""
    for line in Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines():
        _, mount_point, file_system, *_ = line.split(" ")
        point = mount_point.replace("\\040", " ")
        if str(path).startswith(point) and len(point) >= len(best):
            best, kind = point, file_system
    return kind
