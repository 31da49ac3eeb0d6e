"""The protocol that every engine keeps: what is started, how it is watched, how it ends.

An engine knows nothing of runs, releases or environments. It starts what a `ContainerSpec` says, finds it again by name
after a crash, and tells how it ended. Names are unique within a workspace; labels say whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from mltui.errors import WorkFailed

LABEL_WORKSPACE = "mltui.workspace"
"""Label on every container: the UUID of the workspace that made it."""

IMAGE_MISSING = "image_missing"
"""`code` of the `WorkFailed` that `Engine.start` raises for an image that is not there: it can be built again."""


class State(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Mount:
    source: Path
    """Absolute path on the host; exists before the start."""
    target: str
    """Absolute path inside the container. The process engine rewrites it to `source` in argv, env and workdir."""
    is_read_only: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    cpus: float | None = None
    memory_bytes: int | None = None
    pids: int = 512
    shm_bytes: int = 256 * 1024 * 1024
    gpus: int = 0


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container to start.

    `argv`, the values of `env` and `workdir` may name places under a mount's `target`. In `argv` the word `python` in
    first place means the engine's interpreter.
    """

    name: str
    image: str
    """Image id as `Engine.build` returned it."""
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    limits: Limits = Limits()
    labels: Mapping[str, str] = field(default_factory=dict)
    workdir: str | None = None
    network: Literal["none", "host", "bridge"] = "none"
    restart: Literal["no", "always"] = "no"


@dataclass(frozen=True, slots=True)
class ImageRecipe:
    """What an image is made of. Equal digests mean equal recipes."""

    name: str
    """Repository part of the tag, for instance `mltui/tacos-train`."""
    dockerfile: str
    """Text of the Dockerfile. `ARG BASE_IMAGE` before `FROM ${BASE_IMAGE}` receives `base_image`."""
    files: Mapping[str, Path]
    """Build context: path inside it → file on the host. Nothing else is sent."""
    base_image: str = "python:3.11-slim"
    build_args: Mapping[str, str] = field(default_factory=dict)
    owner: str = "nobody"
    """Who needs the image, a workspace's UUID: an image that several need stays until the last has given it up."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that was made from a recipe."""

    id: str
    names: tuple[str, ...]
    """Of its recipes, for instance `mltui/serve-v7`."""
    owners: frozenset[str]
    made_at: datetime
    layers: Mapping[str, int] = field(default_factory=dict)
    """Layer → bytes, without those of the base image; several images may have the same one."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a container stands. `exit_code` is None while it runs and when the engine cannot know it."""

    name: str
    state: State
    container_id: str = ""
    image_id: str = ""
    exit_code: int | None = None
    is_oom_killed: bool = False
    peak_memory_bytes: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_succeeded(self) -> bool:
        """Exit code 0 is no success when a child was killed for memory."""
        return self.state is State.EXITED and self.exit_code == 0 and not self.is_oom_killed


def is_foreign(found: Status, spec: ContainerSpec) -> bool:
    """Whether the container that has the spec's name was made by another workspace."""
    wanted = spec.labels.get(LABEL_WORKSPACE)
    return wanted is not None and found.labels.get(LABEL_WORKSPACE) != wanted


def require_sources(spec: ContainerSpec) -> None:
    for mount in spec.mounts:
        if not mount.source.exists():
            raise WorkFailed(f"{spec.name} cannot start: {mount.source} for {mount.target} is not there")


@dataclass(frozen=True, slots=True)
class LogLine:
    nanoseconds: int
    """Since the epoch; strictly increasing within one container, so that a reader can go on after the last it has."""
    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class EngineReport:
    name: str
    version: str
    cpus: int
    memory_bytes: int


class Engine(Protocol):
    """Starts, finds, watches and ends containers.

    Every method raises `Unreachable` when the engine does not answer, and `WorkFailed` when it answers with a failure
    of the work itself (a build that fails, an image that is not there).
    """

    @property
    def name(self) -> str: ...

    @property
    def unenforced(self) -> frozenset[str]:
        """Parts of a spec that it cannot hold: of `network`, `memory`, `cpus`, `pids`, `read_only`, `user`, `gpus`."""
        ...

    @property
    def owner(self) -> tuple[int, int]:
        """User and group id that the programs run as: a file meant for them alone (0600) belongs to these."""
        ...

    def check(self) -> EngineReport:
        """Raises `Unreachable`, with what to do about it."""
        ...

    def image_key(self, recipe: ImageRecipe) -> str:
        """SHA-256 (hex) over Dockerfile, files by path and content, build arguments and the base image's id."""
        ...

    def find_image(self, recipe: ImageRecipe) -> str | None:
        """Image id of an image made from exactly this recipe, if there is one."""
        ...

    def build(self, recipe: ImageRecipe, *, on_line: Callable[[str], None]) -> str:
        """Image id, claimed for the recipe's owner; builds nothing when `find_image` finds one.

        `on_line` gets the build's log as it comes.
        """
        ...

    def has_image(self, image_id: str) -> bool: ...

    def start(self, spec: ContainerSpec) -> Status:
        """Starts the container, or takes up the one that has this name already, running or exited.

        Raises `Conflict` when the name belongs to another workspace; after a failed start nothing is left behind.
        A program that is not there fails the start or ends with 127.
        """
        ...

    def status(self, name: str) -> Status:
        """`State.ABSENT` for a name that is not there."""
        ...

    def logs(self, name: str, *, after_nanoseconds: int = 0) -> Iterator[LogLine]:
        """Lines later than the given time, each once, and then those to come, until the container has ended.

        Raises `NotFound` for a name that is not there. A line longer than 64 KiB comes in pieces.
        """
        ...

    def wait(self, name: str, *, timeout_seconds: float) -> Status:
        """Returns when it has ended or after the timeout, with its status either way."""
        ...

    def restart(self, name: str) -> Status:
        """Starts again a container that has exited. Absent: raises `NotFound`."""
        ...

    def stop(self, name: str, *, timeout_seconds: float = 10) -> Status:
        """SIGTERM, after the timeout SIGKILL. Absent or exited already: nothing happens."""
        ...

    def set_restart_policy(self, name: str, policy: Literal["no", "always"]) -> None: ...

    def remove(self, name: str) -> None:
        """Ends and forgets a container; absent is no error."""
        ...

    def list(self, labels: Mapping[str, str]) -> list[Status]:
        """All containers, running or not, that bear all these labels."""
        ...

    def images(self) -> Sequence[Image]:
        """Every image that takes room and was made from a recipe, whoever claims it."""
        ...

    def give_up_images(self, owner: str, *, only: Collection[str] | None = None) -> Sequence[str]:
        """Ends that owner's claims, on `only` these ids if they are given.

        Returns the ids of the images that are gone, being claimed and used by nobody.
        """
        ...
