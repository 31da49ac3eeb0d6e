"""The console in a real pty on a large registry: first screen, a key's repaint, bytes of a move and of an idle minute.

python tests/benchmarks/console_speed.py WORKSPACE [IDLE_SECONDS]

`large_registry.py FOLDER` makes a workspace with 10,000 versions and 100,000 runs.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tui.terminal import DOWN, Terminal, terminal

SIZE = (120, 40)
MOVES = 60


def main() -> None:
    folder = sys.argv[1]
    idle_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    for attempt in range(3):
        began = time.monotonic()
        with terminal("--workspace", folder, directory=Path.cwd(), size=SIZE) as opened:
            opened.await_text("Overview", "production", seconds=30)
            print(f"first screen {attempt + 1}: {time.monotonic() - began:.3f} s")
    with terminal("--workspace", folder, directory=Path.cwd(), size=SIZE) as opened:
        opened.await_text("Overview", "production", seconds=30)
        opened.press("2")
        began = time.monotonic()
        opened.await_text("› Runs", "MESSAGE", seconds=30)
        print(f"runs: {(time.monotonic() - began) * 1000:.0f} ms")
        opened.await_answer()
        report_moves(opened)
        before = opened.bytes_written
        time.sleep(idle_seconds)
        print(f"idle for {idle_seconds:.0f} s: {opened.bytes_written - before} bytes")


def report_moves(opened: Terminal) -> None:
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
    print(f"a key's repaint: median {statistics.median(took):.1f} ms, p95 {cuts[-1]:.1f} ms")
    print(f"bytes of a move: median {statistics.median(sizes):.0f}, most {max(sizes)}")


if __name__ == "__main__":
    main()
