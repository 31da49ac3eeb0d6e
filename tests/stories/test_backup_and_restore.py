"""A backup of a workspace that serves and trains, restored beside it: the same answers, the same way back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from stories.loans import made_once
from stories.pictures import noise
from stories.shells import put_away
from stories.weather import make_three, open_copy, train_slowly, version_answering

from mltui.engines.base import LABEL_WORKSPACE
from mltui.operations.acting.finish import wait_for_job
from mltui.operations.acting.wake import stop_worker, wake_worker
from mltui.operations.environments.roll_back import request_start
from mltui.operations.environments.rollback_proof import roll_back
from mltui.operations.standing.state import run_state
from mltui.operations.standing.which import which
from mltui.operations.workspaces.audit import verify_history
from mltui.operations.workspaces.backup import make_backup
from mltui.operations.workspaces.known_workspaces import known_workspaces
from mltui.operations.workspaces.restore import restore
from mltui.registry import events
from mltui.serving.client import PredictionClient
from mltui.worker.watch import Watch
from mltui.workspace import Workspace

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def workspace(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    engine = request.param
    made = made_once(tmp_path_factory, f"three-in-production-{engine}", partial(make_three, engine))
    with open_copy(made, tmp_path) as opened:
        yield opened


@pytest.fixture
def again(workspace: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """Restored from a backup that was made while v3 answered and a run trained."""
    train_slowly(workspace)
    backup = make_backup(workspace, tmp_path / "saved.tar")
    made = restore(backup.file)
    assert (backup.lost, made.events, made.stopped) == ((), backup.events, ("production",))
    opened = Workspace.open(made.folder)
    yield opened
    put_away(opened)


def test_what_is_restored_rests_until_it_is_started_and_then_answers_and_rolls_back_as_before(
    workspace: Workspace, again: Workspace
) -> None:
    assert [each.folder for each in known_workspaces()] == [again.folder]
    wake_worker(again)
    Watch(again).tick(busy=frozenset())
    assert stop_worker(again)
    mine = {LABEL_WORKSPACE: again.uuid}
    assert again.engine(again.policy().engine).list(mine) == []
    assert (which(again, "production").deployment, version_answering(workspace)) == (None, "v3")
    assert run_state(again, "latest").run.failure == "the workspace was restored from a backup"

    wait_for_job(again, request_start(again, "production"), timeout_seconds=60)
    assert scores(again) == scores(workspace)
    assert which(again, "production").environment.endpoint != which(workspace, "production").environment.endpoint
    assert (roll_back(again, "production", reason="it is wrong").restored, version_answering(again)) == ("v2", "v2")
    assert version_answering(workspace) == "v3"

    verify_history(again)
    old = events.list_events(workspace.registry.read(), limit=10)
    assert events.list_events(again.registry.read(), limit=10) == old


def scores(workspace: Workspace) -> object:
    with PredictionClient.over_tcp(which(workspace, "production").environment.endpoint) as client:
        answer = client.predict(noise("dark", seed=5))
    return answer.status, answer.body["version"], answer.body["scores"]
