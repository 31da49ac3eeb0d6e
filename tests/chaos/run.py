"""Chaos on demand: `uv run python tests/chaos/run.py --minutes 10 --seed 7 --engine docker`; 1 where it was unclean."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chaos.faults import faults_of
from chaos.outcome import Row
from chaos.rounds import play
from chaos.world import open_world

MODELS = 8
HEAD = f"{'':>4} {'fault':<25} {'act':<9} {'where':<34} {'again':>7} {'sound':>7} {'lost':>5}  events, ending"


def main() -> int:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mltui-chaos-") as folder:
        _own_surroundings(Path(folder))
        place = Path(folder) / "world"
        with open_world(place, engine=asked.engine, models=MODELS, replicas=asked.replicas) as world:
            until = time.monotonic() + asked.minutes * 60
            said = f"{asked.engine}, seed {asked.seed}, {asked.minutes:g} minutes, {asked.replicas} servers a version"
            print(f"{said}\n{HEAD}", flush=True)
            cards = [*faults_of(world), None]
            for row in play(world, cards, seed=asked.seed, models=MODELS, lasting_seconds=asked.lasting):
                rows.append(row)
                print(f"{len(rows):>4} {line(row)}", flush=True)
                if time.monotonic() > until:
                    break
            requests = len(world.load.since(0))
    print(summary(rows, requests))
    return 1 if any(row.problems for row in rows) else 0


def line(row: Row) -> str:
    events = "ok" if not row.problems else "; ".join(row.problems)
    return (
        f"{row.fault:<25} {row.act:<9} {row.where:<34} {row.again_seconds:>6.2f}s {row.sound_seconds:>6.2f}s"
        f" {row.lost:>5}  {events} ({row.ending})"
    )


def summary(rows: Sequence[Row], requests: int) -> str:
    unclean = sum(bool(row.problems) for row in rows)
    lost = sum(row.lost for row in rows)
    lines = [f"{len(rows)} rounds, {unclean} unclean, {requests} requests, {lost} lost"]
    for fault in sorted({row.fault for row in rows}):
        of_fault = [row for row in rows if row.fault == fault]
        lines.append(
            f"{fault:<25} {len(of_fault):>3} rounds, lost {sum(row.lost for row in of_fault):>5},"
            f" again after {max(row.again_seconds for row in of_fault):.2f} s at most,"
            f" sound after {max(row.sound_seconds for row in of_fault):.2f} s at most"
        )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engine", choices=("process", "docker"), default="process")
    parser.add_argument("--replicas", type=int, choices=(1, 2), default=2, help="with 2 also the traffic in steps")
    parser.add_argument("--lasting", type=float, default=30, help="seconds for which a lock or a full disk lasts")
    return parser.parse_args()


def _own_surroundings(folder: Path) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ[name] = str(folder / name.lower())


if __name__ == "__main__":
    raise SystemExit(main())
