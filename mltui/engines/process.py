"""The process engine: containers as local processes, each under a shim that outlives whoever started it.

Nothing is kept in memory. What there is to know stands in `<state folder>/<name>/`, so any number of engines over one
folder agree, and a new one takes up what another left.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import stat
import sys
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import mltui.engines.process_state as process_state
from mltui.engines.base import (
    IMAGE_MISSING,
    ContainerSpec,
    EngineReport,
    Image,
    ImageRecipe,
    LogLine,
    State,
    Status,
    is_foreign,
    require_sources,
)
from mltui.engines.process_images import ProcessImages, interpreter_version
from mltui.engines.process_logs import follow
from mltui.engines.process_shims import ask_to_stop, await_end, start_shim
from mltui.errors import Conflict, NotFound, Refused, UsageError, WorkFailed
from mltui.processes import is_stopped

UNENFORCED = frozenset({"network", "memory", "cpus", "pids", "read_only", "user", "gpus"})
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_STOP_GRACE_SECONDS = 5.0


class ProcessEngine:
    name = "process"
    unenforced = UNENFORCED

    def __init__(self, state_folder: Path, *, python: Path = Path(sys.executable)) -> None:
        self._folder = state_folder.absolute()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._python = python
        self._images = ProcessImages(self._folder / ".images", python=python)
        self.owner = (os.geteuid(), os.getegid())

    def check(self) -> EngineReport:
        version = f"{platform.python_implementation()} {interpreter_version(self._python).split()[0]}"
        memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return EngineReport(self.name, version, len(os.sched_getaffinity(0)), memory_bytes)

    def image_key(self, recipe: ImageRecipe) -> str:
        return self._images.key(recipe)

    def find_image(self, recipe: ImageRecipe) -> str | None:
        return self._images.find(recipe)

    def build(self, recipe: ImageRecipe, *, on_line: Callable[[str], None]) -> str:
        if self._images.find(recipe) is None:
            on_line(f"{recipe.name}: nothing is built, the process engine uses {self._python} as it is")
        return self._images.make(recipe)

    def has_image(self, image_id: str) -> bool:
        return self._images.has(image_id)

    def images(self) -> Sequence[Image]:
        """None: a note takes no room."""
        return ()

    def give_up_images(self, owner: str, *, only: Collection[str] | None = None) -> Sequence[str]:
        in_use = {status.image_id for status in self.list({})}
        return self._images.give_up(owner, in_use=in_use, only=only)

    def start(self, spec: ContainerSpec) -> Status:
        folder = self._folder_of(spec.name)
        with _disk_errors(f"start {spec.name}"), self._lock() as lock:
            found = process_state.read_status(folder)
            if found.state is State.ABSENT:
                self._create(folder, spec)
            elif is_foreign(found, spec):
                raise Conflict(f"a process {spec.name} is there already, and not of this workspace")
            if found.state in (State.ABSENT, State.CREATED):
                self._start_created(folder, lock)
        return self.status(spec.name)

    def _create(self, folder: Path, spec: ContainerSpec) -> None:
        if not self.has_image(spec.image):
            raise WorkFailed(
                f"{spec.name} cannot start: there is no image {spec.image}",
                hint="Build the image again from its recipe.",
                code=IMAGE_MISSING,
            )
        require_sources(spec)
        process_state.create(folder, spec, python=self._python)

    def _start_created(self, folder: Path, lock: int) -> None:
        try:
            start_shim(folder, generation=1, lock=lock)
        except WorkFailed:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def status(self, name: str) -> Status:
        with _disk_errors(f"read the state of {name}"):
            return process_state.read_status(self._folder_of(name))

    def logs(self, name: str, *, after_nanoseconds: int = 0) -> Iterator[LogLine]:
        self._require(name)
        yield from follow(
            self._folder_of(name),
            after_nanoseconds=after_nanoseconds,
            is_running=lambda: self.status(name).state is State.RUNNING,
        )

    def wait(self, name: str, *, timeout_seconds: float) -> Status:
        deadline = time.monotonic() + timeout_seconds
        while True:
            status, left = self.status(name), deadline - time.monotonic()
            running = process_state.read_running(self._folder_of(name))
            if status.state is not State.RUNNING or running is None or left <= 0:
                return status
            await_end(running, timeout_seconds=left)

    def restart(self, name: str) -> Status:
        folder = self._folder_of(name)
        with _disk_errors(f"start {name} again"), self._lock() as lock:
            if self._require(name).state is not State.RUNNING:
                running = process_state.read_running(folder)
                start_shim(folder, generation=running.generation + 1 if running else 1, lock=lock)
        return self.status(name)

    def stop(self, name: str, *, timeout_seconds: float = 10) -> Status:
        folder = self._folder_of(name)
        running = process_state.read_running(folder)
        if running is None or not running.is_alive:
            return self.status(name)
        with suppress(OSError):
            process_state.set_stop_timeout(folder, timeout_seconds)
        with _disk_errors(f"stop {name}"):
            ask_to_stop(running)
        is_deaf = is_stopped(running.pid)
        status = self.wait(name, timeout_seconds=0 if is_deaf else timeout_seconds + _STOP_GRACE_SECONDS)
        if status.state is State.RUNNING:
            process_state.end_session(running)
            status = self.wait(name, timeout_seconds=_STOP_GRACE_SECONDS)
        return status

    def set_restart_policy(self, name: str, policy: Literal["no", "always"]) -> None:
        self._require(name)
        with _disk_errors(f"set the restart policy of {name}"):
            process_state.set_policy(self._folder_of(name), policy)

    def remove(self, name: str) -> None:
        self.stop(name, timeout_seconds=0)
        doomed = self._folder / f".old.{uuid.uuid4().hex}"
        with _disk_errors(f"remove {name}"), self._lock():
            running = process_state.read_running(self._folder_of(name))
            if running is not None and running.is_alive:
                process_state.end_session(running)
            with suppress(FileNotFoundError):
                self._folder_of(name).rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)

    def list(self, labels: Mapping[str, str]) -> list[Status]:
        names = sorted(path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        found = [self.status(name) for name in names]
        return [one for one in found if one.state is not State.ABSENT and labels.items() <= one.labels.items()]

    def _require(self, name: str) -> Status:
        status = self.status(name)
        if status.state is State.ABSENT:
            raise NotFound(f"there is no process {name}", hint="It may have been removed by hand.")
        return status

    def _folder_of(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot be the name of a process", hint="Letters, digits, `_`, `.` and `-`.")
        return self._folder / name

    @contextmanager
    def _lock(self) -> Iterator[int]:
        """One starter at a time, over threads and processes; the descriptor can be handed on."""
        path = self._folder / ".lock"
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if os.fstat(fd).st_uid == os.geteuid():
                os.fchmod(fd, stat.S_IMODE(self._folder.stat().st_mode) & 0o666)
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield fd
        finally:
            os.close(fd)


@contextmanager
def _disk_errors(doing: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise Refused(f"could not {doing}: {error}", hint="It belongs to another user; ask them, or root.") from error
    except OSError as error:
        raise WorkFailed(f"could not {doing}: {error}", hint="Look at the workspace's disk.") from error
