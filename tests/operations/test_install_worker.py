"""What brings the worker up with the machine: a script, and lines or units that call it; nobody else's is touched."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from operations.test_overview import go_live

from mltui.cli.main import run
from mltui.domain.actor import Actor
from mltui.errors import NotFound, Refused
from mltui.operations.acting.wake import wake_socket
from mltui.operations.acting.worker_need import needs_worker
from mltui.operations.workspaces.boot_texts import (
    Boot,
    cron_lines,
    kept_environment,
    left_out,
    start_script,
    units,
    with_cron_lines,
    without_cron_lines,
)
from mltui.operations.workspaces.install_worker import install_worker, missing_at_boot, uninstall_worker
from mltui.processes import start_ticks
from mltui.registry import events
from mltui.registry import worker as heartbeat
from mltui.registry.meta import put
from mltui.workspace import Workspace

BOOT = Boot(Path("/srv/ml tui's/100%"), "1a2b3c4d-0000", "/opt/a b/bin/python", Path("/home/ann/.config"))
OTHERS = "MAILTO=ann@example.org\n0 4 * * * backup --all # mltui\n"


def test_the_script_names_all_by_whole_paths_and_is_a_script() -> None:
    text = start_script(BOOT, {"LANG": "de_DE.UTF-8", "PATH": "/opt/it's here:/bin"})
    assert text.startswith("#!/bin/sh\n")
    assert subprocess.run(["/bin/sh", "-n"], input=text.encode()).returncode == 0
    *_, exports, last = text.splitlines()
    assert shlex.split(exports) == ["export", "PATH=/opt/it's here:/bin"]
    assert shlex.split(last) == [
        "exec", "/opt/a b/bin/python", "-P", "-m", "mltui", "--batch", "--workspace", "/srv/ml tui's/100%",
        "worker", "start", "--if-needed",
    ]  # fmt: skip


def test_it_keeps_what_a_worker_needs_and_no_secret_of_the_shell() -> None:
    shell = {
        "PATH": "/bin", "LC_ALL": "C.UTF-8", "DOCKER_HOST": "unix:///run/docker.sock", "HOME": "/home/ann",
        "PIP_INDEX_URL": "https://me:secret@host", "HTTPS_PROXY": "http://proxy:3128", "XDG_RUNTIME_DIR": "/run/user/7",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }  # fmt: skip
    assert kept_environment(shell).keys() == {"PATH", "LC_ALL", "DOCKER_HOST", "HTTPS_PROXY"}
    assert left_out(shell) == ["PIP_INDEX_URL"]


def test_crontab_lines_are_laid_down_once_and_taken_away_alone() -> None:
    once = with_cron_lines(OTHERS, BOOT)
    assert once.startswith(OTHERS)
    assert with_cron_lines(once, BOOT) == once
    assert with_cron_lines(with_cron_lines("", BOOT), BOOT) == "\n".join(cron_lines(BOOT)) + "\n"
    assert without_cron_lines(once, BOOT) == OTHERS
    assert without_cron_lines(with_cron_lines("", BOOT), BOOT) == ""
    other = Boot(Path("/srv/other"), "99999999-0", BOOT.python, BOOT.config)
    assert without_cron_lines(with_cron_lines(once, other), BOOT) == with_cron_lines(OTHERS, other)


def test_a_crontab_line_begins_at_each_start_and_each_minute_and_has_no_bare_percent() -> None:
    first, second = cron_lines(BOOT)
    assert first.startswith("@reboot /bin/sh /home/ann/.config/mltui/mltui-worker-1a2b3c4d.sh ")
    assert second == first.replace("@reboot", "* * * * *", 1)
    assert "/srv/ml tui's/100\\%" in first
    assert "%" not in first.replace("\\%", "")


def test_the_units_call_the_same_script_and_leave_the_worker_alone_when_it_has_ended() -> None:
    found = units(BOOT)
    service, timer = found["mltui-worker-1a2b3c4d.service"], found["mltui-worker-1a2b3c4d.timer"]
    assert 'ExecStart=/bin/sh "/home/ann/.config/mltui/mltui-worker-1a2b3c4d.sh"\n' in service
    assert "KillMode=process\n" in service
    assert "Description=mltui worker of /srv/ml tui's/100%%\n" in service
    assert "WantedBy=timers.target\n" in timer


def test_where_nothing_starts_programs_it_is_refused_and_nothing_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    before = events.head(workspace.registry.read())
    with pytest.raises(Refused) as raised:
        install_worker(workspace)
    assert raised.value.code == "nothing_starts_programs"
    with pytest.raises(NotFound):
        uninstall_worker(workspace)
    assert events.head(workspace.registry.read()) == before


def test_it_is_said_where_something_answers_that_would_not_come_back(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    def start_if_needed() -> bool:
        assert run(["--workspace", str(workspace.folder), "--batch", "worker", "start", "--if-needed"]) == 0
        return bool(json.loads(capsys.readouterr().out)["data"]["woken"])

    assert (needs_worker(workspace), missing_at_boot(workspace), start_if_needed()) == (False, "", False)
    go_live(workspace)
    assert missing_at_boot(workspace) == "nothing starts the worker after a reboot"
    assert start_if_needed()
    somewhere = {"how": "cron", "by": workspace.actor.login, "script": "/not/there.sh"}
    with workspace.registry.write() as tx:
        put(tx, "worker_installed", json.dumps([somewhere]))
    assert missing_at_boot(workspace) == "/not/there.sh is gone, so nothing starts the worker after a reboot"
    with workspace.registry.write() as tx:
        put(tx, "worker_installed", json.dumps([{**somewhere, "by": "somebody-else"}]))
    assert missing_at_boot(workspace) == ""
    with pytest.raises(Refused, match="somebody-else"):
        uninstall_worker(workspace)


def test_what_calls_each_minute_leaves_a_worker_of_another_build_alone(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    go_live(workspace)
    with subprocess.Popen(["sleep", "60"]) as other:
        with workspace.registry.write() as tx:
            ticks, at = start_ticks(other.pid) or 0, workspace.now()
            heartbeat.beat(tx, pid=other.pid, start_ticks=ticks, build="0.9+another", host="here", at=at)
        with wake_socket(workspace.folder):
            assert run(["--workspace", str(workspace.folder), "--batch", "worker", "start", "--if-needed"]) == 0
        assert json.loads(capsys.readouterr().out)["data"] == {"woken": False}
        assert other.poll() is None
        other.kill()


CRONTAB = """#!/bin/sh
[ "$1" = "-l" ] && exec cat {table}
exec cat > {table}
"""


def test_several_people_install_it_each_for_themselves_and_are_told_that_one_worker_serves_all(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def at(login: str) -> Workspace:
        home = tmp_path / login
        home.mkdir(exist_ok=True)
        (home / "table").touch()
        (home / "crontab").write_text(CRONTAB.format(table=home / "table"))
        (home / "crontab").chmod(0o755)
        monkeypatch.setenv("PATH", f"{home}:/bin")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
        return replace(workspace, actor=Actor(login))

    assert install_worker(at("ann")).remarks == ()
    told = install_worker(at("bob")).remarks
    assert told == ("cron of ann starts it, too: one worker at a time, whoever looks first",)
    assert "@reboot" in (tmp_path / "ann" / "table").read_text()
    assert run(["--workspace", str(workspace.folder), "worker", "status"]) == 0
    assert "with the machine it is started by cron of ann and cron of bob" in capsys.readouterr().out
    with pytest.raises(Refused, match="ann and bob installed it"):
        uninstall_worker(at("cat"))
    assert uninstall_worker(at("ann")).by == "ann"
    assert "@reboot" not in (tmp_path / "ann" / "table").read_text()
    assert "@reboot" in (tmp_path / "bob" / "table").read_text()
    with pytest.raises(Refused, match=r"^bob installed it"):
        uninstall_worker(at("ann"))
    (tmp_path / "bob" / "table").write_text("")
    assert "its lines are gone from the crontab" in missing_at_boot(at("bob"))
