"""Servers: a container for each replica of a deployment, on a unix socket in a folder of its own, without network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from mltui.domain.deployment import Deployment, root_of
from mltui.domain.names import deployment_name, version_name
from mltui.domain.version import ModelVersion
from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec, Engine, Limits, Mount, State
from mltui.errors import WorkFailed
from mltui.operations.environments.proofs import hangs
from mltui.registry import deployments, versions
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.gateway import deployment_of
from mltui.workspace import Workspace

SOCKET = "s.sock"
READY_SECONDS = 30.0
START_SECONDS = 1.0
"""After so long a server that does not run has ended."""
HANGS_SECONDS = 3.0
"""How long a server that takes a connection may be silent about whether it is ready."""
HANGS = "server_hangs"
LATE = "server_late"
ENDED = "server_ended"
STOP_SECONDS = 5.0
"""For a server that has no request any more."""


def server_names(workspace: Workspace, deployment: Deployment) -> tuple[str, ...]:
    """`d18.1`, `d18.2`, …: named after the deployment that started them, whichever restores it later."""
    known = {each.id: each for each in deployments.of_environment(workspace.registry.read(), deployment.environment)}
    name = deployment_name(root_of(deployment, known | {deployment.id: deployment}).id)
    return tuple(f"{name}.{number}" for number in range(1, deployment.replicas + 1))


def server_spec(workspace: Workspace, deployment: Deployment, *, server: str, model: Path | None) -> ContainerSpec:
    """`model` is the folder that a server without an image of its own reads."""
    environment = {
        "MLTUI_PROJECT": workspace.project_name,
        "MLTUI_VERSION": version_name(deployment.version_id),
        "MLTUI_PACKAGE": deployment.package,
        "MLTUI_DEPLOYMENT": deployment_of(server),
        "MLTUI_SOCKET": f"/mltui/run/{SOCKET}",
        "MLTUI_CPUS": str(max(1, int(deployment.cpus))),
    }
    mounts = [Mount(workspace.sockets_folder / server, "/mltui/run", is_read_only=False)]
    if model is not None:
        environment["MLTUI_MODEL"] = "/mltui/model"
        mounts.append(Mount(model, "/mltui/model"))
    return ContainerSpec(
        name=workspace.container_name(server),
        image=deployment.image_id,
        argv=("python", "-m", "mltui.serving.server"),
        env=environment,
        mounts=tuple(mounts),
        limits=Limits(cpus=deployment.cpus, memory_bytes=deployment.memory_bytes),
        labels={
            LABEL_WORKSPACE: workspace.uuid,
            "mltui.environment": deployment.environment,
            "mltui.server": server,
        },
        restart="always",
    )


def model_folder(workspace: Workspace, version: ModelVersion) -> Path:
    """The version's model folder as files, made from the store when it is not there."""
    folder = workspace.folder / "models" / version_name(version.id)
    workspace.store.materialize(version.model, folder)
    return folder


def ensure_servers(workspace: Workspace, deployment: Deployment) -> None:
    """Takes up, starts again or starts anew its servers; returns when they are ready and are what they should be."""
    start_servers(workspace, deployment)
    await_all_ready(workspace, deployment)


def start_servers(workspace: Workspace, deployment: Deployment) -> None:
    """They run then; they may not be ready yet."""
    for server in server_names(workspace, deployment):
        _start(workspace, deployment, server)


def _start(workspace: Workspace, deployment: Deployment, server: str) -> None:
    engine = workspace.engine(deployment.engine)
    spec = spec_of(workspace, deployment, server)
    status = engine.status(spec.name)
    if status.state is State.EXITED:
        engine.restart(spec.name)
    elif status.state is not State.RUNNING:
        spec.mounts[0].source.mkdir(parents=True, exist_ok=True)
        engine.start(spec)
    engine.set_restart_policy(spec.name, "always")


def is_running(workspace: Workspace, deployment: Deployment) -> bool:
    """Whether all of its servers do."""
    return set(states(workspace, deployment)) == {State.RUNNING}


def states(workspace: Workspace, deployment: Deployment) -> tuple[State, ...]:
    """One for each of its servers."""
    engine = workspace.engine(deployment.engine)
    names = server_names(workspace, deployment)
    return tuple(engine.status(workspace.container_name(server)).state for server in names)


def start_afresh(workspace: Workspace, deployment: Deployment) -> None:
    """Removes what bears the servers' names and starts them anew."""
    remove_servers(workspace, deployment)
    ensure_servers(workspace, deployment)


def remove_servers(workspace: Workspace, deployment: Deployment) -> None:
    for server in server_names(workspace, deployment):
        workspace.engine(deployment.engine).remove(workspace.container_name(server))


def clients(workspace: Workspace, deployment: Deployment, *, timeout_seconds: float) -> Iterator[PredictionClient]:
    """One after another; each is closed when the next is asked for."""
    for server in server_names(workspace, deployment):
        folder = workspace.sockets_folder / server
        with PredictionClient.over_socket(folder, SOCKET, timeout_seconds=timeout_seconds) as client:
            yield client


def await_all_ready(workspace: Workspace, deployment: Deployment) -> None:
    """They come up beside one another; raises as `await_ready` does."""
    for server in server_names(workspace, deployment):
        await_ready(workspace, deployment, server=server).close()


def await_ready(workspace: Workspace, deployment: Deployment, *, server: str) -> PredictionClient:
    """Raises `WorkFailed` when it ends, is late, or answers as another version or package."""
    began, name = time.monotonic(), workspace.container_name(server)
    folder, engine = workspace.sockets_folder / server, workspace.engine(deployment.engine)
    with PredictionClient.over_socket(folder, SOCKET, timeout_seconds=READY_SECONDS) as client:
        while (answer := _ready(client)) is None:
            waited = time.monotonic() - began
            status = engine.status(name)
            if status.state is not State.RUNNING and waited > START_SECONDS:
                raise WorkFailed(
                    f"the server of {version_name(deployment.version_id)} ended with status {status.exit_code}"
                    + (" for want of memory" if status.is_oom_killed else ""),
                    hint=last_lines(engine, name),
                    code=ENDED,
                )
            if waited > READY_SECONDS:
                raise WorkFailed(
                    f"the server of {version_name(deployment.version_id)} was not ready within {READY_SECONDS:g} s",
                    hint=last_lines(engine, name),
                    code=LATE,
                )
            time.sleep(0.02)
    _check_identity(deployment, answer)
    return PredictionClient.over_socket(folder, SOCKET)


def refuse_hanging(workspace: Workspace, deployment: Deployment) -> None:
    """Raises `WorkFailed` for a server that takes a connection and does not answer; where none listens, for none."""
    if any(hangs(workspace, server, seconds=HANGS_SECONDS) for server in server_names(workspace, deployment)):
        raise WorkFailed(
            f"its server runs and does not answer within {HANGS_SECONDS:g} s", hint="its log has the reason", code=HANGS
        )


def stop_servers(workspace: Workspace, deployment: Deployment) -> None:
    """Cold: stopped, kept, and not started again by the engine."""
    engine = workspace.engine(deployment.engine)
    for server in server_names(workspace, deployment):
        name = workspace.container_name(server)
        if engine.status(name).state is not State.ABSENT:
            engine.set_restart_policy(name, "no")
            engine.stop(name, timeout_seconds=STOP_SECONDS)


def last_lines(engine: Engine, name: str, *, count: int = 3) -> str:
    """The last lines of an ended container's log; what still runs is not waited for."""
    if engine.status(name).state is not State.EXITED:
        return "its log has the reason"
    return " | ".join(line.text for line in list(engine.logs(name))[-count:]) or "its log is empty"


def spec_of(workspace: Workspace, deployment: Deployment, server: str) -> ContainerSpec:
    """With the model folder mounted where the engine has no images."""
    model = None
    if deployment.engine == "process":
        version = versions.find(workspace.registry.read(), deployment.version_id)
        assert version is not None
        model = model_folder(workspace, version)
    return server_spec(workspace, deployment, server=server, model=model)


def _ready(client: PredictionClient) -> dict[str, object] | None:
    try:
        answer = client.ready()
    except ServerUnreachable:
        return None
    return answer if answer.get("ready") else None


def _check_identity(deployment: Deployment, answer: dict[str, object]) -> None:
    wanted = {"version": version_name(deployment.version_id), "package": deployment.package}
    for key, value in wanted.items():
        if answer.get(key) != value:
            raise WorkFailed(
                f"the server says {key} {answer.get(key)}, expected {value}",
                hint="the image is not what was approved; open a new release",
                code="server_mismatch",
            )
