"""Pins versions, whose files then stay, and lets them go again."""

from __future__ import annotations

from mltui.domain.names import version_name
from mltui.domain.version import Pin
from mltui.errors import Refused
from mltui.operations.acting.told import told
from mltui.operations.standing.state import require_version
from mltui.registry import events, pins
from mltui.workspace import Workspace


def pin_version(workspace: Workspace, version: str, *, reason: str) -> Pin:
    """Raises `Refused` where its model is gone already; one that is pinned gets the new reason."""
    found = require_version(workspace, version)
    name, actor, at = version_name(found.id), str(workspace.actor), workspace.now()
    with told(workspace), workspace.registry.write() as tx:
        gone = pins.pruned_model(tx, found.id)
        if gone is not None:
            raise Refused(
                f"the model of {name} was pruned by {gone.author}", hint="train it again", code="model_pruned"
            )
        pin = pins.pin(tx, Pin(found.id, actor, reason or "no reason given", at))
        events.append(tx, "VersionPinned", name, {"version": name, "reason": pin.reason}, actor=actor, at=at)
    return pin


def unpin_version(workspace: Workspace, version: str) -> Pin:
    """Returns the pin that is gone; raises `Refused` where there was none."""
    found = require_version(workspace, version)
    name = version_name(found.id)
    with told(workspace), workspace.registry.write() as tx:
        pin = pins.find(tx, found.id)
        if pin is None:
            raise Refused(f"{name} is not pinned", hint=f"mltui version show {name} tells", code="not_pinned")
        pins.unpin(tx, found.id)
        events.append(tx, "VersionUnpinned", name, {"version": name}, actor=str(workspace.actor), at=workspace.now())
    return pin
