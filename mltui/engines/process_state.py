"""The folder of one process: what was asked for, what its shim wrote, and how it therefore stands."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mltui.engines.base import ContainerSpec, State, Status
from mltui.engines.process_launch import launch_of, lay_mounts
from mltui.engines.process_records import boot_id, pids, read_json, write_json
from mltui.processes import start_ticks, stat_fields


@dataclass(frozen=True, slots=True)
class Running:
    """What the shim wrote when it took up its work: itself, its program, and the boot they belong to."""

    generation: int
    boot_id: str
    pid: int
    start_ticks: int
    program_pid: int

    @property
    def is_alive(self) -> bool:
        return self.boot_id == boot_id() and start_ticks(self.pid) == self.start_ticks


def create(folder: Path, spec: ContainerSpec, *, python: Path) -> None:
    """All or nothing: the folder appears under its name when it is complete."""
    new = folder.with_name(f".new.{uuid.uuid4().hex}")
    try:
        _make_folder(new)
        for name in ("home", "root"):
            _make_folder(new / name)
        _write(new / "spec.json", {"id": uuid.uuid4().hex, "image": spec.image, "labels": dict(spec.labels)})
        _write(new / "policy.json", spec.restart)
        _write(new / "launch.json", launch_of(spec, folder=folder, python=python, environment=os.environ))
        lay_mounts(spec.mounts, root=new / "root")
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _make_folder(folder: Path) -> None:
    """With the mode of the folder above, whatever the umask: a shared workspace stays shared."""
    folder.mkdir()
    folder.chmod(stat.S_IMODE(folder.parent.stat().st_mode))


def _write(path: Path, value: Any) -> None:
    write_json(str(path), value)
    path.chmod(stat.S_IMODE(path.parent.stat().st_mode) & 0o666)


def set_policy(folder: Path, policy: Literal["no", "always"]) -> None:
    _write(folder / "policy.json", policy)


def set_stop_timeout(folder: Path, timeout_seconds: float) -> None:
    _write(folder / "stop.json", {"timeout_seconds": timeout_seconds})


def read_running(folder: Path) -> Running | None:
    record = read_json(str(folder / "running.json"))
    if record is None:
        return None
    return Running(**{name: record[name] for name in ("generation", "boot_id", "pid", "start_ticks", "program_pid")})


def read_status(folder: Path) -> Status:
    """Settles what nobody will write any more: a shim that is gone without an exit leaves `exit_code` None."""
    spec = read_json(str(folder / "spec.json"))
    if spec is None:
        return Status(folder.name, State.ABSENT)
    running = read_running(folder)
    if running is None:
        return _status(folder, spec, State.CREATED)
    if running.is_alive:
        return _status(folder, spec, State.RUNNING, peak_memory_bytes=_peak_so_far(running.program_pid))
    ended = read_json(str(_exit_path(folder, running))) or _settle_lost(folder, running)
    code, peak = ended["exit_code"], ended["peak_memory_bytes"]
    return _status(folder, spec, State.EXITED, exit_code=code, peak_memory_bytes=peak)


def _status(folder: Path, spec: Mapping[str, Any], state: State, **more: int | None) -> Status:
    return Status(
        name=folder.name,
        state=state,
        container_id=spec["id"],
        image_id=spec["image"],
        labels=spec["labels"],
        exit_code=more.get("exit_code"),
        peak_memory_bytes=more.get("peak_memory_bytes"),
    )


def _exit_path(folder: Path, running: Running) -> Path:
    return folder / f"exit.{running.generation}.json"


def _settle_lost(folder: Path, running: Running) -> dict[str, int | None]:
    end_session(running)
    lost: dict[str, int | None] = {"exit_code": None, "peak_memory_bytes": None}
    with contextlib.suppress(OSError):
        _write(_exit_path(folder, running), lost)
    return lost


def end_session(running: Running) -> None:
    """Kills the shim, if it lives, and what is left of its session; nothing when the machine was booted since."""
    if running.boot_id != boot_id():
        return
    for pid in pids():
        fields = stat_fields(pid)
        if fields is not None and int(fields[3]) == running.pid and int(fields[19]) >= running.start_ticks:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _peak_so_far(pid: int) -> int | None:
    """High-water mark of resident memory; None while the program is between two starts."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines = [line for line in text.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) * 1024 if lines else None
