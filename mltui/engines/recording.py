"""An engine for tests: starts nothing, writes down what it was asked for, and ends things as a script says."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from mltui.engines.base import (
    IMAGE_MISSING,
    ContainerSpec,
    EngineReport,
    Image,
    ImageRecipe,
    LogLine,
    State,
    Status,
    is_foreign,
    require_sources,
)
from mltui.engines.recipes import recipe_key
from mltui.errors import Conflict, NotFound, Unreachable, WorkFailed

_EXIT_TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one start of a container goes."""

    exit_code: int | None = 0
    """None: it cannot be known."""
    is_oom_killed: bool = False
    peak_memory_bytes: int | None = None
    lines: tuple[tuple[Literal["stdout", "stderr"], str], ...] = ()
    keeps_running: bool = False
    """Until `RecordingEngine.finish` or `stop`; `stop` leaves `exit_code`, or 143 where that is 0."""
    start_failure: str = ""


@dataclass(slots=True)
class _Container:
    spec: ContainerSpec
    container_id: str
    restart: Literal["no", "always"]
    outcome: Outcome = Outcome()
    state: State = State.CREATED
    lines: list[LogLine] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """What survives an engine: give it to a second one, and that finds what the first one started."""

    images: dict[str, set[str]] = field(default_factory=dict)
    """Image id → who claims it."""
    containers: dict[str, _Container] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.RLock = field(default_factory=threading.RLock)


class RecordingEngine:
    """`specs` are the containers created, `recipes` the images built, in order. Unset `is_reachable` to cut it off.

    `outcome` is asked at each start, may write into the spec's mounts as the program would, and decides how it goes.
    """

    def __init__(
        self,
        outcome: Callable[[ContainerSpec], Outcome] = lambda spec: Outcome(),
        *,
        world: World | None = None,
        name: str = "recording",
        unenforced: frozenset[str] = frozenset(),
    ) -> None:
        self.world = world if world is not None else World()
        self.specs: list[ContainerSpec] = []
        self.recipes: list[ImageRecipe] = []
        self.is_reachable = True
        self.owner = (1000, 1000)
        self.unenforced = unenforced
        self.name = name
        self._outcome = outcome

    def finish(self, name: str, *, exit_code: int | None = 0, is_oom_killed: bool = False) -> None:
        """Ends a container that keeps running, as if its program had ended by itself."""
        container = self._require(name)
        container.outcome = Outcome(exit_code=exit_code, is_oom_killed=is_oom_killed)
        container.state = State.EXITED

    def check(self) -> EngineReport:
        self._reach()
        return EngineReport(self.name, "1", cpus=2, memory_bytes=8 * 1024**3)

    def image_key(self, recipe: ImageRecipe) -> str:
        self._reach()
        return recipe_key(recipe, base_ids=(recipe.base_image,))

    def find_image(self, recipe: ImageRecipe) -> str | None:
        image_id = f"{self.name}:{self.image_key(recipe)}"
        return image_id if image_id in self.world.images else None

    def build(self, recipe: ImageRecipe, *, on_line: Callable[[str], None]) -> str:
        image_id = f"{self.name}:{self.image_key(recipe)}"
        if image_id not in self.world.images:
            on_line(f"building {recipe.name}")
            self.recipes.append(recipe)
        self.world.images.setdefault(image_id, set()).add(recipe.owner)
        return image_id

    def has_image(self, image_id: str) -> bool:
        self._reach()
        return image_id in self.world.images

    def images(self) -> Sequence[Image]:
        """Made at the beginning of time, each with one layer of its own."""
        self._reach()
        return [
            Image(key, ("recorded",), frozenset(owners), datetime.min.replace(tzinfo=UTC), {key: 1})
            for key, owners in self.world.images.items()
        ]

    def give_up_images(self, owner: str, *, only: Collection[str] | None = None) -> Sequence[str]:
        self._reach()
        in_use = {container.spec.image for container in self.world.containers.values()}
        meant = [key for key in self.world.images if only is None or key in only]
        idle = [key for key in meant if owner in self.world.images[key] and key not in in_use]
        for image_id in idle:
            self.world.images[image_id].remove(owner)
        gone = [image_id for image_id in idle if not self.world.images[image_id]]
        for image_id in gone:
            del self.world.images[image_id]
        return gone

    def start(self, spec: ContainerSpec) -> Status:
        with self.world.lock:
            return self._start(spec)

    def _start(self, spec: ContainerSpec) -> Status:
        found = self.status(spec.name)
        if found.state is State.ABSENT:
            if not self.has_image(spec.image):
                raise WorkFailed(f"{spec.name} cannot start: there is no image {spec.image}", code=IMAGE_MISSING)
            require_sources(spec)
            identity = f"{next(self.world.numbers):064x}"
            self.world.containers[spec.name] = _Container(spec, identity, spec.restart)
            self.specs.append(spec)
        elif is_foreign(found, spec):
            raise Conflict(f"a container {spec.name} is there already, and not of this workspace")
        container = self.world.containers[spec.name]
        return self._run(container) if container.state is State.CREATED else found

    def _run(self, container: _Container) -> Status:
        outcome = self._outcome(container.spec)
        if outcome.start_failure:
            del self.world.containers[container.spec.name]
            raise WorkFailed(f"{container.spec.name} cannot start: {outcome.start_failure}")
        container.outcome = outcome
        for stream, text in outcome.lines:
            container.lines.append(LogLine(next(self.world.numbers), stream, text))
        is_running = outcome.keeps_running or container.restart == "always"
        container.state = State.RUNNING if is_running else State.EXITED
        return self._status(container)

    def status(self, name: str) -> Status:
        """Looking at a program that has ended under the policy `always` is what makes it run again."""
        self._reach()
        with self.world.lock:
            container = self.world.containers.get(name)
            if container is None:
                return Status(name, State.ABSENT)
            if container.state is State.RUNNING and not container.outcome.keeps_running:
                return self._run(container)
            return self._status(container)

    def _status(self, container: _Container) -> Status:
        has_ended = container.state is State.EXITED
        return Status(
            name=container.spec.name,
            state=container.state,
            container_id=container.container_id,
            image_id=container.spec.image,
            exit_code=container.outcome.exit_code if has_ended else None,
            is_oom_killed=has_ended and container.outcome.is_oom_killed,
            peak_memory_bytes=container.outcome.peak_memory_bytes,
            labels=dict(container.spec.labels),
        )

    def logs(self, name: str, *, after_nanoseconds: int = 0) -> Iterator[LogLine]:
        """Ends where a real one would wait, so that a test cannot hang."""
        yield from [line for line in self._require(name).lines if line.nanoseconds > after_nanoseconds]

    def wait(self, name: str, *, timeout_seconds: float) -> Status:
        return self.status(name)

    def restart(self, name: str) -> Status:
        container = self._require(name)
        return self._status(container) if container.state is State.RUNNING else self._run(container)

    def stop(self, name: str, *, timeout_seconds: float = 10) -> Status:
        self._reach()
        container = self.world.containers.get(name)
        if container is not None and container.state is State.RUNNING:
            self.finish(name, exit_code=container.outcome.exit_code or _EXIT_TERMINATED)
        return Status(name, State.ABSENT) if container is None else self._status(container)

    def set_restart_policy(self, name: str, policy: Literal["no", "always"]) -> None:
        self._require(name).restart = policy

    def remove(self, name: str) -> None:
        self._reach()
        self.world.containers.pop(name, None)

    def list(self, labels: Mapping[str, str]) -> list[Status]:
        self._reach()
        found = [one for one in self.world.containers.values() if labels.items() <= one.spec.labels.items()]
        return sorted(map(self._status, found), key=lambda status: status.name)

    def _require(self, name: str) -> _Container:
        self._reach()
        if name not in self.world.containers:
            raise NotFound(f"there is no container {name}")
        return self.world.containers[name]

    def _reach(self) -> None:
        if not self.is_reachable:
            raise Unreachable("the recording engine does not answer", hint="A test has cut it off.")
