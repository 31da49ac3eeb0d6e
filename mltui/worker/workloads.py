"""Inputs to ask a server: typical ones from the held-out rows, and the largest that its schema permits."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from mltui.domain.version import ModelVersion
from mltui.store import Store

Body = bytes | Mapping[str, Any]
TYPICAL_ROWS = 32


def typical(store: Store, version: ModelVersion) -> list[Body]:
    """Up to 32 held-out rows as bodies of a request."""
    files = {entry.path: entry.sha256 for entry in store.tree(version.held_out).entries}
    text = io.StringIO(store.read_bytes(files["rows.csv"]).decode("utf-8"))
    rows = [row for row, _ in zip(csv.DictReader(text), range(TYPICAL_ROWS), strict=False)]
    if version.input_schema["kind"] == "picture":
        return [store.read_bytes(files[row["file"]]) for row in rows]
    return [_row(row, version.input_schema["features"]) for row in rows]


def largest(schema: Mapping[str, Any]) -> Body:
    """A noisy JPEG of all the pixels that are permitted, within the permitted bytes; or a row of longest categories."""
    if schema["kind"] == "picture":
        return _largest_picture(int(schema["max_pixels"]), int(schema["max_bytes"]))
    return {
        feature["name"]: max(feature["categories"], key=len) if feature["type"] == "category" else 1.0e6
        for feature in schema["features"]
    }


def _row(row: Mapping[str, str], features: list[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for feature in features:
        text = row[feature["name"]]
        values[feature["name"]] = None if text == "" else float(text) if feature["type"] == "number" else text
    return values


def _largest_picture(max_pixels: int, max_bytes: int) -> bytes:
    from PIL import Image

    side = int(max_pixels**0.5)
    tile = Image.effect_noise((256, 256), 40).convert("RGB")
    picture = Image.new("RGB", (side, side))
    for left in range(0, side, 256):
        for top in range(0, side, 256):
            picture.paste(tile, (left, top))
    for quality in (80, 40, 10):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= max_bytes:
            return buffer.getvalue()
    flat = io.BytesIO()
    Image.new("RGB", (side, side)).save(flat, "JPEG", quality=10)
    return flat.getvalue()
