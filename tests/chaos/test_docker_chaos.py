"""A sample of the chaos on containers, and on an engine that is restarted and killed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from shutil import which

import pytest
from chaos.faults import faults_of
from chaos.rounds import play
from chaos.run import line
from chaos.world import open_world

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
WANTED = {"live server killed", "engine restarted", "engine killed"}


@pytest.mark.skipif(not all(map(which, ("dockerd", "ip"))), reason="an engine of its own needs dockerd and ip")
def test_one_production_answers_again_whatever_is_killed_under_it(tmp_path: Path) -> None:
    with open_world(tmp_path / "world", engine="docker", models=2, replicas=2) as world:
        cards = [*(fault for fault in faults_of(world) if fault.name in WANTED), None]
        rows = list(islice(play(world, cards, seed=0, models=2, lasting_seconds=6, deaths=4), len(cards)))
    print(*map(line, rows), sep="\n")
    assert [line(row) for row in rows if row.problems] == []
