"""What prepare hands to training and evaluation: the schema beside a `rows.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mltui.serving.description import Feature, ModelInvalid
from mltui.steps.contract import StepFailed, read_json

TRAIN, VALIDATION, HELD_OUT = "train", "validation", "held_out"
ATTRIBUTE_PREFIX = "attribute:"
SCORE_PREFIX = "score:"


@dataclass(frozen=True, slots=True)
class Schema:
    task: str
    """`classification` or `regression`."""
    kind: str
    """`pictures` or `table`."""
    classes: tuple[str, ...] | None
    """Sorted; this order is the order of the scores everywhere. None for regression."""
    target: str | None
    features: tuple[Feature, ...] | None
    max_pixels: int
    max_bytes: int

    def as_json(self) -> dict[str, object]:
        return {
            "task": self.task,
            "kind": self.kind,
            "classes": None if self.classes is None else list(self.classes),
            "target": self.target,
            "features": None if self.features is None else [feature.as_json() for feature in self.features],
            "max_pixels": self.max_pixels,
            "max_bytes": self.max_bytes,
        }


def read_schema(folder: Path) -> Schema:
    written = read_json(folder / "schema.json")
    try:
        return _schema(written)
    except (KeyError, TypeError, ValueError, ModelInvalid) as error:
        raise StepFailed(f"{folder.name}/schema.json is not what prepare writes: {error!r}") from None


def _schema(written: dict[str, Any]) -> Schema:
    classes, features = written["classes"], written["features"]
    return Schema(
        task=written["task"],
        kind=written["kind"],
        classes=None if classes is None else tuple(classes),
        target=written["target"],
        features=None if features is None else tuple(Feature.from_json(feature) for feature in features),
        max_pixels=int(written["max_pixels"]),
        max_bytes=int(written["max_bytes"]),
    )
