"""Inputs to ask a server: typical ones from the held-out rows, and the largest that its schema permits."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mltui.domain.version import ModelVersion
from mltui.store import Store

if TYPE_CHECKING:
    from PIL import Image

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


def largest(schema: Mapping[str, Any]) -> Sequence[Body]:
    """The heaviest inputs that the schema permits: pictures of as many pixels as may be, a row of the longest words."""
    if schema["kind"] == "picture":
        return _largest_pictures(int(schema["max_pixels"]), int(schema["max_bytes"]))
    row = {
        feature["name"]: max(feature["categories"], key=len) if feature["type"] == "category" else 1.0e6
        for feature in schema["features"]
    }
    return [row]


def _row(row: Mapping[str, str], features: list[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for feature in features:
        text = row[feature["name"]]
        values[feature["name"]] = None if text == "" else float(text) if feature["type"] == "number" else text
    return values


def _largest_pictures(max_pixels: int, max_bytes: int) -> list[bytes]:
    """A PNG with transparency, a progressive and a plain JPEG: each is decoded in a way of its own."""
    from PIL import Image

    side = int(max_pixels**0.5)
    tile = Image.effect_noise((256, 256), 40).convert("RGB")
    noisy = Image.new("RGB", (side, side))
    for left in range(0, side, 256):
        for top in range(0, side, 256):
            noisy.paste(tile, (left, top))
    flat = Image.new("RGBA", (side, side), (200, 90, 40, 128))
    pictures = [
        _encoded(flat, "PNG", compress_level=1),
        _encoded(noisy, "JPEG", quality=10, progressive=True),
        _encoded(noisy, "JPEG", quality=60),
    ]
    return [picture for picture in pictures if len(picture) <= max_bytes]


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
