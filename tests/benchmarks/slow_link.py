"""The console through a real sshd over 64 kbit/s with 200 ms of delay each way: waits, and the load of the link.

python tests/benchmarks/slow_link.py WORKSPACE [IDLE_SECONDS]

`large_registry.py FOLDER` makes the workspace; the newest run gets a log, which is taken away again. Bytes are those on
the link, ssh's own among them. SSHD names the server's program where it is not at its usual place.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from slow_wire import SlowWire, private_sshd, slow_wire, ssh_command
from tui.terminal import DOWN, ENTER, Terminal

SIZE = (120, 40)
MOVES = 8
LINES_PER_SECOND = 50
STREAM_SECONDS = 20.0
PAGE_DOWN = "\x1b[6~"
QUIET_SECONDS = 1.0
"""Longer than the way there and back: what was going to come has come."""
SCREENS = {
    "2": "› Runs",
    "3": "› Versions",
    "4": "› Releases",
    "5": "› Environments",
    "6": "› Audit",
    "1": "what answers",
}


def main() -> None:
    workspace = Path(sys.argv[1]).absolute()
    idle_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with private_sshd(folder) as server, slow_wire(server) as wire, _console(wire, folder, workspace) as opened:
            measure(opened, wire, idle_seconds)
            with growing_log(workspace) as run:
                measure_log(opened, wire, run)


@contextmanager
def _console(wire: SlowWire, folder: Path, workspace: Path) -> Iterator[Terminal]:
    program = shlex.join([sys.executable, "-m", "mltui", "--workspace", str(workspace)])
    there = f"cd {shlex.quote(str(Path.cwd()))} && echo connected && exec env TERM=xterm-256color {program}"
    began = time.monotonic()
    opened = Terminal([*ssh_command(wire.port, folder), there], directory=folder, size=SIZE, env={})
    try:
        opened.await_text("connected")
        connected, bytes_before = time.monotonic(), wire.down
        print(f"ssh is connected after {connected - began:.2f} s")
        opened.await_text("production", "waits", "STANDS AT")
        print(f"first screen: {time.monotonic() - connected:.2f} s later", end=", ")
        opened.await_answer(quiet_seconds=QUIET_SECONDS)
        print(f"whole after {opened.last_output - connected:.2f} s, {wire.down - bytes_before} bytes")
        yield opened
    finally:
        opened.close()


def measure(opened: Terminal, wire: SlowWire, idle_seconds: float) -> None:
    for key, shown in SCREENS.items():
        report(f"to {shown}", *_pressed(opened, wire, key))
    opened.press("2")
    opened.await_answer(quiet_seconds=QUIET_SECONDS)
    for name, key in (("cursor move", DOWN), ("page down", PAGE_DOWN)):
        moves = [_pressed(opened, wire, key) for _ in range(MOVES)]
        report(
            name,
            statistics.median(m[0] for m in moves),
            statistics.median(m[1] for m in moves),
            max(m[2] for m in moves),
        )
    before = wire.down
    time.sleep(idle_seconds)
    print(f"idle for {idle_seconds:.0f} s: {wire.down - before} bytes")


def report(name: str, first: float, last: float, size: int) -> None:
    print(f"{name:<18} first answer {first:.2f} s, whole {last:.2f} s, {size} bytes")


def _pressed(opened: Terminal, wire: SlowWire, key: str) -> tuple[float, float, int]:
    """Seconds to the first and the last byte of the answer, and how many there were on the link."""
    seen, before, began = opened.bytes_written, wire.down, time.monotonic()
    opened.press(key)
    while opened.bytes_written == seen and time.monotonic() - began < 30:
        time.sleep(0.002)
    first = time.monotonic() - began
    opened.await_answer(quiet_seconds=QUIET_SECONDS, limit=30)
    return first, opened.last_output - began, wire.down - before


def measure_log(opened: Terminal, wire: SlowWire, run: str) -> None:
    opened.press("2", ENTER)
    opened.await_text(f"› Run {run}", "line ")
    time.sleep(5)
    before, began = wire.down, time.monotonic()
    time.sleep(STREAM_SECONDS)
    print(
        f"a log of {LINES_PER_SECOND} lines a second: {(wire.down - before) / (time.monotonic() - began):.0f} bytes/s"
    )
    took = []
    for _ in range(5):
        for key, shown in (("?", "› Help run"), ("\x1b", f"› Run {run}")):
            began = time.monotonic()
            opened.press(key)
            opened.await_that(partial(_is_headed, shown), what=shown)
            took.append(time.monotonic() - began)
            time.sleep(1.3)
    print(f"to Help and back meanwhile: median {statistics.median(took):.2f} s, most {max(took):.2f} s")


def _is_headed(shown: str, text: str) -> bool:
    return text.splitlines()[0].split("  process")[0].rstrip().endswith(shown)


@contextmanager
def growing_log(workspace: Path) -> Iterator[str]:
    """The name of the newest run, which says a numbered line all the time."""
    from mltui.workspace import Workspace

    with_run = Workspace.open(workspace)
    try:
        from mltui.registry import runs

        newest = runs.latest(with_run.registry.read())
        assert newest is not None
        folder = with_run.run_folder(newest.id)
    finally:
        with_run.close()
    if folder.exists():
        raise SystemExit(f"{folder} is there already: this is no workspace to measure with")
    (folder / "train.1").mkdir(parents=True)
    is_over = threading.Event()
    writer = threading.Thread(target=_write, args=[folder / "train.1" / "log.jsonl", is_over])
    writer.start()
    try:
        yield str(newest.id)
    finally:
        is_over.set()
        writer.join()
        shutil.rmtree(folder)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()  # where it holds no other run


def _write(path: Path, is_over: threading.Event) -> None:
    number = 0
    with path.open("a") as log:
        while not is_over.wait(1 / LINES_PER_SECOND):
            number += 1
            text = (
                f"line {number}: train_loss {1 / number:.6f}, validation_loss {2 / number:.6f}, 31.4 pictures a second"
            )
            log.write(json.dumps({"at": time.time_ns(), "stream": "stdout", "text": text}) + "\n")
            log.flush()


if __name__ == "__main__":
    main()
