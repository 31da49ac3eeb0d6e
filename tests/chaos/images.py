"""The images of the world's steps, servers and gateway, built where a build reaches the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stories.loans import end, hold_worker_lock, train
from stories.pictures import add_version, make_picture_project, make_picture_workspace

from mltui.registry import versions
from mltui.worker.environments import packaging
from mltui.worker.environments.images import gateway_recipe
from mltui.workspace import Workspace


@contextmanager
def built_images(folder: Path, *, models: int) -> Iterator[list[str]]:
    """Names, on the engine of the machine; a server's image for the first `models` slopes."""
    import docker

    project = make_picture_project(folder / "project")
    workspace = make_picture_workspace(project, folder / "workspace", engine="docker")
    hold_worker_lock(workspace)
    try:
        train(workspace, project, "train.slope=1")
        for slope in range(2, models + 1):
            add_version(workspace, slope=slope)
        _build(workspace)
        with closing(docker.from_env()) as client:
            tags = [tag for image in client.images.list() for tag in image.tags]
        yield [tag for tag in tags if tag.endswith(f"-{workspace.uuid}")]
    finally:
        end(workspace)
        workspace.engine("docker").give_up_images(workspace.uuid)
        workspace.close()


def _build(workspace: Workspace) -> None:
    for number in range(1, (latest.id if (latest := versions.latest(workspace.registry.read())) else 0) + 1):
        version = versions.find(workspace.registry.read(), number)
        assert version is not None
        packaging.build(workspace, version, engine_name="docker")
    workspace.engine("docker").build(gateway_recipe(workspace_uuid=workspace.uuid), on_line=lambda line: None)
