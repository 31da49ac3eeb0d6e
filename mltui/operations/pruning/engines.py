"""Containers and images of this workspace that nothing needs; what is not its own is not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mltui.engines.base import LABEL_WORKSPACE, Engine, Image, State, Status
from mltui.operations.pruning.facts import Ages, Facts
from mltui.operations.pruning.items import Item
from mltui.registry import meta
from mltui.workspace import Workspace

_GATEWAY = "mltui/gateway"
_OF_SERVER, _OF_RUN, _OF_RELEASE = (
    re.compile(pattern) for pattern in (r"d(\d+)\.\d+", r"run-(\d+)-.+", r"(?:p|r)(\d+)[.-].+")
)


def engines_of(workspace: Workspace) -> list[Engine]:
    """Those on which anything of it was started."""
    return [workspace.engine(name) for name in meta.engines(workspace.registry.read())]


def containers(workspace: Workspace, engine: Engine) -> list[Status]:
    return engine.list({LABEL_WORKSPACE: workspace.uuid})


def is_doomed(workspace: Workspace, status: Status, facts: Facts) -> bool:
    """Of a run or a release that is long over, or of a server that no environment keeps; never one that runs."""
    what = status.name.removeprefix(workspace.container_name(""))
    if status.state not in (State.EXITED, State.CREATED):
        return False
    if match := _OF_SERVER.fullmatch(what):
        return int(match[1]) not in facts.kept_servers and not facts.is_moving
    if match := _OF_RUN.fullmatch(what):
        return int(match[1]) in facts.old_runs
    match = _OF_RELEASE.fullmatch(what)
    return match is not None and int(match[1]) not in facts.kept_releases


def doomed_images(
    workspace: Workspace, engine: Engine, images: Iterable[Image], *, facts: Facts, ages: Ages
) -> list[Image]:
    """Own ones that are old and that neither a container, a way back, a release, a pin nor the next run asks for."""
    stay = (each for each in containers(workspace, engine) if not is_doomed(workspace, each, facts))
    in_use = {each.image_id for each in stay}
    return [
        image
        for image in images
        if workspace.uuid in image.owners
        and image.made_at < ages.before
        and image.id not in facts.kept_images | in_use
        and _GATEWAY not in image.names
    ]


def weighed(doomed: Sequence[Image], images: Sequence[Image], owner: str) -> list[Item]:
    """A layer counts once, with the first image that goes; not at all where an image that stays has it."""
    going = {image.id for image in doomed if image.owners == {owner}}
    counted = {layer for image in images if image.id not in going for layer in image.layers}
    items = []
    for image in doomed:
        mine = {layer: size for layer, size in image.layers.items() if layer not in counted}
        counted |= set(mine)
        items.append(Item("images", f"{', '.join(image.names)} {image.id[7:19]}", sum(mine.values())))
    return items
