"""Nobody is connected: servers whose answers turn wrong, in production and in staging, are noticed on either engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stories.loans import live, made_once
from stories.pictures import add_version
from stories.shells import kill_worker, worker_pid
from stories.soundness import await_that
from stories.weather import make_three, open_copy, release_to_gate, version_answering

from mltui.cli.main import run
from mltui.domain.deployment import Deployment
from mltui.operations.acting.wake import wake_worker
from mltui.operations.standing.state import require_version
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments, events
from mltui.worker.environments import packaging, servers
from mltui.workspace import Workspace

pytestmark = pytest.mark.parametrize("engine", ["process", pytest.param("docker", marks=pytest.mark.docker)])
RULES = """
[environments.staging]
keep_warm = 0
smoke_every_seconds = 0.5
latency_limit_ms = 5000

[environments.production]
after = "staging"
"""
PAGER = """
[notify.pager]
run = ["{program}"]
on = ["SmokeFailed", "SmokeRecovered", "RolledBack"]
"""


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """What a program outside is told, a line each."""
    heard = tmp_path / "heard"
    heard.touch()
    return heard


@pytest.fixture
def workspace(made: Path, heard: Path, tmp_path: Path) -> Iterator[Workspace]:
    """v3 answers in production, v2 is warm; the worker looks all the time."""
    with open_copy(made, tmp_path / "place", prepare=partial(_rule, heard)) as opened:
        yield opened
        verify_history(opened)


@pytest.fixture
def made(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, f"three-in-production-{engine}", partial(make_three, engine))


def _rule(heard: Path, folder: Path) -> None:
    program, policy = heard.with_name("page"), folder / "policy.toml"
    program.write_text(f"#!/bin/sh\ncat >> {heard}\n")
    program.chmod(0o755)
    text = policy.read_text().replace("smoke_every_seconds = 5", "smoke_every_seconds = 0.5")
    policy.write_text(text.replace("[environments.production]\n", RULES) + PAGER.format(program=program))


def kinds(heard: Path) -> list[str]:
    return [json.loads(line)["event"]["kind"] for line in heard.read_text().splitlines()]


def told(workspace: Workspace, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Exit code and answer of a command."""
    code = run(["--workspace", str(workspace.folder), "--batch", *words])
    return code, json.loads(capsys.readouterr().out)


def newest(workspace: Workspace, environment: str) -> Deployment:
    return deployments.of_environment(workspace.registry.read(), environment)[-1]


def let_answer_wrongly(workspace: Workspace, *deployed: Deployment) -> None:
    """Each gets a server that says that it is the right one, and takes dark for light; it stays until it is ended."""
    flipped = require_version(workspace, f"v{add_version(workspace, slope=-5)}")
    image = packaging.build(workspace, flipped, engine_name=deployed[0].engine).image_id
    kill_worker(workspace)
    for each in deployed:
        (server,) = servers.server_names(workspace, each)
        spec, engine = servers.spec_of(workspace, each, server), workspace.engine(each.engine)
        model = servers.model_folder(workspace, flipped)
        mounts = [replace(mount, source=model) if mount.target == "/mltui/model" else mount for mount in spec.mounts]
        engine.remove(spec.name)
        engine.start(replace(spec, image=image, mounts=tuple(mounts)))
    wake_worker(workspace)
    await_that(lambda: worker_pid(workspace) is not None, what="the worker watches")


def turns(workspace: Workspace) -> list[str]:
    found = events.list_events(workspace.registry.read(), subject="r4", limit=1000)
    return [event.kind for event in found if event.kind in ("RequestTurnedStale", "RequestFreshAgain")]


def test_wrong_answers_are_told_outside_make_a_request_stale_and_are_rolled_back(
    workspace: Workspace, heard: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = release_to_gate(workspace, 4)
    assert release == "r4"
    staged, in_production = newest(workspace, "staging"), newest(workspace, "production")
    assert told(workspace, capsys, "status")[0] == 0
    let_answer_wrongly(workspace, staged, in_production)
    await_that(lambda: "SmokeFailed" in kinds(heard), what="somebody is told that it is ill")
    await_that(lambda: turns(workspace) == ["RequestTurnedStale"], what="the request turns stale")
    code, answer = told(workspace, capsys, "approve", "v4")
    assert (code, answer["error"]["code"]) == (4, "stale")
    await_that(lambda: kinds(heard) == ["SmokeFailed"] * 2, what="both are told")
    code, answer = told(workspace, capsys, "status")
    assert (code, answer["error"]["code"]) == (5, "ill")
    assert "the smoke in staging fails" in answer["data"]["stale"]["r4"]
    assert (live(workspace), version_answering(workspace)) == (3, "v3")

    servers.remove_servers(workspace, staged)
    servers.remove_servers(workspace, in_production)
    await_that(lambda: turns(workspace) == ["RequestTurnedStale", "RequestFreshAgain"], what="the request is fresh")
    await_that(lambda: kinds(heard)[2:] == ["SmokeRecovered"] * 2, what="both are well again")
    assert told(workspace, capsys, "status")[0] == 0

    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("bake_seconds", "rolls_back_when_ill = true\nbake_seconds"))
    let_answer_wrongly(workspace, in_production)
    await_that(lambda: live(workspace) == 2, what="it is taken back")
    await_that(lambda: kinds(heard)[4:] == ["SmokeFailed", "RolledBack", "SmokeRecovered"], what="that is told, too")
    assert version_answering(workspace) == "v2"
