"""What a gateway is told at its start about handing requests on; it goes on so until it is started anew."""

from __future__ import annotations

from dataclasses import replace

from mltui.domain.deployment import Environment
from mltui.domain.policy import EnvironmentPolicy
from mltui.registry import environments
from mltui.serving.gateway import GatewayHabits
from mltui.worker.environments.endpoints import free_port
from mltui.workspace import Workspace

REPLAY_BYTES = 128 * 1024
"""With this much the gateway does half of the requests that it does without; with a megabyte one in fifteen."""


def settle(workspace: Workspace, environment: str, rules: EnvironmentPolicy) -> Environment:
    """The environment, with the habits that the rules ask for now."""
    with workspace.registry.write() as tx:
        known = environments.find(tx, environment) or Environment(environment)
        wanted = replace(
            known,
            replay_bytes=REPLAY_BYTES if rules.replicas > 1 else 0,
            sticky_header=rules.sticky_header,
            metrics_endpoint=_kept(known.metrics_endpoint, rules.metrics),
        )
        return known if wanted == known else environments.save(tx, wanted)


def of_environment(environment: Environment) -> GatewayHabits:
    return GatewayHabits(environment.replay_bytes, environment.sticky_header, environment.metrics_endpoint)


def _kept(known: str, wanted: str | None) -> str:
    """Host and port; for port 0 the one that was taken before, else a free one."""
    if wanted is None:
        return ""
    host, _, port = wanted.rpartition(":")
    if port != "0":
        return wanted
    return known or f"{host}:{free_port(host)}"
