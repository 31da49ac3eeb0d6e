"""How long `mltui --batch which production` takes from nothing to its answer, against a bare interpreter.

Run `python tests/benchmarks/quick_answer.py [TIMES]` in a project's folder. Processor time, which other work on the
machine disturbs less than the clock; the smallest of all tries counts.
"""

from __future__ import annotations

import resource
import subprocess
import sys

WAYS = {
    "bare interpreter": ["-c", "pass"],
    "argparse, dataclasses, json, sqlite3": ["-c", "import argparse, dataclasses, json, sqlite3"],
    "mltui --batch which production": ["-m", "mltui", "--batch", "which", "production"],
    "mltui --batch status": ["-m", "mltui", "--batch", "status"],
}


def milliseconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    smallest = {name: min(milliseconds(way) for _ in range(times)) for name, way in WAYS.items()}
    bare = smallest["bare interpreter"]
    for name, took in smallest.items():
        print(f"{name:<38} {took:6.1f} ms   {took / bare:4.1f} ×")


if __name__ == "__main__":
    main()
