"""A sample of the chaos that `tests/chaos/run.py` makes for as long as one wants, on processes."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from chaos.faults import faults_of
from chaos.rounds import play
from chaos.run import line
from chaos.world import open_world

WANTED = {"live server killed", "worker hung", "gateway hung", "registry locked", "everything killed"}


@pytest.mark.timeout(900)
def test_one_production_answers_again_whatever_is_killed_or_hangs(tmp_path: Path) -> None:
    with open_world(tmp_path / "world", engine="process", models=2, replicas=2) as world:
        cards = [*(fault for fault in faults_of(world) if fault.name in WANTED), None]
        rows = list(islice(play(world, cards, seed=12, models=2, lasting_seconds=6, deaths=4), len(cards)))
    print(*map(line, rows), sep="\n")
    assert [line(row) for row in rows if row.problems] == []
