"""The weathers that are others with a Docker Engine: no image registry, images that are gone, containers that are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from stories.loans import made_once
from stories.test_rollback_in_every_weather import held
from stories.weather import ANSWER_SECONDS, make_three, measure, open_copy, train_slowly

from mltui.operations.environments.lock import lock
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments
from mltui.worker.environments import images
from mltui.workspace import Workspace

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "three-in-production-docker", partial(make_three, "docker"))


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    with open_copy(made, tmp_path) as opened:
        yield opened
        verify_history(opened)


def test_in_fair_weather_while_a_run_trains_and_deploys_are_locked(workspace: Workspace) -> None:
    lock(workspace, "production", reason="incident 14")
    train_slowly(workspace)
    assert held(measure(workspace)).is_silent_at_once("v3")
    assert held(measure(workspace, undo=True), target="v3", left="v2").is_silent_at_once("v2")


def test_to_a_version_whose_container_is_gone(workspace: Workspace) -> None:
    held(measure(workspace, to_version=1), target="v1")


def test_nothing_is_pulled_where_gateway_and_server_are_made_again(workspace: Workspace) -> None:
    """As with the image registry down, which it is on a machine that reaches none."""
    for what in ("d2.1", "gateway-production"):
        workspace.engine("docker").remove(workspace.container_name(what))
    began = int(time.time())
    found = measure(workspace)
    assert (found.error, found.versions[-1]) == (None, "v2")
    assert found.first("v2") <= ANSWER_SECONDS
    assert _pulls(since=began) == []


def test_a_target_whose_image_would_be_another_package_is_passed_over(workspace: Workspace) -> None:
    second = deployments.of_environment(workspace.registry.read(), "production")[1]
    workspace.engine("docker").remove(workspace.container_name("d2.1"))
    with workspace.registry.write() as tx:
        deployments.update(tx, second.id, package="0" * 64, image_id=f"sha256:{'0' * 64}")
    found = held(measure(workspace), target="v1")
    assert found.proof is not None
    assert "another package" in found.proof.skipped[0]


def _pulls(*, since: int) -> list[str]:
    import docker

    filters = {"type": "image", "event": "pull", "image": images.BASE_IMAGE}
    with closing(docker.from_env()) as client:
        return [str(each) for each in client.events(since=since, until=int(time.time()), filters=filters, decode=True)]
