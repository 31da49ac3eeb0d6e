"""No console is open and no command runs: the worker alone notices an ill version, tells of it, and takes it back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from stories.impostor import impostor_of
from stories.loans import answering, bring_to_production, live
from stories.shells import no_worker, put_away, worker_pid
from stories.soundness import assert_history, await_that

from mltui.cli.main import run
from mltui.domain.policy import EnvironmentPolicy
from mltui.operations.acting.wake import wake_worker
from mltui.registry import environments
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.watch import LINE_SECONDS, look_after
from mltui.workspace import Workspace

PAGER = """
[notify.pager]
run = ["{program}"]
on = ["SmokeFailed", "SmokeRecovered", "RolledBack"]
"""


@pytest.fixture
def released(place: Path) -> Iterator[Workspace]:
    """v2 is in production, v1 is warm; no worker is there."""
    workspace = Workspace.open(place / "workspace")
    with no_worker(workspace):
        bring_to_production(workspace, 1)
        bring_to_production(workspace, 2)
    yield workspace
    put_away(workspace)


@pytest.fixture
def heard(released: Workspace, tmp_path: Path) -> Path:
    """What a program outside is told, a line each."""
    program, heard = tmp_path / "page", tmp_path / "heard"
    program.write_text(f"#!/bin/sh\ncat >> {heard}\n")
    program.chmod(0o755)
    policy = released.folder / "policy.toml"
    policy.write_text(policy.read_text() + PAGER.format(program=program))
    heard.touch()
    return heard


def smoke_every(workspace: Workspace, seconds: float) -> None:
    policy = workspace.folder / "policy.toml"
    text = re.sub(r"smoke_every_seconds = [\d.]+", f"smoke_every_seconds = {seconds}", policy.read_text())
    policy.write_text(text)


def kinds(heard: Path) -> list[str]:
    return [json.loads(line)["event"]["kind"] for line in heard.read_text().splitlines()]


def status(workspace: Workspace) -> int:
    return run(["--workspace", str(workspace.folder), "--batch", "status"])


def test_an_ill_version_is_noticed_told_outside_and_taken_back_with_nobody_there(
    released: Workspace, heard: Path
) -> None:
    _notices_in_time(released)
    smoke_every(released, 0.2)
    wake_worker(released)
    await_that(lambda: worker_pid(released) is not None, what="the worker watches")
    with impostor_of(released, "d4.1"):
        await_that(lambda: kinds(heard) == ["SmokeFailed"], what="somebody is told that it is ill")
        assert status(released) == 5
        assert (live(released), answering(released)) == (2, "v2")
    await_that(lambda: kinds(heard) == ["SmokeFailed", "SmokeRecovered"], what="it is well again")
    assert status(released) == 0

    policy = released.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("bake_seconds", "rolls_back_when_ill = true\nbake_seconds"))
    with impostor_of(released, "d4.1"):
        await_that(lambda: live(released) == 1, what="it is taken back")
        await_that(
            lambda: kinds(heard)[2:] == ["SmokeFailed", "RolledBack", "SmokeRecovered"], what="that is told, too"
        )
        assert answering(released) == "v1"
    assert_history(released)


def _notices_in_time(workspace: Workspace) -> None:
    """A look so long after the last smoke as is usual smokes again, and one just before does not."""
    every = EnvironmentPolicy().smoke_every_seconds
    assert every + LINE_SECONDS < 120
    smoke_every(workspace, every)
    assert not _is_smoked_after(workspace, every - 1)
    assert _is_smoked_after(workspace, every)


def _is_smoked_after(workspace: Workspace, seconds: float) -> bool:
    now = workspace.now()
    with workspace.registry.write() as tx:
        before = environments.find(tx, "production")
        assert before is not None
        environments.save(tx, replace(before, smoked_at=now - timedelta(seconds=seconds)))
    look_after(place_for_emergency(replace(workspace, now=lambda: now), "production"))
    after = environments.find(workspace.registry.read(), "production")
    return after is not None and after.smoked_at == now
