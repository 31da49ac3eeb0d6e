"""What brings the worker up with the machine, as texts: a script, and the cron lines or units that call it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mltui.operations.acting.wake import worker_environment

_SCRIPT = """#!/bin/sh
# laid down by mltui worker install; mltui worker uninstall takes it away
cd / || exit 1
{exports}exec {python} -P -m mltui --batch --workspace {folder} worker start --if-needed
"""
_SERVICE = """[Unit]
Description={title}

[Service]
Type=oneshot
ExecStart=/bin/sh {script}
KillMode=process
"""
_TIMER = """[Unit]
Description={title}

[Timer]
OnStartupSec=5
OnCalendar=minutely
AccuracySec=5

[Install]
WantedBy=timers.target
"""
_OF_A_LOGIN = {"HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "VIRTUAL_ENV"}


@dataclass(frozen=True, slots=True)
class Boot:
    """One workspace, and how its worker is started."""

    folder: Path
    uuid: str
    python: str
    """Absolute path of the interpreter that has mltui."""
    config: Path
    """The person's own configuration folder: nobody else may write what runs as them."""

    @property
    def name(self) -> str:
        return f"mltui-worker-{self.uuid[:8]}"

    @property
    def script(self) -> Path:
        return self.config / "mltui" / f"{self.name}.sh"

    @property
    def units(self) -> Path:
        return self.config / "systemd" / "user"


def start_script(boot: Boot, environment: Mapping[str, str]) -> str:
    """Starts the worker where it is needed and not there; cron and systemd give it next to no environment."""
    kept = kept_environment(environment)
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(kept.items()))
    folder = shlex.quote(str(boot.folder))
    return _SCRIPT.format(exports=exports, python=shlex.quote(boot.python), folder=folder)


def kept_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What a worker gets from a person's shell, without what belongs to one login or may hold a password."""
    return {
        name: value
        for name, value in worker_environment(dict(environment)).items()
        if name not in _OF_A_LOGIN and not name.startswith("XDG_") and not _may_hold_a_password(value)
    }


def left_out(environment: Mapping[str, str]) -> list[str]:
    """Names of variables that a worker would get but for a password that may stand in them."""
    known = worker_environment(dict(environment))
    return sorted(name for name, value in known.items() if name not in _OF_A_LOGIN and _may_hold_a_password(value))


def _may_hold_a_password(value: str) -> bool:
    return "://" in value and "@" in value


def cron_lines(boot: Boot) -> list[str]:
    """At each start, and each minute in case the worker died. In a crontab `%` is a line's end unless escaped."""
    call = f"/bin/sh {shlex.quote(str(boot.script))} >/dev/null 2>&1 {_mark(boot)} of {boot.folder}".replace("%", r"\%")
    return [f"@reboot {call}", f"* * * * * {call}"]


def with_cron_lines(crontab: str, boot: Boot) -> str:
    """Other people's lines stay as they are."""
    kept = without_cron_lines(crontab, boot)
    return "\n".join([*kept.splitlines(), *cron_lines(boot)]) + "\n"


def without_cron_lines(crontab: str, boot: Boot) -> str:
    kept = [line for line in crontab.splitlines() if f" {_mark(boot)} of " not in line]
    return "\n".join(kept) + "\n" if kept else ""


def units(boot: Boot) -> dict[str, str]:
    """File names and texts of the service and its timer."""
    title = _unit_text(f"mltui worker of {boot.folder}")
    script = f'"{_unit_text(str(boot.script))}"'
    return {
        f"{boot.name}.service": _SERVICE.format(title=title, script=script),
        f"{boot.name}.timer": _TIMER.format(title=title),
    }


def _unit_text(text: str) -> str:
    """As systemd.syntax(7) wants it between double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")


def _mark(boot: Boot) -> str:
    return f"# {boot.name}"
