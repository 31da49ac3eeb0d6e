"""The console in a real pty on a large registry: first screen, a key's repaint, bytes of a move and of an idle minute.

python tests/benchmarks/console_speed.py WORKSPACE [IDLE_SECONDS]

`large_registry.py FOLDER` makes a workspace with 10,000 versions and 100,000 runs.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tui.terminal import DOWN, Terminal

SIZE = (120, 40)
MOVES = 60
STARTS = 5
BARE_APP = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("production waits STANDS AT")

Bare().run()
"""
BARE_TABLE = """
from textual.app import App
from textual.widgets import DataTable

class Bare(App):
    def compose(self):
        table = DataTable(cursor_type="row")
        table.add_columns(*"abcdefgh")
        table.add_rows([(f"row {number}",) * 8 for number in range(500)])
        yield table

Bare().run()
"""
FIRST_SCREEN = ("production", "waits", "STANDS AT")
"""What answers, the oldest waiting decision, the head of the first rows."""


def main() -> None:
    folder = sys.argv[1]
    idle_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode beside it
    os.environ["MLTUI_WORKSPACE"] = folder
    report_first_screens()
    with shown([sys.executable, "-c", BARE_TABLE]) as opened:
        opened.await_text("row 30", seconds=30)
        report_moves(opened, "a bare Textual table")
    with shown([sys.executable, "-m", "mltui"]) as opened:
        opened.await_text(*FIRST_SCREEN, seconds=30)
        opened.press("2")
        began = time.monotonic()
        opened.await_text("› Runs", "MESSAGE", seconds=30)
        print(f"runs: {(time.monotonic() - began) * 1000:.0f} ms")
        opened.await_answer()
        report_moves(opened, "mltui")
        before = opened.bytes_written
        time.sleep(idle_seconds)
        print(f"idle for {idle_seconds:.0f} s: {opened.bytes_written - before} bytes")


@contextmanager
def shown(command: Sequence[str]) -> Iterator[Terminal]:
    opened = Terminal(command, directory=Path.cwd(), size=SIZE, env={})
    try:
        yield opened
    finally:
        opened.close()


def report_first_screens() -> None:
    """Beside those of an app that does nothing: what any console in Textual takes on this machine just now."""
    commands = {
        "bare interpreter": [sys.executable, "-c", f"print({' '.join(FIRST_SCREEN)!r}); input()"],
        "bare Textual app": [sys.executable, "-c", BARE_APP],
        "mltui": [sys.executable, "-m", "mltui"],
    }
    for name, command in commands.items():
        took = [_first_screen(command) for _ in range(STARTS)]
        print(f"first screen of {name}: median {statistics.median(took):.3f} s, least {min(took):.3f} s")


def _first_screen(command: Sequence[str]) -> float:
    began = time.monotonic()
    with shown(command) as opened:
        opened.await_text(*FIRST_SCREEN, seconds=30)
        return time.monotonic() - began


def report_moves(opened: Terminal, name: str) -> None:
    took, sizes = [], []
    for _ in range(MOVES):
        before, began = opened.bytes_written, time.monotonic()
        opened.press(DOWN)
        while opened.bytes_written == before:
            time.sleep(0.0002)
        opened.await_answer(quiet_seconds=0.05)
        took.append((opened.last_output - began) * 1000)
        sizes.append(opened.bytes_written - before)
    cuts = statistics.quantiles(took, n=20)
    print(f"a key's repaint in {name}: median {statistics.median(took):.1f} ms, p95 {cuts[-1]:.1f} ms")
    print(f"bytes of a move in {name}: median {statistics.median(sizes):.0f}, most {max(sizes)}")


if __name__ == "__main__":
    main()
