"""Has a worker brought up at each start of the machine, and kept: by systemd for the user, else by cron."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mltui.errors import MltuiError, NotFound, Refused
from mltui.operations.acting.told import told
from mltui.operations.acting.worker_need import needs_worker
from mltui.operations.standing.installation import KEY, How, Installation, installations_of, own_installation
from mltui.operations.workspaces import boot_programs as programs
from mltui.operations.workspaces.boot_texts import (
    Boot,
    cron_lines,
    left_out,
    start_script,
    units,
    with_cron_lines,
    without_cron_lines,
)
from mltui.registry import events, meta
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class InstallPlan:
    how: How
    script: Path
    texts: dict[str, str]
    """What is written: path, or `crontab`, → text; of a crontab the lines that are added."""
    remarks: tuple[str, ...]


def plan_installation(workspace: Workspace) -> InstallPlan:
    """Raises `Refused` where there is neither; changes nothing."""
    boot, how = _boot(workspace), _how()
    texts = {str(boot.script): start_script(boot, os.environ)}
    if how == "systemd":
        texts |= {str(boot.units / name): text for name, text in units(boot).items()}
    else:
        texts["crontab"] = "\n".join(cron_lines(boot)) + "\n"
    return InstallPlan(how, boot.script, texts, tuple(_remarks(workspace, how)))


def install_worker(workspace: Workspace) -> InstallPlan:
    """Again, after a move or an update: what was laid down before is written anew."""
    boot, plan = _boot(workspace), plan_installation(workspace)
    _write(boot.script, plan.texts[str(boot.script)])
    boot.script.chmod(0o700)
    if plan.how == "systemd":
        for name, text in units(boot).items():
            _write(boot.units / name, text)
        programs.enable_timer(f"{boot.name}.timer")
    else:
        programs.write_crontab(with_cron_lines(programs.read_crontab(), boot))
    own = Installation(plan.how, workspace.actor.login, str(boot.script))
    _record(workspace, "WorkerInstalled", own)
    return InstallPlan(plan.how, plan.script, plan.texts, tuple(_remarks(workspace, plan.how)))


def uninstall_worker(workspace: Workspace) -> Installation:
    """This person's; raises `NotFound` where nothing was, `Refused` where there are other people's alone."""
    found, others = own_installation(workspace), _of_others(workspace)
    if found is None and others:
        names = " and ".join(each.by for each in others)
        raise Refused(f"{names} installed it, in an account of their own", hint=f"{names} can take it away")
    if found is None:
        raise NotFound("the worker is not installed", hint="mltui worker install does that")
    take_away_boot(workspace, found)
    _record(workspace, "WorkerUninstalled", found)
    return found


def take_away_boot(workspace: Workspace, found: Installation) -> None:
    """The files and lines alone; the workspace's record stays."""
    boot = _boot(workspace)
    if found.how == "systemd":
        programs.disable_timer(f"{boot.name}.timer")
        for name in units(boot):
            (boot.units / name).unlink(missing_ok=True)
    else:
        programs.write_crontab(without_cron_lines(programs.read_crontab(), boot))
    Path(found.script).unlink(missing_ok=True)


def missing_at_boot(workspace: Workspace) -> str:
    """Why nothing would bring the worker back after a restart of the machine, a sentence; empty where something would,
    or nothing needs one."""
    found = own_installation(workspace)
    if found is None:
        is_missed = needs_worker(workspace) and not _of_others(workspace)
        return "nothing starts the worker after a reboot" if is_missed else ""
    try:
        return _missing(_boot(workspace), found)
    except MltuiError as error:
        return error.message


def _missing(boot: Boot, found: Installation) -> str:
    if not Path(found.script).exists():
        return f"{found.script} is gone, so nothing starts the worker after a reboot"
    if found.how == "cron" and not set(cron_lines(boot)) <= set(programs.read_crontab().splitlines()):
        return "its lines are gone from the crontab, so nothing starts the worker after a reboot"
    if found.how == "systemd" and not programs.is_timer_enabled(f"{boot.name}.timer"):
        return "its timer is disabled, so nothing starts the worker after a reboot"
    return ""


def _how() -> How:
    if programs.has_systemd():
        return "systemd"
    if programs.has_cron():
        return "cron"
    raise Refused(
        "neither systemd for the user nor cron is there to start a worker",
        hint="install cron, or have whatever starts programs here call: mltui worker start --if-needed",
        code="nothing_starts_programs",
    )


def _remarks(workspace: Workspace, how: How) -> list[str]:
    missing = left_out(os.environ)
    remarks = [f"left out, because a password may stand in it: {', '.join(missing)}"] if missing else []
    if how == "systemd" and not programs.lingers():
        remarks.append("systemd starts it at your first login only: loginctl enable-linger, as root if need be")
    for each in _of_others(workspace):
        remarks.append(f"{each.how} of {each.by} starts it, too: one worker at a time, whoever looks first")
    return remarks


def _of_others(workspace: Workspace) -> tuple[Installation, ...]:
    known = installations_of(workspace.registry.read())
    return tuple(each for each in known if each.by != workspace.actor.login)


def _boot(workspace: Workspace) -> Boot:
    if any(ord(letter) < 32 for letter in str(workspace.folder)):
        raise Refused(f"{str(workspace.folder)!r} has a name that no crontab can hold", hint="give it a plainer name")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Boot(workspace.folder, workspace.uuid, sys.executable, config)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _record(workspace: Workspace, kind: str, own: Installation) -> None:
    with told(workspace), workspace.registry.write() as tx:
        known = [each for each in installations_of(tx) if each.by != own.by]
        known += [own] if kind == "WorkerInstalled" else []
        meta.put(tx, KEY, json.dumps([asdict(each) for each in known]))
        events.append(tx, kind, "worker", asdict(own), actor=str(workspace.actor), at=workspace.now())
