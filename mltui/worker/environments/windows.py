"""Reads what each version has answered, at the gateway and in its servers: two readings make a window."""

from __future__ import annotations

from collections.abc import Mapping

from mltui.domain.deployment import Deployment
from mltui.domain.tally import Tally, together
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.gateway import ServerState
from mltui.serving.metrics import latencies
from mltui.worker.environments import gateways, servers
from mltui.worker.environments.place import Place
from mltui.workspace import Workspace

Reading = Mapping[str, Tally]
"""Server (`d18.1`) → what it has answered since it is counted; it can be kept as JSON."""

METRICS_SECONDS = 2.0


def read(place: Place, deployment: Deployment) -> Reading:
    """Of all of the deployment's servers; raises `Unreachable` while the gateway does not answer.

    Failures are those that the gateway saw, a server that broke off among them, also where another one answered the
    request then. Smokes through the endpoint count as requests, and so do questions for a server's metrics. A server
    that does not answer has no latencies.
    """
    known = {state.name: state for state in gateways.states(place.gateway())}
    return {
        name: _tally(place.workspace, name, known.get(name))
        for name in servers.server_names(place.workspace, deployment)
    }


def window(before: Reading, after: Reading) -> Tally:
    """What came between the readings, of all servers together."""
    return together(tally.since(before.get(server, Tally())) for server, tally in after.items())


def _tally(workspace: Workspace, server: str, state: ServerState | None) -> Tally:
    latency = _latency(workspace, server)
    if state is None:
        return Tally(latency=latency)
    return Tally(state.answered, state.refused, state.failed, latency)


def _latency(workspace: Workspace, server: str) -> Mapping[str, int]:
    folder = workspace.sockets_folder / server
    try:
        with PredictionClient.over_socket(folder, servers.SOCKET, timeout_seconds=METRICS_SECONDS) as client:
            return latencies(client.metrics())
    except ServerUnreachable:
        return {}
