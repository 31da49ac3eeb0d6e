"""What answered where, what people remarked, and who is there."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from typing import Any

from mltui.domain.deployment import DeploymentState, Environment
from mltui.operations.standing.installation import KEY as INSTALLED
from mltui.processes import start_ticks
from mltui.registry import deployments, environments, meta, notes, presence, smokes, versions
from mltui.registry import worker as heartbeat
from mltui.registry.presence import Presence
from mltui.registry.smokes import Smoke
from tui.scene_ground import HOURS, NOW, Scene, ago, digest


def add_places(scene: Scene, tx: sqlite3.Connection) -> None:
    """v2 was rolled back to v1, then v3 came by a release of its own."""
    moves = (
        ("staging", 3, 3, 98.0, None, None, DeploymentState.GONE, {}),
        ("staging", 5, 5, 5.9, None, None, DeploymentState.LIVE, {}),
        ("production", 1, 1, 198.0, 148.0, None, DeploymentState.RESTORED,
         {"is_baked": True, "was_healthy_when_replaced": True}),
        ("production", 2, 2, 148.0, 140.0, None, DeploymentState.COLD,
         {"is_baked": True, "withdrawn_reason": scene.say("wrong on pictures taken at night")}),
        ("production", 1, None, 140.0, 98.0, 3, DeploymentState.WARM, {"was_healthy_when_replaced": True}),
        ("production", 3, 3, 98.0, None, None, DeploymentState.LIVE, {"is_baked": True}),
    )  # fmt: skip
    for place, version, release, since, until, restores, state, more in moves:
        _move(scene, tx, (place, version, release, since, until, restores, state), more)
    smoked: Mapping[str, Any] = {"smoked_at": ago(seconds=20), "is_smoke_green": True}
    environments.save(tx, Environment("staging", 2, endpoint="127.0.0.1:8502", **smoked))
    environments.save(tx, Environment("production", 6, endpoint="127.0.0.1:8501", **smoked))
    _add_smokes(tx)
    told = {"environment": "production", "left": "d4", "restored": "d5", "version": "v1"}
    scene.tell("RolledBack", "production", told, at=ago(hours=140), by="ann")


def _add_smokes(tx: sqlite3.Connection) -> None:
    """Of an hour; one failed, and some were slow before it."""
    for minute in range(60):
        p95_ms = 5.0 + minute * 7 % 5 / 10 + (6.0 if 20 <= minute < 24 else 0.0)
        smokes.add(tx, Smoke("production", ago(seconds=20, minutes=59 - minute), minute != 24, p95_ms))


def _move(scene: Scene, tx: sqlite3.Connection, facts: tuple[Any, ...], more: Mapping[str, Any]) -> None:
    place, version, release, since, until, restores, state = facts
    found = versions.find(tx, version)
    made = deployments.add(
        tx,
        environment=place,
        version_id=version,
        release_id=release,
        restores_id=restores,
        state=state,
        package=digest(f"package {version}"),
        image_id="" if found is None else f"sha256:{found.model}",
        engine="process",
        cpus=2.0,
        memory_bytes=403 * 2**20,
        created_at=ago(hours=since),
        live_from=ago(hours=since),
        live_until=None if until is None else ago(hours=until),
        **more,
    )
    told = {"environment": place, "deployment": f"d{made.id}", "version": f"v{version}"}
    scene.tell("TrafficShifted", place, told, at=ago(hours=since))


def add_remarks(scene: Scene, tx: sqlite3.Connection) -> None:
    for version, text in ((3, "took the pictures of the night shift in"), (4, "large model, do not use in the dark")):
        at = ago(hours=HOURS[version] - 1)
        notes.add(tx, version_id=version, author=scene.say("bob"), text=scene.say(text), at=at)
        scene.tell("NoteAdded", f"v{version}", {"version": f"v{version}", "text": scene.say(text)}, at=at, by="bob")
    presence.save(tx, Presence(scene.say("cat"), 4242, "r5", NOW))
    own = start_ticks(os.getpid()) or 0
    heartbeat.beat(tx, pid=os.getpid(), start_ticks=own, build="1.0", host=scene.say("build-1"), at=ago(seconds=2))
    installation = {"how": "cron", "by": scene.say("ann"), "script": "/home/ann/worker.sh"}
    meta.put(tx, INSTALLED, json.dumps([installation]))
