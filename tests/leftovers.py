"""What a test session leaves on the Docker Engine: its workspaces' containers and claims on images go when it ends.

The newest image of each of our own recipes stays, claimed by the tests themselves, so that the next session builds
nothing that takes long.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from mltui.engines.base import LABEL_WORKSPACE, Image
from mltui.engines.docker import DockerEngine
from mltui.engines.docker_client import docker_errors, open_api

OWNER = "tests"
_NO_RECIPES_OF_OURS = ("mltui/project-", "mltui/test", "mltui/unused")
_LARGE = {"store", "runs", "models", ".git", "processes"}


def clear_away(base: Path) -> None:
    """Of all workspaces under the session's temporary folder."""
    owners = set(workspaces_under(base))
    if not owners:
        return
    engine = DockerEngine(gid=0)
    for status in engine.list({}):
        if status.labels.get(LABEL_WORKSPACE) in owners:
            engine.remove(status.name)
    images = engine.images()
    _claim(newest_of_each(images))
    for owner in sorted(owners & {each for image in images for each in image.owners}):
        engine.give_up_images(owner)
    stay = {image.id for image in newest_of_each(images)}
    engine.give_up_images(OWNER, only={image.id for image in images} - stay)


def workspaces_under(base: Path) -> Iterator[str]:
    """Their UUIDs."""
    for place, folders, files in os.walk(base):
        folders[:] = [name for name in folders if name not in _LARGE]
        if "registry.db" in files:
            with closing(sqlite3.connect(f"file:{place}/registry.db?mode=ro", uri=True)) as registry:
                try:
                    rows = registry.execute("SELECT value FROM meta WHERE key = 'workspace_uuid'").fetchall()
                except sqlite3.Error:
                    continue
            yield from (str(row[0]) for row in rows)


def newest_of_each(images: Sequence[Image]) -> list[Image]:
    """By the name of the recipe; those of a test's own recipes are of no use to another."""
    newest: dict[str, Image] = {}
    for image in sorted(images, key=lambda each: each.made_at):
        newest |= {name: image for name in image.names if not name.startswith(_NO_RECIPES_OF_OURS)}
    return list({image.id: image for image in newest.values()}.values())


def _claim(images: Collection[Image]) -> None:
    api: Any = open_api()
    with closing(api):
        for image in images:
            for name in image.names:
                with docker_errors("keep an image for the next tests"):
                    api.tag(image.id, name, f"{image.id[7:19]}-{OWNER}")
