"""Containers of a Docker Engine: started, found again by name, watched, ended."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal

from mltui.engines.base import ContainerSpec, LogLine, State, Status, is_foreign, require_sources
from mltui.engines.docker_client import docker_errors
from mltui.engines.docker_logs import LineJoiner, read_frames
from mltui.engines.docker_specs import container_config, status_from
from mltui.errors import Conflict, NotFound, WorkFailed

_LOG_OVERLAP_NANOSECONDS = 5_000_000_000
_SHORTEST_WAIT_SECONDS = 0.1
_REMOVAL_SECONDS = 30
_CREATION_SECONDS = 30
_POLICY_ATTEMPTS = 50
_NAME_TAKEN = 409


class DockerContainers:
    """`uid` and `gid` are those of the programs, `extra_groups` groups beside it."""

    def __init__(self, api: Callable[[], Any], *, uid: int, gid: int, extra_groups: tuple[int, ...]) -> None:
        self._api = api
        self._uid = uid
        self._gid = gid
        self._extra_groups = extra_groups

    def start(self, spec: ContainerSpec) -> Status:
        """A container that was created and never started is the trace of a starter that died: it is started."""
        found = self.status(spec.name)
        if found.state is State.ABSENT:
            self._prepare_mounts(spec)
            found = self._created(spec)
        if is_foreign(found, spec):
            raise Conflict(
                f"a container {spec.name} is there already, and not of this workspace",
                hint="Remove it, or give a restored workspace a new identity.",
            )
        return self._start_created(spec.name) if found.state is State.CREATED else found

    def _prepare_mounts(self, spec: ContainerSpec) -> None:
        require_sources(spec)
        for mount in spec.mounts:
            if not mount.is_read_only and os.geteuid() == 0:
                os.chown(mount.source, self._uid, -1, follow_symlinks=False)

    def _created(self, spec: ContainerSpec) -> Status:
        """A name is taken a moment before its container can be seen."""
        deadline = time.monotonic() + _CREATION_SECONDS
        while True:
            self._create(spec)
            found = self.status(spec.name)
            if found.state is not State.ABSENT:
                return found
            if time.monotonic() > deadline:
                raise Conflict(f"the name {spec.name} is taken by a container that cannot be seen")
            time.sleep(_SHORTEST_WAIT_SECONDS)

    def _create(self, spec: ContainerSpec) -> None:
        from docker.errors import APIError

        config = container_config(spec, uid=self._uid, gid=self._gid, extra_groups=self._extra_groups)
        with docker_errors(f"create container {spec.name}"):
            try:
                self._api().create_container_from_config(config, spec.name)
            except APIError as error:
                if error.status_code != _NAME_TAKEN:
                    raise

    def _start_created(self, name: str) -> Status:
        try:
            with docker_errors(f"start container {name}"):
                self._api().start(name)
        except WorkFailed:
            self.remove(name)
            raise
        return self.require(name)

    def status(self, name: str) -> Status:
        from docker.errors import NotFound as ContainerNotFound

        with docker_errors(f"inspect container {name}"):
            try:
                return status_from(self._api().inspect_container(name))
            except ContainerNotFound:
                return Status(name, State.ABSENT)

    def require(self, name: str) -> Status:
        status = self.status(name)
        if status.state is State.ABSENT:
            raise NotFound(f"there is no container {name}", hint="It may have been removed by hand.")
        return status

    def logs(self, name: str, *, after_nanoseconds: int) -> Iterator[LogLine]:
        joiner = LineJoiner(after_nanoseconds=after_nanoseconds)
        is_running = self.require(name).state is State.RUNNING
        while True:
            joiner.rewind()
            since = max(0, joiner.last_nanoseconds - _LOG_OVERLAP_NANOSECONDS)
            for frame in read_frames(self._api(), name, since_nanoseconds=since, is_followed=is_running):
                yield from joiner.feed(frame)
            if not is_running:
                break
            is_running = self.status(name).state is State.RUNNING
        yield from joiner.flush()

    def wait(self, name: str, *, timeout_seconds: float) -> Status:
        deadline = time.monotonic() + timeout_seconds
        status = self.status(name)
        while status.state is State.RUNNING and (left := deadline - time.monotonic()) > 0:
            self._wait_once(name, timeout_seconds=left)
            status = self.status(name)
        return status

    def _wait_once(self, name: str, *, timeout_seconds: float) -> None:
        """Docker answers at once while a container is between two restarts, hence the shortest pause."""
        from requests.exceptions import RequestException

        asked = time.monotonic()
        with suppress(RequestException):
            self._api().wait(name, timeout=timeout_seconds)
        if time.monotonic() - asked < _SHORTEST_WAIT_SECONDS:
            time.sleep(min(_SHORTEST_WAIT_SECONDS, timeout_seconds))

    def restart(self, name: str) -> Status:
        with docker_errors(f"start container {name} again"):
            self._api().start(name)
        return self.require(name)

    def stop(self, name: str, *, timeout_seconds: float) -> Status:
        status = self.status(name)
        if status.state is State.RUNNING:
            with suppress(NotFound), docker_errors(f"stop container {name}"):
                self._api().stop(name, timeout=math.ceil(timeout_seconds))
            status = self.status(name)
        return status

    def set_restart_policy(self, name: str, policy: Literal["no", "always"]) -> None:
        """Docker refuses this to a container that dies at that moment, hence the attempts."""
        for attempt in range(_POLICY_ATTEMPTS):
            try:
                with docker_errors(f"set the restart policy of {name}"):
                    self._api().update_container(name, restart_policy={"Name": policy})
                return
            except WorkFailed:
                if attempt == _POLICY_ATTEMPTS - 1:
                    raise
                time.sleep(_SHORTEST_WAIT_SECONDS)

    def remove(self, name: str) -> None:
        try:
            with docker_errors(f"remove container {name}"):
                self._api().remove_container(name, force=True, v=True)
        except NotFound:
            return
        except Conflict:
            with suppress(NotFound), docker_errors(f"wait for the removal of {name}"):
                self._api().wait(name, condition="removed", timeout=_REMOVAL_SECONDS)

    def list(self, labels: Mapping[str, str]) -> list[Status]:
        filters = {"label": [f"{key}={value}" for key, value in labels.items()]}
        with docker_errors("list containers"):
            found = self._api().containers(all=True, filters=filters)
        statuses = [self.status(container["Id"]) for container in found]
        return sorted((one for one in statuses if one.state is not State.ABSENT), key=lambda status: status.name)
