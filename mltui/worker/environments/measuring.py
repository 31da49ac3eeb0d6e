"""What a release's version and the one before it have answered so far, kept as JSON; two of these make a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from mltui.config.reading import typed
from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name
from mltui.domain.tally import Tally
from mltui.domain.traffic_window import TrafficWindow
from mltui.errors import MltuiError
from mltui.registry import smokes
from mltui.worker.environments import windows
from mltui.worker.environments.place import Place


@dataclass(frozen=True, slots=True)
class Measurement:
    at: datetime
    readings: dict[str, dict[str, Tally]] = field(default_factory=dict)
    """Deployment's name → its servers' counts."""

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Measurement:
        return typed(found, cls)

    def window_of(self, deployment: Deployment, *, since: Measurement) -> TrafficWindow:
        """What came to it in between; nothing where either does not know it."""
        name, seconds = deployment_name(deployment.id), (self.at - since.at).total_seconds()
        if name not in self.readings or name not in since.readings:
            return TrafficWindow(0, 0, seconds)
        return TrafficWindow.of(windows.window(since.readings[name], self.readings[name]), seconds=seconds)


def try_measured(place: Place) -> Mapping[str, Any]:
    """Of what is live, as JSON; nothing where nothing is, or the gateway does not answer."""
    live = place.current()
    try:
        return {} if live is None else measure(place, (live,)).as_json()
    except MltuiError:
        return {}


def usual_window(
    place: Place, deployment: Deployment, *, until: Measurement, also: Measurement | None
) -> TrafficWindow:
    """What a version answered before `until`, over the time of a bake as far as it was counted: at its smokes, or at
    `also`."""
    name = deployment_name(deployment.id)
    found = smokes.of_environment(place.workspace.registry.read(), place.name)
    known = [Measurement.from_json(each.counts) for each in found if each.counts]
    known = sorted((each for each in (*known, also) if each is not None and name in each.readings), key=_moment)
    start = until.at - timedelta(seconds=place.rules.bake_seconds)
    since = [each for each in known if each.at <= start][-1:] or known[:1]
    return until.window_of(deployment, since=since[0]) if since else TrafficWindow(0, 0, 0.0)


def _moment(measured: Measurement) -> datetime:
    return measured.at


def measure(place: Place, deployments: Iterable[Deployment]) -> Measurement:
    """Raises `Unreachable` while the gateway does not answer."""
    found = {deployment_name(each.id): dict(windows.read(place, each)) for each in deployments}
    return Measurement(place.workspace.now(), found)
