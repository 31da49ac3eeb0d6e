"""What an image recipe comes to: key, build context, build arguments. Reads the recipe's files, starts nothing."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from mltui.engines.base import ImageRecipe
from mltui.errors import WorkFailed

DOCKERFILE = "Dockerfile"

_BUILD_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY")
_PIP_SETTINGS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
_ARG = re.compile(r"^\s*ARG\s+(\w+)(?:=(\S*))?", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def recipe_key(recipe: ImageRecipe, *, base_ids: Sequence[str]) -> str:
    """SHA-256 (hex) over Dockerfile, files (path, content, executable bit), build arguments and the bases' ids."""
    parts = {
        "dockerfile": recipe.dockerfile,
        "files": {path: [file_digest(source), is_executable(source)] for path, source in recipe.files.items()},
        "build_args": dict(recipe.build_args),
        "bases": list(base_ids),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o100)


def base_images(recipe: ImageRecipe) -> tuple[str, ...]:
    """Images that the Dockerfile starts from, in its order; neither `scratch` nor the stages that it names itself."""
    defaults = {name: value or "" for name, value in _ARG.findall(recipe.dockerfile)}
    values = {**defaults, **recipe.build_args, "BASE_IMAGE": recipe.base_image}
    stages = {"scratch"}
    found: list[str] = []
    for reference, stage in _FROM.findall(recipe.dockerfile):
        image = _VARIABLE.sub(lambda match: values.get(match[1], match[0]), reference)
        if image not in stages and image not in found:
            found.append(image)
        stages.add(stage)
    return tuple(found)


def build_arguments(recipe: ImageRecipe, *, environment: Mapping[str, str], base_id: str | None) -> dict[str, str]:
    """The recipe's own, the base image, proxies, and those of pip's settings that the Dockerfile asks for.

    The image's history shows what an `ARG` received, but for proxies.
    """
    declared = {name for name, _ in _ARG.findall(recipe.dockerfile)}
    proxies = {name for upper in _BUILD_PROXIES for name in (upper, upper.lower())}
    passed = {name: environment[name] for name in (*proxies, *(declared & set(_PIP_SETTINGS))) if name in environment}
    base = {"BASE_IMAGE": base_id or recipe.base_image} if "BASE_IMAGE" in declared else {}
    return {**passed, **recipe.build_args, **base}


def build_context(recipe: ImageRecipe) -> IO[bytes]:
    """A tar archive at its beginning; the same bytes for the same contents."""
    archive = tempfile.TemporaryFile()  # noqa: SIM115 the caller closes it
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, source in sorted(recipe.files.items()):
            try:
                with source.open("rb") as file:
                    tar.addfile(_entry(path, size=source.stat().st_size, is_program=is_executable(source)), file)
            except OSError as error:
                raise _unreadable(source, error) from error
        text = recipe.dockerfile.encode()
        tar.addfile(_entry(DOCKERFILE, size=len(text), is_program=False), io.BytesIO(text))
    archive.seek(0)
    return archive


def _entry(path: str, *, size: int, is_program: bool) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.size = size
    entry.mode = 0o755 if is_program else 0o644
    return entry


def _unreadable(path: Path, error: OSError) -> WorkFailed:
    return WorkFailed(
        f"{path} belongs into an image and cannot be read: {error.strerror}", hint="Look at the step's list of files."
    )
