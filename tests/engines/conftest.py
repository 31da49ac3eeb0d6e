from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_harness import Harness, make_harness, make_recipe, played

from mltui.engines.base import LABEL_WORKSPACE, ImageRecipe
from mltui.engines.docker import DockerEngine
from mltui.engines.process import ProcessEngine
from mltui.engines.recording import RecordingEngine, World


@pytest.fixture(scope="session")
def docker_image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ImageRecipe, str]]:
    engine = DockerEngine(gid=0)
    recipe = make_recipe(tmp_path_factory.mktemp("recipe"), owner=uuid.uuid4().hex)
    yield recipe, engine.build(recipe, on_line=lambda line: None)
    engine.give_up_images(recipe.owner)


@pytest.fixture
def recording(tmp_path: Path) -> Harness:
    world = World()
    engine = RecordingEngine(played, world=world)
    return make_harness(engine, lambda: RecordingEngine(played, world=world), make_recipe(tmp_path), tmp_path)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Harness]:
    engine = ProcessEngine(tmp_path / "state")
    yield make_harness(engine, lambda: ProcessEngine(tmp_path / "state"), make_recipe(tmp_path), tmp_path)
    for status in engine.list({}):
        engine.remove(status.name)


@pytest.fixture
def docker(tmp_path: Path, docker_image: tuple[ImageRecipe, str]) -> Iterator[Harness]:
    engine = DockerEngine(gid=0)
    harness = make_harness(engine, lambda: DockerEngine(gid=0), docker_image[0], tmp_path)
    yield harness
    for status in engine.list({LABEL_WORKSPACE: harness.workspace}):
        engine.remove(status.name)


@pytest.fixture(params=["recording", "process", pytest.param("docker", marks=pytest.mark.docker)])
def harness(request: pytest.FixtureRequest) -> Harness:
    found: Harness = request.getfixturevalue(request.param)
    return found
