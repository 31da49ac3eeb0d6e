"""The state of a training between two attempts: one file, written anew after each epoch."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import torch

FILE = "training.pt"
DIGEST_BYTES = 32


def save_checkpoint(folder: Path | None, state: dict[str, Any], *, fingerprint: str) -> None:
    """Whole or not at all; nothing where there is no folder. Its SHA-256 stands in front of the content."""
    if folder is None:
        return
    content = io.BytesIO()
    torch.save({"fingerprint": fingerprint, "state": state}, content)
    unfinished = folder / f"{FILE}.unfinished"
    with unfinished.open("wb") as file:
        file.write(hashlib.sha256(content.getbuffer()).digest())
        file.write(content.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, folder / FILE)


def find_checkpoint(folder: Path | None, *, fingerprint: str) -> dict[str, Any] | None:
    """None also for a damaged file and for the state of another training."""
    if folder is None or not (folder / FILE).is_file():
        return None
    written = (folder / FILE).read_bytes()
    digest, content = written[:DIGEST_BYTES], written[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    found = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    if found["fingerprint"] != fingerprint:
        return None
    state: dict[str, Any] = found["state"]
    return state
