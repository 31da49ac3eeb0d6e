"""Gateways: one an environment, its file rendered from the registry, its weights set through the admin socket."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from mltui.domain.deployment import Deployment, DeploymentState, Environment
from mltui.domain.policy import EnvironmentPolicy
from mltui.domain.shares import weights
from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec, Limits, Mount, State
from mltui.errors import Unreachable
from mltui.registry import deployments, environments
from mltui.serving.admin import BackendNotUp, GatewayAdmin, GatewayUnreachable
from mltui.serving.gateway import MAX_WEIGHT, Backend, ServerState, render
from mltui.worker.environments import endpoints, habits
from mltui.worker.environments.images import gateway_recipe
from mltui.worker.environments.servers import SOCKET, server_names
from mltui.worker.faults import GATEWAY_SILENT
from mltui.workspace import Workspace

ANSWER_SECONDS = 20.0
PATIENCE_SECONDS = 5.0
"""How long a gateway that runs may be silent before it is replaced, which breaks off what goes through it."""
UP_SECONDS = 15.0
DRAIN_SECONDS = 30.0
"""How long a server that was left may take to answer what it has."""
_KNOWN_TO_GATEWAY = (DeploymentState.LIVE, DeploymentState.CANARY, DeploymentState.WARM)


def gateway_spec(workspace: Workspace, environment: str, *, image: str) -> ContainerSpec:
    """HAProxy on the host's network. It sees every server's socket; no server sees its admin socket."""
    folder = workspace.sockets_folder
    return ContainerSpec(
        name=workspace.container_name(f"gateway-{environment}"),
        image=image,
        argv=("haproxy", "-db", "-f", f"{environment}/haproxy.cfg"),
        mounts=(
            Mount(folder, "/mltui/run"),
            Mount(folder / environment, f"/mltui/run/{environment}", is_read_only=False),
        ),
        workdir="/mltui/run",
        limits=Limits(memory_bytes=256 * 1024 * 1024),
        labels={LABEL_WORKSPACE: workspace.uuid, "mltui.gateway": environment},
        network="host",
        restart="always",
    )


def ensure_gateway(
    workspace: Workspace, environment: str, *, engine_name: str, rules: EnvironmentPolicy
) -> GatewayAdmin:
    """The environment's gateway, answering; started with the file of the registry's truth when it is not running.

    One that answers keeps its endpoint and its guard, whatever the rules say by now: the next start takes those.
    """
    engine = workspace.engine(engine_name)
    (workspace.sockets_folder / environment).mkdir(parents=True, exist_ok=True)
    admin = admin_of(workspace, environment)
    name = workspace.container_name(f"gateway-{environment}")
    if not (
        _has_endpoint(workspace, environment)
        and engine.status(name).state is State.RUNNING
        and _answers_within(admin, PATIENCE_SECONDS)
    ):
        endpoints.settle(workspace, environment, rules, reader=engine.owner[0])
        known = habits.settle(workspace, environment, rules)
        engine.remove(name)
        write_file(workspace, known, truth(workspace, known))
        image = engine.build(gateway_recipe(workspace_uuid=workspace.uuid), on_line=lambda line: None)
        engine.start(gateway_spec(workspace, environment, image=image))
        _await_answer(admin, environment, known.endpoint)
    return admin


def end_gateway(workspace: Workspace, environment: str, *, engine_name: str) -> None:
    """Nothing answers on the endpoint any more, not even with 503."""
    workspace.engine(engine_name).remove(workspace.container_name(f"gateway-{environment}"))


def _has_endpoint(workspace: Workspace, environment: str) -> bool:
    known = environments.find(workspace.registry.read(), environment)
    return known is not None and bool(known.endpoint)


def admin_of(workspace: Workspace, environment: str) -> GatewayAdmin:
    return GatewayAdmin(workspace.sockets_folder / environment)


def truth(workspace: Workspace, environment: Environment) -> tuple[Backend, ...]:
    """What the gateway should know by the registry: those that answer with their parts, the warm ones with none."""
    return backends(workspace, environment.name, environment.percents)


def backends(workspace: Workspace, environment: str, percents: Mapping[int, int]) -> tuple[Backend, ...]:
    """Those of `percents`, deployment id → percent, and what else should run there with no weight."""
    found: dict[str, Backend] = {}
    known = deployments.of_environment(workspace.registry.read(), environment)
    weighed = weights(percents, {each.id: each.replicas for each in known}, most=MAX_WEIGHT)
    for deployment in known:
        if deployment.id in percents or deployment.state in _KNOWN_TO_GATEWAY:
            for one in backends_of(workspace, deployment, weight=weighed.get(deployment.id, 0)):
                if deployment.id in percents or one.name not in found:
                    found[one.name] = one
    return tuple(found.values())


def backends_of(workspace: Workspace, deployment: Deployment, *, weight: int) -> tuple[Backend, ...]:
    """One for each of its servers."""
    names = server_names(workspace, deployment)
    return tuple(Backend(name=server, socket=f"{server}/{SOCKET}", weight=weight) for server in names)


def write_file(workspace: Workspace, environment: Environment, backends: tuple[Backend, ...]) -> None:
    """Replaces the gateway's file in one motion; only its next start reads it."""
    folder = workspace.sockets_folder / environment.name
    folder.mkdir(parents=True, exist_ok=True)
    guard = endpoints.gateway_guard(workspace, environment)
    wont = habits.of_environment(environment)
    text = render(environment.name, environment.endpoint, backends, habits=wont, admin_mode="660", guard=guard)
    temporary = folder / "haproxy.cfg.new"
    temporary.write_text(text, "utf-8")
    temporary.chmod(0o644)
    temporary.replace(folder / "haproxy.cfg")


def shift(workspace: Workspace, admin: GatewayAdmin, environment: Environment, backends: tuple[Backend, ...]) -> None:
    """Weights as given: the file first, so that a restart in between comes up right, then the running gateway."""
    write_file(workspace, environment, backends)
    with _translated(environment.name):
        admin.shift(backends, timeout_seconds=UP_SECONDS)


def introduce(workspace: Workspace, admin: GatewayAdmin, deployment: Deployment) -> None:
    """The running gateway knows the deployment's servers and sees them up; no weight changes."""
    with _translated(admin.environment):
        for each in backends_of(workspace, deployment, weight=0):
            admin.introduce(each, timeout_seconds=UP_SECONDS)


def try_shift(
    workspace: Workspace, admin: GatewayAdmin, environment: Environment, backends: tuple[Backend, ...]
) -> None:
    """As `shift`, but while a server that is to have weight is not up, the running gateway stays as it is."""
    write_file(workspace, environment, backends)
    with _translated(environment.name), suppress(BackendNotUp):
        admin.shift(backends, timeout_seconds=0)


def states(admin: GatewayAdmin) -> list[ServerState]:
    """Every server that the running gateway knows."""
    with _translated(admin.environment):
        return admin.servers()


def is_busy(admin: GatewayAdmin, server: str) -> bool:
    """Whether the running gateway waits for an answer of this server."""
    return any(state.name == server and state.sessions > 0 for state in states(admin))


def drop(admin: GatewayAdmin, server: str) -> None:
    """Takes a server of weight 0 out of the running gateway; what it still works on is broken off."""
    with _translated(admin.environment):
        admin.remove(server, drain_seconds=0)


@contextmanager
def _translated(environment: str) -> Iterator[None]:
    try:
        yield
    except (GatewayUnreachable, BackendNotUp) as error:
        raise Unreachable(
            f"the gateway of {environment} does not do what it was told: {error}",
            hint="mltui env show tells more",
            code=GATEWAY_SILENT,
        ) from error


def _await_answer(admin: GatewayAdmin, environment: str, endpoint: str) -> None:
    if not _answers_within(admin, ANSWER_SECONDS):
        raise Unreachable(
            f"the gateway of {environment} does not answer",
            hint=f"is the port of {endpoint} free? its log has the reason",
            code=GATEWAY_SILENT,
        )


def _answers_within(admin: GatewayAdmin, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not admin.is_answering():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
