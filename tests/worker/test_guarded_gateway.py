"""A gateway with TLS and token, as the worker starts it on each engine: guarded whatever cannot be read."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from certificates import TOKEN, lay_certificate, lay_guard, private
from operations.small_project import lay_down, under_git
from stories.loans import hold_worker_lock

from mltui.domain.policy import EnvironmentPolicy
from mltui.errors import ConfigInvalid
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import environments, events
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.worker.environments import endpoints, gateways
from mltui.worker.environments.places import place_for_emergency
from mltui.workspace import Workspace

LATER_TOKEN = "another-word-of-the-operators"


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    project = under_git(lay_down(tmp_path / "project"))
    made = init_workspace(project, folder=tmp_path / "workspace", engine=request.param)
    hold_worker_lock(made)
    guard = lay_guard(made.folder)
    policy = made.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('after = "staging"', f'after = "staging"\n{guard}'))
    yield made
    gateways.end_gateway(made, "production", engine_name=request.param)
    made.close()


def start(workspace: Workspace) -> None:
    """As after a crash: whatever runs is gone before."""
    place = place_for_emergency(workspace, "production")
    gateways.end_gateway(workspace, "production", engine_name=place.engine_name)
    place.gateway()


def files(workspace: Workspace) -> list[Path]:
    return [path for path in workspace.folder.rglob("*") if path.is_file()]


def statuses(workspace: Workspace, *, token: str = TOKEN) -> tuple[int, int, int]:
    """Of the worker's own client, of one with this token, and of one without."""
    known = environments.find(workspace.registry.read(), "production")
    assert known is not None
    pem = (workspace.folder / "run" / "production" / "endpoint.pem").read_bytes()
    with pytest.raises(ServerUnreachable):
        PredictionClient.over_tcp(known.endpoint, token=token).predict(b"")
    clients = [
        endpoints.endpoint_client(workspace, known, timeout_seconds=30),
        *(PredictionClient.over_tcp(known.endpoint, pem=pem, token=each) for each in (token, None)),
    ]
    own, given, none = (client.predict(b"").status for client in clients)
    return own, given, none


def test_a_guard_is_laid_kept_through_every_mishap_and_renewed(workspace: Workspace) -> None:
    start(workspace)
    assert statuses(workspace) == (503, 503, 401)
    folder = workspace.folder / "run" / "production"
    first = (folder / "endpoint.pem").read_bytes()
    for name in ("endpoint.pem", "endpoint.token"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    known = environments.find(workspace.registry.read(), "production")
    assert known is not None
    assert (known.url.split(":")[0], known.is_open) == ("https", False)
    (told,) = events.list_events(workspace.registry.read(), kind="EndpointSettled")
    assert str(told) == f"production listens on {known.url}, with TLS and a token"

    policy = workspace.folder / "policy.toml"
    written = policy.read_text()
    policy.write_text("engine =")
    engine_name = written.partition('engine = "')[2].partition('"')[0]
    rules = endpoints.emergency_rules(workspace, known)
    gateways.end_gateway(workspace, "production", engine_name=engine_name)
    gateways.ensure_gateway(workspace, "production", engine_name=engine_name, rules=rules)
    assert environments.find(workspace.registry.read(), "production") == known
    assert statuses(workspace) == (503, 503, 401)
    policy.write_text(written)

    (workspace.folder / "server.key").unlink()
    start(workspace)
    assert statuses(workspace) == (503, 503, 401)
    lay_certificate(workspace.folder)
    private(workspace.folder / "token", LATER_TOKEN.encode())
    assert (folder / "endpoint.pem").read_bytes() == first
    start(workspace)
    assert statuses(workspace, token=LATER_TOKEN) == (503, 503, 401)
    assert statuses(workspace, token=TOKEN)[1] == 401
    assert (folder / "endpoint.pem").read_bytes() != first

    for secret in (TOKEN, LATER_TOKEN):
        assert secret not in subprocess.run(["ps", "axww"], capture_output=True, text=True).stdout
        holders = {path for path in files(workspace) if secret.encode() in path.read_bytes()}
        assert holders <= {workspace.folder / "token", folder / "endpoint.token"}

    policy.write_text(written.replace("token_file", "# token_file").replace("tls =", "# tls ="))
    place = place_for_emergency(workspace, "production")
    start(workspace)
    assert not (folder / "endpoint.pem").exists()
    assert not (folder / "endpoint.token").exists()
    assert place.environment.url.startswith("http://127.0.0.1:")
    with PredictionClient.over_tcp(place.environment.endpoint) as client:
        assert client.predict(b"").status == 503


def test_a_renewed_certificate_is_shown_by_the_gateway_that_runs(workspace: Workspace) -> None:
    start(workspace)
    place = place_for_emergency(workspace, "production")
    engine, name = workspace.engine(place.engine_name), workspace.container_name("gateway-production")
    running, laid = engine.status(name), workspace.folder / "run" / "production" / "endpoint.pem"

    def renew() -> bytes:
        endpoints.renew_certificate(workspace, "production", place.rules, reader=engine.owner[0])
        return laid.read_bytes()

    first = laid.read_bytes()
    assert renew() == first
    lay_certificate(workspace.folder, begins=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(ConfigInvalid, match="holds from"):
        renew()
    assert laid.read_bytes() == first
    assert statuses(workspace) == (503, 503, 401)
    lay_certificate(workspace.folder)
    assert renew() != first
    assert statuses(workspace) == (503, 503, 401)
    assert engine.status(name).container_id == running.container_id
    (told,) = events.list_events(workspace.registry.read(), kind="CertificateRenewed")
    assert str(told).startswith("production shows a renewed certificate, which holds until 20")


def test_a_guard_that_was_never_laid_is_not_done_without(tmp_path: Path) -> None:
    made = init_workspace(under_git(lay_down(tmp_path / "project")), folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(made)
    try:
        for rules in (
            EnvironmentPolicy(token_file="nowhere"),
            EnvironmentPolicy(listen="127.0.0.1:1", token_file="nowhere"),
        ):
            with pytest.raises(ConfigInvalid, match="nowhere cannot be read"):
                endpoints.settle(made, "production", rules, reader=0)
        assert environments.find(made.registry.read(), "production") is None
    finally:
        made.close()
