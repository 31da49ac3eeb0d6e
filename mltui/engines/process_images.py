"""Images of the process engine: nothing is built, an image is a note of what it was to be made of."""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mltui.engines.base import ImageRecipe
from mltui.engines.process_records import read_json, write_json
from mltui.engines.recipes import recipe_key
from mltui.errors import Unreachable

ID_PREFIX = "process:"
_VERSION_SECONDS = 30


class ProcessImages:
    """Ids that hold for one version of the interpreter, kept in a folder with the names of their owners."""

    def __init__(self, folder: Path, *, python: Path) -> None:
        self._folder = folder
        self._python = python

    def key(self, recipe: ImageRecipe) -> str:
        return recipe_key(recipe, base_ids=())

    def find(self, recipe: ImageRecipe) -> str | None:
        image_id = self._id(recipe)
        return image_id if self.has(image_id) else None

    def make(self, recipe: ImageRecipe) -> str:
        image_id = self._id(recipe)
        self._folder.mkdir(exist_ok=True)
        known = read_json(str(self._path(image_id))) or {"owners": []}
        owners = sorted({*known["owners"], recipe.owner})
        record = {"id": image_id, "owners": owners, "interpreter": interpreter_version(self._python)}
        write_json(str(self._path(image_id)), record)
        return image_id

    def has(self, image_id: str) -> bool:
        record = read_json(str(self._path(image_id)))
        return record is not None and record["interpreter"] == interpreter_version(self._python)

    def give_up(self, owner: str, *, in_use: set[str], only: Collection[str] | None) -> list[str]:
        """Ids of those that nobody claims any more; what is in use stays claimed."""
        meant = (found for found in self._records() if only is None or found["id"] in only)
        idle = [found for found in meant if owner in found["owners"] and found["id"] not in in_use]
        for record in idle:
            record["owners"].remove(owner)
            if record["owners"]:
                write_json(str(self._path(record["id"])), record)
            else:
                self._path(record["id"]).unlink(missing_ok=True)
        return [record["id"] for record in idle if not record["owners"]]

    def _records(self) -> Iterator[Any]:
        for path in sorted(self._folder.glob("*.json")):
            record = read_json(str(path))
            if record is not None:
                yield record

    def _id(self, recipe: ImageRecipe) -> str:
        text = f"{interpreter_version(self._python)}\n{self.key(recipe)}"
        return ID_PREFIX + hashlib.sha256(text.encode()).hexdigest()

    def _path(self, image_id: str) -> Path:
        return self._folder / (hashlib.sha256(image_id.encode()).hexdigest() + ".json")


@functools.cache
def interpreter_version(python: Path) -> str:
    """The text of `sys.version` in that interpreter."""
    if str(python) == sys.executable:
        return sys.version
    command = [str(python), "-I", "-S", "-c", "import sys; print(sys.version)"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_VERSION_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unreachable(f"the interpreter {python} does not run: {error}", hint="Install mltui anew.") from error
    return ran.stdout.strip()
