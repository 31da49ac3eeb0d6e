"""A workspace that is the same on every machine: a picture project at noon of one day, with all that can happen to it.

Nothing was trained or served; rows, trees and logs are written as the loop writes them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from mltui.domain.actor import Actor
from mltui.operations.workspaces.initialise import FOLDERS
from mltui.registry import Registry
from mltui.workspace import REGISTRY_FILE, Workspace
from tui.scene_figures import Say
from tui.scene_ground import NOW, RIGHT, Scene, ago
from tui.scene_places import add_places, add_remarks
from tui.scene_releases import add_releases
from tui.scene_runs import RUNS, add_run, trees_of, write_logs

UUID = "5c3a9e1e-0000-4000-8000-000000000001"


def plain(text: str) -> str:
    return text


def lay_scene(folder: Path, *, say: Say = plain) -> Workspace:
    """The workspace, opened by ann at noon; `say` is put around every text that comes from outside of mltui."""
    folder.mkdir(parents=True)
    for name in FOLDERS:
        (folder / name).mkdir()
    (folder / "policy.toml").write_text(_policy(say), "utf-8")
    registry = Registry.create(folder / REGISTRY_FILE, workspace_uuid=UUID, project=say("tacos"))
    workspace = Workspace(folder=folder, registry=registry, actor=Actor(say("ann")), now=lambda: NOW)
    scene = Scene(workspace, say)
    trees = {version: trees_of(scene, version) for version in RIGHT}
    write_logs(workspace, say)
    with registry.write() as tx:
        scene.tell("WorkspaceCreated", "tacos", {"project": say("tacos")}, at=ago(hours=201), by="ann")
        for number in range(1, RUNS + 1):
            add_run(scene, tx, number, trees)
        add_releases(scene, tx)
        add_places(scene, tx)
        add_remarks(scene, tx)
        scene.write_history(tx)
    return workspace


def as_stranger(workspace: Workspace) -> Workspace:
    """The same, opened by somebody to whom the policy gives no role."""
    return replace(workspace, actor=Actor("eve"))


def _policy(say: Say) -> str:
    lighting = json.dumps(say("lighting"))
    people = "\n".join(
        f"{name} = {{ login = {json.dumps(say(name))}, emails = [{json.dumps(say(f'{name}@example.org'))}] }}"
        for name in ("ann", "bob", "cat")
    )
    return f"""engine = "docker"
[operators]
{people}
[environments.staging]
[environments.production]
after = "staging"
engine = "process"
gate = {{ approvers = ["ann", "cat"], required = 1 }}
checks = [
  {{ metric = "accuracy", floor = 0.7, allowed_loss = 0.02 }},
  {{ metric = "recall", attribute = {lighting} }},
]
"""
