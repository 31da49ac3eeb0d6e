"""What the Docker Engine is told and what it tells: pure translations, no connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.engines.base import ContainerSpec, Limits, Mount, State, Status

TMP_BYTES = 512 * 1024 * 1024
"""Size of the tmpfs on /tmp; it counts against the memory limit."""
LOG_FILE_BYTES = 10 * 1024 * 1024
LOG_FILES = 5

_NEVER = "0001-01-01T00:00:00Z"
_STATES = {
    "created": State.CREATED,
    "running": State.RUNNING,
    "paused": State.RUNNING,
    "restarting": State.RUNNING,
    "removing": State.EXITED,
    "exited": State.EXITED,
    "dead": State.EXITED,
}


def container_config(spec: ContainerSpec, *, uid: int, gid: int, extra_groups: tuple[int, ...] = ()) -> dict[str, Any]:
    """Body of `POST /containers/create`.

    https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
    """
    config: dict[str, Any] = {
        "Image": spec.image,
        "Entrypoint": [spec.argv[0]],
        "Cmd": list(spec.argv[1:]),
        "User": f"{uid}:{gid}",
        "Env": environment(spec.env),
        "Labels": dict(spec.labels),
        "HostConfig": _host_config(spec, extra_groups),
    }
    if spec.workdir is not None:
        config["WorkingDir"] = spec.workdir
    return config


def environment(env: Mapping[str, str]) -> list[str]:
    """HOME, USER and LOGNAME are set because the uid has no entry in the image's passwd."""
    values = {"HOME": "/tmp", "USER": "mltui", "LOGNAME": "mltui", **env}
    return [f"{key}={value}" for key, value in sorted(values.items())]


def _host_config(spec: ContainerSpec, extra_groups: tuple[int, ...]) -> dict[str, Any]:
    return {
        "AutoRemove": False,
        "CapDrop": ["ALL"],
        "GroupAdd": [str(group) for group in extra_groups],
        "Init": True,
        "LogConfig": {
            "Type": "json-file",
            "Config": {"max-size": str(LOG_FILE_BYTES), "max-file": str(LOG_FILES)},
        },
        "Mounts": [_mount(mount) for mount in spec.mounts],
        "NetworkMode": spec.network,
        "ReadonlyRootfs": True,
        "RestartPolicy": {"Name": spec.restart},
        "SecurityOpt": ["no-new-privileges:true"],
        "Tmpfs": {"/tmp": f"rw,noexec,nosuid,nodev,mode=1777,size={TMP_BYTES}"},
        **_limits(spec.limits),
    }


def _mount(mount: Mount) -> dict[str, Any]:
    return {"Type": "bind", "Source": str(mount.source), "Target": mount.target, "ReadOnly": mount.is_read_only}


def _limits(limits: Limits) -> dict[str, Any]:
    config: dict[str, Any] = {"PidsLimit": limits.pids, "ShmSize": limits.shm_bytes}
    if limits.cpus is not None:
        config["NanoCpus"] = round(limits.cpus * 1_000_000_000)
    if limits.memory_bytes is not None:
        config["Memory"] = config["MemorySwap"] = limits.memory_bytes
    if limits.gpus:
        config["DeviceRequests"] = [{"Driver": "", "Count": limits.gpus, "Capabilities": [["gpu"]]}]
    return config


def status_from(inspected: Mapping[str, Any]) -> Status:
    """From the answer of `GET /containers/{id}/json`."""
    state = inspected["State"]
    standing = _STATES[state["Status"]]
    is_known = standing is State.EXITED and state["FinishedAt"] != _NEVER
    return Status(
        name=inspected["Name"].removeprefix("/"),
        state=standing,
        container_id=inspected["Id"],
        image_id=inspected["Image"],
        exit_code=state["ExitCode"] if is_known else None,
        is_oom_killed=bool(state["OOMKilled"]),
        labels=dict(inspected["Config"]["Labels"] or {}),
    )


def unenforced_by(info: Mapping[str, Any]) -> frozenset[str]:
    """Parts of a spec that this daemon's kernel drops, from the answer of `GET /info`."""
    supported = {"memory": "MemoryLimit", "cpus": "CpuCfsQuota", "pids": "PidsLimit"}
    return frozenset(part for part, key in supported.items() if info.get(key) is False)
