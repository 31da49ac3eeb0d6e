"""The state of a training between two attempts: one file, written anew after each epoch."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import torch

FILE = "training.pt"


def save_checkpoint(folder: Path | None, state: dict[str, Any], *, fingerprint: str) -> None:
    """Whole or not at all; nothing where there is no folder."""
    if folder is None:
        return
    unfinished = folder / f"{FILE}.unfinished"
    torch.save({"fingerprint": fingerprint, "state": state}, unfinished)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(unfinished, folder / FILE)


def find_checkpoint(folder: Path | None, *, fingerprint: str) -> dict[str, Any] | None:
    """None also for a damaged file and for the state of another training."""
    if folder is None or not (folder / FILE).is_file():
        return None
    try:
        found = torch.load(folder / FILE, weights_only=True, map_location="cpu")
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError):
        return None
    if not isinstance(found, dict) or found.get("fingerprint") != fingerprint:
        return None
    state: dict[str, Any] = found["state"]
    return state
