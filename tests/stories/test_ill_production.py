"""A version that answers wrongly long after its release: what is noticed, and what happens by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stories.impostor import impostor_of
from stories.loans import answering, bring_to_production, carry_job, live
from stories.soundness import assert_sound

from mltui.cli.main import run
from mltui.domain.job import Job, JobKind
from mltui.domain.run import WorkState
from mltui.operations.standing.state import require_version
from mltui.registry import events, jobs
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.watch import _roll_back_when_ill, look_after
from mltui.workspace import Workspace


@pytest.fixture
def released(workspace: Workspace) -> Workspace:
    """v1 was in production, v2 is; every look of the watch smokes it."""
    bring_to_production(workspace, 1)
    bring_to_production(workspace, 2)
    path = workspace.folder / "policy.toml"
    path.write_text(path.read_text().replace("smoke_every_seconds = 3600", "smoke_every_seconds = 0"))
    return workspace


def let_it_roll_back(workspace: Workspace) -> None:
    path = workspace.folder / "policy.toml"
    path.write_text(path.read_text().replace("bake_seconds", "rolls_back_when_ill = true\nbake_seconds"))


def look(workspace: Workspace) -> Job | None:
    """The watch looks once; the rollback that it asks for."""
    look_after(place_for_emergency(workspace, "production"))
    found = jobs.unfinished(workspace.registry.read())
    return next((job for job in found if job.kind is JobKind.ROLLBACK), None)


def status(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> tuple[int, str | None]:
    """Exit code, and the code of the error."""
    code = run(["--workspace", str(workspace.folder), "--batch", "status"])
    error = json.loads(capsys.readouterr().out)["error"]
    return code, None if error is None else error["code"]


def test_wrong_answers_are_noticed_and_told_by_the_exit_code_of_status(
    released: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    look(released)
    assert status(released, capsys) == (0, None)
    with impostor_of(released, "d4.1"):
        assert look(released) is None
        assert status(released, capsys) == (5, "ill")
        assert live(released) == 2


def test_where_policy_says_so_it_is_rolled_back_by_itself(
    released: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    let_it_roll_back(released)
    assert look(released) is None
    with impostor_of(released, "d4.1"):
        job = look(released)
        assert job is not None
        assert job.requested_by == "worker"
        assert carry_job(released, JobKind.ROLLBACK, "production").state is WorkState.SUCCEEDED
    assert (live(released), answering(released)) == (1, "v1")
    assert status(released, capsys) == (0, None)
    (withdrawn,) = events.list_events(released.registry.read(), kind="VersionWithdrawn", limit=5)
    assert "smoke failed twice" in str(withdrawn)
    assert look(released) is None
    assert_sound(released)


def test_where_nothing_good_is_left_it_stays_and_is_told(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    bring_to_production(workspace, 1)
    path: Path = workspace.folder / "policy.toml"
    path.write_text(path.read_text().replace("smoke_every_seconds = 3600", "smoke_every_seconds = 0"))
    let_it_roll_back(workspace)
    with impostor_of(workspace, "d2.1"):
        assert look(workspace) is None
        assert status(workspace, capsys) == (5, "ill")
    assert live(workspace) == 1


def test_what_replaced_an_ill_version_while_that_was_looked_at_is_not_rolled_back(released: Workspace) -> None:
    ill = place_for_emergency(released, "production").current()
    assert ill is not None
    bring_to_production(released, 1)
    path = released.folder / "policy.toml"
    path.write_text(path.read_text().replace("bake_seconds", "latency_limit_ms = 0.001\nbake_seconds"))
    _roll_back_when_ill(place_for_emergency(released, "production"), ill, require_version(released, "v2"))
    assert [job for job in jobs.unfinished(released.registry.read()) if job.kind is JobKind.ROLLBACK] == []
    assert live(released) == 1
