"""A month later all that is old is pruned while production answers and a run trains; every way back still is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from stories.loans import made_once
from stories.soundness import await_that
from stories.weather import asked, make_three, open_copy, train_slowly, version_answering

from mltui.engines.base import LABEL_WORKSPACE, ImageRecipe
from mltui.errors import Refused
from mltui.operations.environments.rollback_proof import roll_back
from mltui.operations.pruning.prune import Pruning, ages_of, plan_pruning, prune
from mltui.operations.releases.open_release import open_release
from mltui.operations.runs.resume import cancel_run
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import jobs
from mltui.workspace import Workspace, utc_now

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def workspace(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    engine = request.param
    made = made_once(tmp_path_factory, f"three-in-production-{engine}", partial(make_three, engine))
    with open_copy(made, tmp_path) as opened:
        yield opened
        verify_history(opened)


def in_a_month() -> datetime:
    return utc_now() + timedelta(days=30)


def pruned_in_a_month(workspace: Workspace) -> Pruning:
    with closing(Workspace.open(workspace.folder, now=in_a_month)) as later:
        told = plan_pruning(later, ages_of(later), with_models=True)
        found = prune(later, ages_of(later), with_models=True)
        assert found.by_kind().keys() <= told.by_kind().keys()
        return found


def test_every_way_back_is_there_after_a_prune(workspace: Workspace) -> None:
    engine = workspace.engine(workspace.policy().engine)
    unused = ImageRecipe(
        "mltui/unused", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nLABEL unused=yes\n", {}, owner=workspace.uuid
    )  # another image than the engine's probe, which the tests keep
    run = train_slowly(workspace)
    running = {each.name for each in engine.list({LABEL_WORKSPACE: workspace.uuid})}
    with asked(workspace) as found:
        first = pruned_in_a_month(workspace)
    assert {each.version for each in found.answers} == {"v3"}
    assert {each.partition(":")[0] for each in first.left} == {"images", "models"}
    assert (workspace.run_folder(int(run)) / "source").is_dir()
    assert {each.name for each in engine.list({LABEL_WORKSPACE: workspace.uuid})} == running

    cancel_run(workspace, run)
    await_that(lambda: not jobs.unfinished(workspace.registry.read()), what="the run has ended")
    image = engine.build(unused, on_line=lambda line: None)
    second = pruned_in_a_month(workspace)
    assert "models" in second.by_kind()
    assert second.left == ()
    assert engine.name == "process" or not engine.has_image(image)
    with pytest.raises(Refused, match="pruned"):
        open_release(workspace, 4)

    for how, version in (({}, "v2"), ({"undo": True}, "v3"), ({"to_version": 1}, "v1"), ({"undo": True}, "v3")):
        assert roll_back(workspace, "production", reason="it is wrong", **how).restored == version
        assert version_answering(workspace) == version
