"""One call of a command: its arguments, the workspace it is about, and where events go while it works."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mltui.errors import NotFound
from mltui.workspace import Workspace, locate

if TYPE_CHECKING:
    from mltui.domain.event import Event


class Call:
    def __init__(self, arguments: argparse.Namespace, *, directory: Path, show: Callable[[Event], None]) -> None:
        self._arguments = arguments
        self.directory = directory
        self.show = show
        """Prints an event as it comes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._arguments, name)

    @property
    def workspace_flag(self) -> str | None:
        flag: str | None = self._arguments.workspace
        return flag

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace.open(locate(self.workspace_flag, directory=self.directory))

    @cached_property
    def project_folder(self) -> Path:
        """The folder of the nearest mltui.toml, here or above; in a bare repository the folder itself."""
        for folder in (self.directory, *self.directory.parents):
            if (folder / "mltui.toml").exists():
                return folder
        if (self.directory / "HEAD").exists() and (self.directory / "objects").is_dir():
            return self.directory
        raise NotFound(f"{self.directory} belongs to no project", hint="go to the folder that holds mltui.toml")

    def close(self) -> None:
        if "workspace" in self.__dict__:
            self.workspace.close()
