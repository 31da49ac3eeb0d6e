"""The Docker engine: one connection, its images and its containers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from mltui.engines.base import ContainerSpec, EngineReport, Image, ImageRecipe, LogLine, Status
from mltui.engines.docker_client import docker_errors, open_api
from mltui.engines.docker_containers import DockerContainers
from mltui.engines.docker_images import DockerImages
from mltui.engines.docker_specs import unenforced_by

UNPRIVILEGED_ID = 65532
"""User and group of the programs where the worker is root."""


class DockerEngine:
    """`gid` is the group of the workspace's files. Connects at the first call."""

    name = "docker"

    def __init__(self, *, gid: int) -> None:
        is_root = os.geteuid() == 0
        self.owner = (UNPRIVILEGED_ID, UNPRIVILEGED_ID) if is_root else (os.geteuid(), gid)
        self._connection: Any = None
        self._lock = threading.Lock()
        self._images = DockerImages(self._api)
        self._containers = DockerContainers(
            self._api, uid=self.owner[0], gid=self.owner[1], extra_groups=(gid,) if is_root and gid != 0 else ()
        )

    def _api(self) -> Any:
        with self._lock:
            if self._connection is None:
                self._connection = open_api()
            return self._connection

    def _info(self) -> Mapping[str, Any]:
        with docker_errors("ask Docker about itself"):
            info: Mapping[str, Any] = self._api().info()
            return info

    @property
    def unenforced(self) -> frozenset[str]:
        """What the daemon's kernel cannot hold; needs the daemon."""
        return unenforced_by(self._info())

    def check(self) -> EngineReport:
        info = self._info()
        return EngineReport(self.name, info["ServerVersion"], info["NCPU"], info["MemTotal"])

    def image_key(self, recipe: ImageRecipe) -> str:
        return self._images.key(recipe)

    def find_image(self, recipe: ImageRecipe) -> str | None:
        return self._images.find(self._images.key(recipe))

    def build(self, recipe: ImageRecipe, *, on_line: Callable[[str], None]) -> str:
        return self._images.build(recipe, key=self._images.key(recipe), on_line=on_line)

    def has_image(self, image_id: str) -> bool:
        return self._images.has(image_id)

    def images(self) -> Sequence[Image]:
        return self._images.all()

    def give_up_images(self, owner: str, *, only: Collection[str] | None = None) -> Sequence[str]:
        return self._images.give_up(owner, only=only)

    def start(self, spec: ContainerSpec) -> Status:
        return self._containers.start(spec)

    def status(self, name: str) -> Status:
        return self._containers.status(name)

    def logs(self, name: str, *, after_nanoseconds: int = 0) -> Iterator[LogLine]:
        return self._containers.logs(name, after_nanoseconds=after_nanoseconds)

    def wait(self, name: str, *, timeout_seconds: float) -> Status:
        return self._containers.wait(name, timeout_seconds=timeout_seconds)

    def restart(self, name: str) -> Status:
        return self._containers.restart(name)

    def stop(self, name: str, *, timeout_seconds: float = 10) -> Status:
        return self._containers.stop(name, timeout_seconds=timeout_seconds)

    def set_restart_policy(self, name: str, policy: Literal["no", "always"]) -> None:
        self._containers.set_restart_policy(name, policy)

    def remove(self, name: str) -> None:
        self._containers.remove(name)

    def list(self, labels: Mapping[str, str]) -> list[Status]:
        return self._containers.list(labels)
