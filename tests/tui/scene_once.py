"""The scene, laid once a session: its pictures and trees take longer to make than to copy."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from stories.loans import made_once

from mltui.domain.actor import Actor
from mltui.workspace import Workspace
from tui.scene import lay_scene
from tui.scene_ground import NOW


def copy_of_scene(factory: pytest.TempPathFactory, folder: Path) -> Path:
    """The workspace's folder, under `folder`."""
    laid = made_once(factory, "scene", lambda place: lay_scene(place / "tacos").close())
    return Path(shutil.copytree(laid / "tacos", folder / "tacos"))


def opened_at_noon(folder: Path, *, login: str = "ann") -> Workspace:
    return replace(Workspace.open(folder), actor=Actor(login), now=lambda: NOW)
