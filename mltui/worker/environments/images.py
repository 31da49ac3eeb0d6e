"""Recipes of the images: which Dockerfile and which files each step and server is made of. Reads only our own files."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mltui.engines.base import ImageRecipe

PACKAGE = Path(__file__).resolve().parent.parent.parent
"""The installed `mltui` package."""
IMAGES = PACKAGE / "templates" / "images"
SERVING_REQUIREMENTS = PACKAGE / "serving" / "requirements.txt"

BASE_IMAGE = "python:3.11-slim"
"""Of servers and gateways; a project chooses its own for its steps."""
_SLIM_STEPS = ("prepare", "evaluate", "register")
_TRAIN = {
    "image": ("torch.Dockerfile", "requirements-torch.txt"),
    "table": ("sklearn.Dockerfile", "requirements-sklearn.txt"),
}


def step_recipe(step: str, *, template: str | None, base_image: str, workspace_uuid: str) -> ImageRecipe:
    """Recipe of one of our own steps; `template` matters for train alone."""
    if step in _SLIM_STEPS:
        dockerfile, requirements = IMAGES / "slim.Dockerfile", SERVING_REQUIREMENTS
    else:
        name, requirements_name = _TRAIN[template or "image"]
        dockerfile, requirements = IMAGES / name, IMAGES / requirements_name
    return ImageRecipe(
        name=f"mltui/{step if step in _SLIM_STEPS else f'{step}-{template}'}",
        dockerfile=dockerfile.read_text("utf-8"),
        files={"requirements.txt": requirements, **module_files(step_module(step, template))},
        base_image=base_image,
        owner=workspace_uuid,
    )


def project_recipe(step: str, *, dockerfile: Path, base_image: str, workspace_uuid: str) -> ImageRecipe:
    """Recipe of a project's own step: its Dockerfile, and the files of the folder that holds it."""
    folder = dockerfile.parent
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != dockerfile
    }
    return ImageRecipe(
        name=f"mltui/project-{step}",
        dockerfile=dockerfile.read_text("utf-8"),
        files=files,
        base_image=base_image,
        owner=workspace_uuid,
    )


def serving_recipe(version: str, *, model: Path, workspace_uuid: str) -> ImageRecipe:
    """Recipe of the immutable image that serves one model folder."""
    return ImageRecipe(
        name=f"mltui/serve-{version}",
        dockerfile=(IMAGES / "serving.Dockerfile").read_text("utf-8"),
        files={
            "requirements.txt": SERVING_REQUIREMENTS,
            **module_files("mltui.serving.server"),
            **{
                f"model/{path.relative_to(model).as_posix()}": path
                for path in sorted(model.rglob("*"))
                if path.is_file()
            },
        },
        base_image=BASE_IMAGE,
        owner=workspace_uuid,
    )


def gateway_recipe(*, workspace_uuid: str) -> ImageRecipe:
    return ImageRecipe(
        name="mltui/gateway",
        dockerfile=(IMAGES / "gateway.Dockerfile").read_text("utf-8"),
        files={},
        base_image=BASE_IMAGE,
        owner=workspace_uuid,
    )


def sources_digest() -> str:
    """SHA-256 (hex) over the serving sources by path and content, requirements left out."""
    digest = hashlib.sha256()
    for name, path in sorted(module_files("mltui.serving.server").items()):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def requirements_digest() -> str:
    return hashlib.sha256(SERVING_REQUIREMENTS.read_bytes()).hexdigest()


def step_module(step: str, template: str | None) -> str:
    """The program of one of our own steps, for `python -m`."""
    return f"mltui.steps.{step}_{template}" if step == "train" else f"mltui.steps.{step}"


@cache
def module_files(module: str) -> Mapping[str, Path]:
    """Path in the build context → file, of a module and of all our modules that it imports, however far away."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _module_path(name)
        if path is None or (key := f"mltui/{path.relative_to(PACKAGE).as_posix()}") in found:
            continue
        found[key] = path
        waiting += _imports(path)
        waiting += [parent for parent in (name.rpartition(".")[0],) if parent]
    return found


def _module_path(name: str) -> Path | None:
    place = PACKAGE.joinpath(*name.split(".")[1:])
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.partition(".")[0] == "mltui"]
