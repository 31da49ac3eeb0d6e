"""Of a session's workspaces nothing stays on the Docker Engine but the newest image of each recipe of ours."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import leftovers
import pytest
from engine_harness import make_recipe

from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec
from mltui.engines.docker import DockerEngine
from mltui.registry import Registry

pytestmark = pytest.mark.docker


@pytest.fixture
def engine() -> Iterator[DockerEngine]:
    engine = DockerEngine(gid=0)
    yield engine
    engine.give_up_images(leftovers.OWNER, only={each.id for each in engine.images() if "mltui/kept" in each.names})


def test_containers_and_claims_of_the_sessions_workspaces_go(engine: DockerEngine, tmp_path: Path) -> None:
    mine, others = str(uuid.uuid4()), uuid.uuid4().hex
    Registry.create(tmp_path / "a" / "workspace" / "registry.db", workspace_uuid=mine, project="loans").close()
    (tmp_path / "b").mkdir()
    recipes = [replace(make_recipe(tmp_path, owner=mine), name="mltui/kept")]
    ids = [engine.build(recipes[0], on_line=lambda line: None)]
    for owner, name in ((mine, "mltui/test"), (others, "mltui/test")):
        ids.append(engine.build(replace(make_recipe(tmp_path, owner=owner), name=name), on_line=lambda line: None))
    spec = ContainerSpec(f"mltui-{mine[:8]}-left", ids[1], ("true",), labels={LABEL_WORKSPACE: mine})
    engine.start(spec)
    try:
        leftovers.clear_away(tmp_path)
        assert [engine.has_image(each) for each in ids] == [True, False, True]
        assert engine.list({LABEL_WORKSPACE: mine}) == []
        assert {each.owners for each in engine.images() if each.id == ids[0]} == {frozenset({leftovers.OWNER})}
    finally:
        engine.give_up_images(others)
