"""What only the process engine promises: shims, lost outcomes, environment, paths."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from engine_harness import OUT, Harness, program, until

from mltui.engines import process_shims, process_state
from mltui.engines.base import ContainerSpec, Mount, State
from mltui.engines.process import UNENFORCED, ProcessEngine
from mltui.engines.process_records import boot_id
from mltui.engines.process_state import Running, read_running
from mltui.errors import UsageError, WorkFailed
from mltui.processes import start_ticks

WAIT_SECONDS = 30


def folder_of(harness: Harness, name: str) -> Path:
    return harness.folder / "state" / name


def running_of(harness: Harness, name: str) -> Running:
    running = read_running(folder_of(harness, name))
    assert running is not None
    return running


def output_of(harness: Harness, spec: ContainerSpec) -> str:
    harness.engine.start(spec)
    return "\n".join(line.text for line in harness.engine.logs(spec.name))


def printing(expression: str) -> tuple[str, ...]:
    return ("python", "-c", f"import json, os, sys; print(json.dumps({expression}))")


def test_a_killed_shim_leaves_an_outcome_that_cannot_be_known_and_no_program(process: Harness) -> None:
    spec = process.spec(program(waits=True))
    process.engine.start(spec)
    running = running_of(process, spec.name)
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: start_ticks(running.program_pid) is None)
    status = process.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    assert (status.state, status.exit_code, status.has_succeeded) == (State.EXITED, None, False)


def test_what_a_program_of_a_killed_shim_had_started_is_ended_too(process: Harness) -> None:
    child = f"import subprocess, sys; c = subprocess.Popen(['sleep', '600']); print(c.pid, file=open('{OUT}/pid', 'w'))"
    spec = process.spec(("python", "-c", f"{child}; c.wait()"))
    process.engine.start(spec)
    path = process.folder / "out" / "pid"
    until(lambda: path.exists() and path.read_text().endswith("\n"))
    os.kill(running_of(process, spec.name).pid, signal.SIGKILL)
    process.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    until(lambda: start_ticks(int(path.read_text())) is None)


def test_after_a_reboot_an_outcome_that_was_not_written_cannot_be_known(process: Harness) -> None:
    spec = process.spec(program(waits=True))
    process.engine.start(spec)
    running = running_of(process, spec.name)
    path = folder_of(process, spec.name) / "running.json"
    record = json.loads(path.read_text())
    try:
        path.write_text(json.dumps({**record, "boot_id": "an-earlier-boot"}))
        status = process.reopen().status(spec.name)
        assert (status.state, status.exit_code) == (State.EXITED, None)
        assert start_ticks(running.pid) == running.start_ticks, "a process of this boot was touched"
    finally:
        path.write_text(json.dumps(record))
        (folder_of(process, spec.name) / "exit.1.json").unlink(missing_ok=True)


def test_a_stranger_with_the_same_pid_is_neither_taken_for_the_shim_nor_ended(process: Harness) -> None:
    spec = process.spec()
    process.engine.start(spec)
    process.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    folder = folder_of(process, spec.name)
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        record = json.loads((folder / "running.json").read_text())
        reused = {**record, "pid": stranger.pid, "boot_id": boot_id(), "start_ticks": 2**62}
        (folder / "running.json").write_text(json.dumps(reused))
        (folder / "exit.1.json").unlink()
        assert process.engine.status(spec.name).exit_code is None
        process.engine.stop(spec.name)
        process.engine.remove(spec.name)
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_outlives_the_one_that_started_it(process: Harness) -> None:
    spec = process.spec(program(append=f"{OUT}/starts", say=[["stdout", "up"]], waits=True))
    starter = f"""
import os, signal
from pathlib import Path
from mltui.engines import process_shims, process_state
from mltui.engines.base import ContainerSpec, Mount
from mltui.engines.process import ProcessEngine
ProcessEngine(Path({str(process.folder / "state")!r})).start(ContainerSpec(
    {spec.name!r}, {spec.image!r}, {spec.argv!r}, labels={dict(spec.labels)!r},
    mounts=(Mount(Path({str(spec.mounts[0].source)!r}), {OUT!r}, is_read_only=False),)))
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", starter], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert process.engine.start(spec).state is State.RUNNING
    assert next(process.engine.logs(spec.name)).text == "up"
    assert process.engine.stop(spec.name).exit_code == 143
    assert process.starts == 1


def test_starters_killed_at_any_moment_leave_at_most_one_process(process: Harness) -> None:
    spec = process.spec(program(append=f"{OUT}/starts", waits=True))
    starter = f"""
import sys
from pathlib import Path
from mltui.engines import process_shims, process_state
from mltui.engines.base import ContainerSpec, Mount
from mltui.engines.process import ProcessEngine
engine = ProcessEngine(Path({str(process.folder / "state")!r}))
print("ready", flush=True)
sys.stdin.readline()
engine.start(ContainerSpec(
    {spec.name!r}, {spec.image!r}, {spec.argv!r}, labels={dict(spec.labels)!r},
    mounts=(Mount(Path({str(spec.mounts[0].source)!r}), {OUT!r}, is_read_only=False),)))
"""
    for delay in (0.0, 0.01, 0.03):
        starters = [
            subprocess.Popen([sys.executable, "-c", starter], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for one in starters:
            assert one.stdout is not None
            assert one.stdin is not None
            assert one.stdout.readline() == "ready\n"
        for one in starters:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        with contextlib.suppress(subprocess.TimeoutExpired):
            starters[0].wait(delay)
        for one in starters:
            one.kill()
            one.communicate()
    assert process.engine.start(spec).state is State.RUNNING
    until(lambda: process.starts >= 1)
    shims = [pid for pid in os.listdir("/proc") if pid.isdigit() and _is_shim_of(int(pid), spec.name)]
    assert len(shims) == 1
    assert process.starts == 1


def test_what_a_dead_starter_laid_out_is_started(process: Harness) -> None:
    spec = process.spec(program(exit=7))
    process_state.create(folder_of(process, spec.name), spec, python=Path(sys.executable))
    assert process.engine.status(spec.name).state is State.CREATED
    process.engine.start(spec)
    assert process.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code == 7


def test_the_starters_lock_is_held_until_the_shim_has_written_that_it_is_there(process: Harness) -> None:
    spec = process.spec(program(waits=True))
    folder, lock_path = folder_of(process, spec.name), process.folder / "lock"
    process_state.create(folder, spec, python=Path(sys.executable))
    lock, (reading, writing) = os.open(lock_path, os.O_RDWR | os.O_CREAT), os.pipe()
    fcntl.flock(lock, fcntl.LOCK_EX)
    with (process.folder / "errors").open("wb") as errors:
        process_shims.spawn(folder, generation=1, lock=lock, report=writing, errors=errors).wait()
    for descriptor in (lock, reading, writing):
        os.close(descriptor)
    with lock_path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert process.engine.status(spec.name).state is State.RUNNING


def _is_shim_of(pid: int, name: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(word.endswith(name.encode()) for word in words)


def test_nothing_outlives_the_program_not_even_a_daemon(process: Harness) -> None:
    daemon = "d = subprocess.Popen(['sleep', '600'], start_new_session=True)"
    spec = process.spec(("python", "-c", f"import subprocess; {daemon}; open('{OUT}/pid', 'w').write(str(d.pid))"))
    process.engine.start(spec)
    assert process.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code == 0
    assert start_ticks(int((process.folder / "out" / "pid").read_text())) is None


def test_a_program_gets_only_the_environment_that_it_is_given(
    process: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "AWS_SECRET_ACCESS_KEY", "MLTUI_WORKSPACE", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("TZ", "UTC")
    found = json.loads(output_of(process, process.spec(printing("dict(os.environ)"), env={"A": "1"})))
    allowed = {"PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "A"}
    assert set(found) <= allowed
    assert (found["A"], found["TZ"]) == ("1", "UTC")
    assert Path(found["HOME"]).is_relative_to(process.folder / "state")


def test_a_program_inherits_no_file_of_its_starter(process: Harness) -> None:
    descriptors = json.loads(
        output_of(process, process.spec(printing("sorted(map(int, os.listdir('/proc/self/fd')))")))
    )
    assert set(descriptors) <= {0, 1, 2, 3}


def test_the_word_python_is_the_interpreter_of_the_engine(process: Harness) -> None:
    assert json.loads(output_of(process, process.spec(printing("sys.executable")))) == sys.executable


def test_the_word_haproxy_is_the_binary_of_the_wheel(process: Harness) -> None:
    assert "HAProxy version" in output_of(process, process.spec(("haproxy", "-v")))


def test_places_of_mounts_become_places_of_this_machine(process: Harness, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("hello")
    mounts = (process.out, Mount(tmp_path / "data", "/mltui/in/data"))
    spec = process.spec(
        printing("[open('/mltui/in/data/a.txt').read(), os.listdir(os.environ['IN']), os.getcwd()]"),
        mounts=mounts,
        env={"IN": "/mltui/in"},
        workdir=OUT,
    )
    assert json.loads(output_of(process, spec)) == ["hello", ["data"], str(process.folder / "out")]


def test_long_and_broken_lines_are_kept(process: Harness) -> None:
    code = "import sys; o = sys.stdout.buffer; o.write(b'x' * 200_000 + b'\\n\\xff\\xfe broken\\n' + b'no end')"
    lines = output_of(process, process.spec(("python", "-c", code))).split("\n")
    assert "".join(lines[:4]) == "x" * 200_000
    assert lines[4:] == ["\ufffd\ufffd broken", "no end"]


def test_the_peak_of_memory_is_told_while_it_runs_and_after(process: Harness) -> None:
    code = "import sys, time; x = bytearray(80_000_000); print('full', flush=True); time.sleep(600)"
    spec = process.spec(("python", "-c", code))
    process.engine.start(spec)
    next(process.engine.logs(spec.name))
    for status in (process.engine.status(spec.name), process.engine.stop(spec.name)):
        assert status.peak_memory_bytes is not None
        assert 80_000_000 < status.peak_memory_bytes < 200_000_000


def test_an_image_belongs_to_one_version_of_the_interpreter(process: Harness, tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho '3.99.0 (another)'\n")
    other.chmod(0o755)
    engine = ProcessEngine(process.folder / "state", python=other)
    assert not engine.has_image(process.image)
    assert engine.find_image(process.recipe) is None
    assert engine.build(process.recipe, on_line=lambda line: None) != process.image


def test_files_follow_the_mode_of_the_state_folder(process: Harness) -> None:
    (process.folder / "state").chmod(0o2770)
    spec = process.spec(("python", "-c", f"open('{OUT}/made', 'w')"))
    process.engine.start(spec)
    process.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    folder = folder_of(process, spec.name)
    assert folder.stat().st_mode & 0o7777 == 0o2770
    for path in (
        folder / "spec.json",
        folder / "running.json",
        folder / "exit.1.json",
        process.folder / "out" / "made",
    ):
        assert path.stat().st_mode & 0o777 == 0o660, path


def test_a_name_is_never_a_path(process: Harness) -> None:
    for name in ("../other", ".images", "", "a/b"):
        with pytest.raises(UsageError):
            process.engine.status(name)


def test_a_start_that_fails_says_why(process: Harness, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("no program")
    (tmp_path / "broken").chmod(0o755)
    for changes, reason in (
        ({"workdir": "/nowhere"}, "No such file or directory: /nowhere"),
        ({"argv": (str(tmp_path / "broken"),)}, "Exec format error"),
        ({"argv": ("no-such-program",)}, "no program no-such-program"),
    ):
        with pytest.raises(WorkFailed, match=reason):
            process.engine.start(replace(process.spec(), **changes))
        assert process.engine.list({}) == []


def test_what_it_cannot_hold_is_said(process: Harness) -> None:
    assert process.engine.unenforced == UNENFORCED == {"network", "memory", "cpus", "pids", "read_only", "user", "gpus"}
