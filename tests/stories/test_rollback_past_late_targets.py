"""Targets that are ready and whose answers do not come, and many that never get ready: a rollback waits for none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from stories.lame import lame
from stories.loans import made_once
from stories.pictures import noise
from stories.test_rollback_in_every_weather import held
from stories.weather import damage_model, make_three, measure, open_copy

from mltui.operations.workspaces.audit import verify_history
from mltui.workspace import Workspace

SMOKED = noise("dark", seed=1000)
"""The first of the smoke cases."""
LATE_SECONDS = 60.0


@pytest.fixture
def workspace(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = made_once(tmp_path_factory, "three-in-production-process", partial(make_three, "process"))
    with open_copy(made, tmp_path) as opened:
        yield opened
        verify_history(opened)


def test_a_target_whose_answers_do_not_come_is_passed_over(workspace: Workspace) -> None:
    with lame(workspace, "d2.1", SMOKED, late_seconds=LATE_SECONDS):
        found = held(measure(workspace), target="v1")
    assert found.proof is not None
    skipped = found.proof.skipped[0]
    assert skipped.startswith("v2 (d2): ")
    assert "has not answered its smoke cases after" in skipped or "was not answered: timed out" in skipped


def test_its_server_is_replaced_where_no_other_target_is_left(workspace: Workspace) -> None:
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("latency_limit_ms = 5000", "latency_limit_ms = 1000"))
    damage_model(workspace, 1)
    with lame(workspace, "d2.1", SMOKED, late_seconds=LATE_SECONDS):
        held(measure(workspace))
