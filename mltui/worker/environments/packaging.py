"""Builds what is served, and fixes its identity: model folder, serving sources, pinned requirements, base image."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

from mltui.domain.digests import digest_of
from mltui.domain.names import version_name
from mltui.domain.version import ModelVersion
from mltui.engines.base import ImageRecipe
from mltui.worker.environments import images
from mltui.worker.environments.servers import model_folder
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Package:
    digest: str
    """SHA-256 (hex) of `parts`."""
    parts: Mapping[str, str]
    image_id: str


def package_parts(workspace: Workspace, version: ModelVersion, *, engine_name: str) -> Mapping[str, str]:
    """Digests of all that decides what is served. Without containers the interpreter stands for the base image."""
    return {
        "model": version.model,
        "serving": images.sources_digest(),
        "requirements": images.requirements_digest(),
        "base": _base(workspace, version, engine_name=engine_name),
    }


def build(workspace: Workspace, version: ModelVersion, *, engine_name: str) -> Package:
    """Finds or builds the image; on `process` its id stands for the recipe alone."""
    engine = workspace.engine(engine_name)
    parts = package_parts(workspace, version, engine_name=engine_name)
    log = workspace.folder / "models" / f"{version_name(version.id)}.build.log"
    recipe = recipe_of(workspace, version)
    with log.open("a", encoding="utf-8", errors="replace") as file:
        image_id = engine.build(recipe, on_line=lambda line: print(line, file=file, flush=True))
    return Package(digest=digest_of(parts), parts=parts, image_id=image_id)


def _base(workspace: Workspace, version: ModelVersion, *, engine_name: str) -> str:
    """With containers the key of the whole image, which covers its Dockerfile and the base image's id."""
    if engine_name == "process":
        return f"python {platform.python_version()}"
    return workspace.engine(engine_name).image_key(recipe_of(workspace, version))


def recipe_of(workspace: Workspace, version: ModelVersion) -> ImageRecipe:
    return images.serving_recipe(
        version_name(version.id), model=model_folder(workspace, version), workspace_uuid=workspace.uuid
    )
