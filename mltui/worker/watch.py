"""Watches what is live: keeps servers and gateways as the registry says, smokes production, retires what is old."""

from __future__ import annotations

import logging
import threading
import time

from mltui.domain.deployment import Deployment
from mltui.domain.version import ModelVersion
from mltui.errors import Conflict, MltuiError, Refused
from mltui.operations.environments.roll_back import request_rollback
from mltui.worker.environments import endpoints, retiring, traffic
from mltui.worker.environments.place import Place
from mltui.worker.environments.places import live_places
from mltui.worker.journal import WORKER
from mltui.worker.releases.release_work import require_release
from mltui.worker.releases.staleness import tell_staleness
from mltui.workspace import Workspace

log = logging.getLogger("mltui.worker")

LINE_SECONDS = 2.0
"""How often servers and gateways are held against the registry."""


class Watch:
    """Called once a loop; what takes long runs in a thread of its own, one an environment."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._threads: dict[str, threading.Thread] = {}
        self._looked = 0.0

    def tick(self, *, busy: frozenset[str]) -> None:
        if time.monotonic() - self._looked < LINE_SECONDS:
            return
        self._looked = time.monotonic()
        self._threads = {name: thread for name, thread in self._threads.items() if thread.is_alive()}
        for place in live_places(self._workspace):
            if place.name not in busy and place.name not in self._threads:
                thread = threading.Thread(
                    target=self._look_after, args=(place,), name=f"watch {place.name}", daemon=True
                )
                self._threads[place.name] = thread
                thread.start()

    def _look_after(self, place: Place) -> None:
        try:
            look_after(place)
        except Exception:
            log.exception("watch of %s", place.name)
        finally:
            self._workspace.registry.release()


def look_after(place: Place) -> None:
    """One look: in line, smoked when due, stale requests told, the retired put away; a failure of one stops none."""
    for look in (_bring_in_line, _smoke_when_due, tell_staleness, retiring.settle):
        try:
            look(place)
        except MltuiError as error:
            log.warning("watch of %s: %s", place.name, error.message)


def _bring_in_line(place: Place) -> None:
    """Leaves at once when a motion is under way, and waits for no server, so that no motion waits for it."""
    lock = place.workspace.traffic_lock(place.name)
    if not lock.acquire(blocking=False):
        return
    try:
        if not traffic.is_in_line(place):
            traffic.reconcile(place)
    finally:
        lock.release()


def _smoke_when_due(place: Place) -> None:
    environment, current = place.environment, place.current()
    if current is None or environment.is_stopped:
        return
    now = place.workspace.now()
    if (
        environment.smoked_at is not None
        and (now - environment.smoked_at).total_seconds() < place.rules.smoke_every_seconds
    ):
        return
    _renew_certificate(place)
    version = traffic.version_of(place.workspace, current)
    report = traffic.smoke_in_line(place, version)
    traffic.record_smoke(place, report, version_id=version.id, at=place.workspace.now())
    if not report.is_green and place.rules.rolls_back_when_ill:
        _roll_back_when_ill(place, current, version)


def _renew_certificate(place: Place) -> None:
    """Not while a motion is under way, which may start another gateway; what cannot be used now changes nothing."""
    lock = place.workspace.traffic_lock(place.name)
    if not lock.acquire(blocking=False):
        return
    try:
        reader = place.workspace.engine(place.engine_name).owner[0]
        endpoints.renew_certificate(place.workspace, place.name, place.rules, reader=reader)
    except (MltuiError, OSError) as error:
        log.warning("%s keeps the certificate that it has: %s", place.name, error)
    finally:
        lock.release()


def _roll_back_when_ill(place: Place, current: Deployment, version: ModelVersion) -> None:
    """Asks a second time at once, so that one slow moment moves nothing; a release in its bake takes itself back."""
    brought_by = None if current.release_id is None else require_release(place.workspace, current.release_id)
    if brought_by is not None and not brought_by.state.is_over:
        return
    report = traffic.smoke_in_line(place, version)
    traffic.record_smoke(place, report, version_id=version.id, at=place.workspace.now())
    if report.is_green:
        return
    try:
        reason = f"smoke failed twice: {report.sentence}"
        request_rollback(place.workspace, place.name, reason=reason, leaving=current.id, actor=WORKER)
    except (Refused, Conflict) as error:
        log.warning("%s stays ill: %s", place.name, error.message)
