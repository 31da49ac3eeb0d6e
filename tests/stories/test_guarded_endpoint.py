"""Production with TLS and a token: the worker smokes it so, and a stop and a start take what was renewed meanwhile."""

from __future__ import annotations

from certificates import TOKEN, lay_guard
from stories.loans import ROW, bring_to_production, carry_job, roll_back

from mltui.domain.job import JobKind
from mltui.domain.run import WorkState
from mltui.operations.environments.roll_back import request_start, request_stop
from mltui.operations.standing.which import which
from mltui.serving.client import PredictionClient
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.watch import look_after
from mltui.workspace import Workspace

LATER_TOKEN = "another-word-of-the-operators"


def ask(workspace: Workspace, token: str | None) -> str:
    """The version that answers, or the status of the refusal."""
    pem = (workspace.folder / "server.pem").read_bytes()
    endpoint = which(workspace, "production").environment.endpoint
    answer = PredictionClient.over_tcp(endpoint, pem=pem, token=token).predict(ROW)
    return str(answer.body["version"]) if answer.status == 200 else str(answer.status)


def test_releases_rollbacks_and_the_watch_go_through_the_guard(workspace: Workspace) -> None:
    path = workspace.folder / "policy.toml"
    guard = lay_guard(workspace.folder)
    path.write_text(
        path.read_text().replace('after = "staging"', f'after = "staging"\nsmoke_every_seconds = 0\n{guard}')
    )
    path.write_text(path.read_text().replace("smoke_every_seconds = 3600\n", ""))
    for version in (1, 2):
        bring_to_production(workspace, version)
    assert [ask(workspace, token) for token in (TOKEN, None, LATER_TOKEN)] == ["v2", "401", "401"]
    look_after(place_for_emergency(workspace, "production"))
    assert which(workspace, "production").environment.is_smoke_green
    assert roll_back(workspace).state is WorkState.SUCCEEDED
    assert ask(workspace, TOKEN) == "v1"

    lay_guard(workspace.folder, token=LATER_TOKEN)
    request_stop(workspace, "production", reason="the certificate is renewed")
    assert carry_job(workspace, JobKind.STOP, "production").state is WorkState.SUCCEEDED
    request_start(workspace, "production")
    assert carry_job(workspace, JobKind.START, "production").state is WorkState.SUCCEEDED
    assert [ask(workspace, token) for token in (LATER_TOKEN, TOKEN)] == ["v1", "401"]
    look_after(place_for_emergency(workspace, "production"))
    assert which(workspace, "production").environment.is_smoke_green
