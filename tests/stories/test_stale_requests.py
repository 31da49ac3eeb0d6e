"""Staging is watched, too: a request whose candidate falls ill there cannot be approved until it is well again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stories.impostor import impostor_of
from stories.loans import bring_to_gate, carry_job, inconclusive
from stories.soundness import assert_history

from mltui.cli.main import run
from mltui.domain.job import JobKind
from mltui.domain.release import Release, ReleaseState
from mltui.errors import Refused
from mltui.operations.environments.roll_back import request_start, request_stop
from mltui.operations.releases.decide import approve
from mltui.operations.standing.overview import overview
from mltui.operations.standing.state import require_release
from mltui.registry import events
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.watch import look_after
from mltui.workspace import Workspace


@pytest.fixture
def waiting(workspace: Workspace) -> Release:
    """v1 answers in staging, and every look of the watch smokes it there."""
    path = workspace.folder / "policy.toml"
    path.write_text(
        path.read_text().replace("[environments.staging]", "[environments.staging]\nsmoke_every_seconds = 0")
    )
    release = bring_to_gate(workspace, 1)
    assert release.state is ReleaseState.WAITING_APPROVAL
    return release


def look(workspace: Workspace) -> list[str]:
    """Kinds of the turns on record after a look at staging."""
    look_after(place_for_emergency(workspace, "staging"))
    return [
        event.kind
        for event in events.list_events(workspace.registry.read(), subject="r1", limit=1000)
        if event.kind in ("RequestTurnedStale", "RequestFreshAgain")
    ]


def told(workspace: Workspace, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Exit code and answer of a command."""
    code = run(["--workspace", str(workspace.folder), "--batch", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_candidate_that_falls_ill_in_staging_makes_its_request_stale_until_it_is_green(
    workspace: Workspace, waiting: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(workspace) == []
    with impostor_of(workspace, "d1.1"):
        look(workspace)
        assert look(workspace) == ["RequestTurnedStale"]
        code, answer = told(workspace, capsys, "approve", "v1")
        assert (code, answer["error"]["code"]) == (4, "stale")
        assert "stale: the smoke in staging fails" in answer["error"]["message"]
        with pytest.raises(Refused, match="stale"):
            approve(workspace, 1, acknowledged=inconclusive(workspace, waiting), emergency="it burns")
        assert "the smoke in staging fails" in told(workspace, capsys, "status")[1]["data"]["stale"]["r1"]
        assert told(workspace, capsys, "release", "show", "r1")[1]["data"]["stale"]["code"] == "stale"
        assert overview(workspace).waiting[0].stale
    assert look(workspace) == ["RequestTurnedStale", "RequestFreshAgain"]
    assert overview(workspace).waiting[0].stale == ""
    assert approve(workspace, 1, acknowledged=inconclusive(workspace, waiting)).missing == 0
    assert_history(workspace)


def test_a_request_is_stale_as_soon_as_staging_is_stopped(workspace: Workspace, waiting: Release) -> None:
    request_stop(workspace, "staging", reason="somebody else needs the machine")
    carry_job(workspace, JobKind.STOP, "staging")
    with pytest.raises(Refused, match="staging was stopped") as raised:
        approve(workspace, 1, evidence=waiting.evidence)
    assert raised.value.hint == "mltui env start staging ends that"
    assert look(workspace) == ["RequestTurnedStale"]
    request_start(workspace, "staging")
    carry_job(workspace, JobKind.START, "staging")
    assert look(workspace) == ["RequestTurnedStale", "RequestFreshAgain"]
    assert require_release(workspace, "r1").state is ReleaseState.WAITING_APPROVAL
