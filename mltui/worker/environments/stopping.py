"""Ends the answers of an environment: 503 from there on; servers keep running."""

from __future__ import annotations

from dataclasses import replace

from mltui.registry import Connection, environments, events
from mltui.worker.environments import gateways, sharing
from mltui.worker.environments.place import Place


def silence(place: Place) -> None:
    """No server has any weight; the registry is not touched."""
    stopped = replace(place.environment, is_stopped=True)
    gateways.shift(place.workspace, place.gateway(), stopped, gateways.truth(place.workspace, stopped))


def commit_stop(tx: Connection, place: Place, *, actor: str, reason: str) -> None:
    """The registry's side of a stop, in the caller's transaction."""
    sharing.end(tx, place, but=())
    environments.save(tx, replace(place.environment, is_stopped=True, shares=()))
    data = {"environment": place.name, "reason": reason}
    events.append(tx, "EnvironmentStopped", place.name, data, actor=actor, at=place.workspace.now())
