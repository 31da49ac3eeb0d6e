"""What `model.json` says of a model: its task, its classes, and the input that it takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy.typing as npt

DESCRIPTION_FILE = "model.json"
FORMAT = 1
_KEYS = {"format", "task", "classes", "target", "input", "made_by", "threshold"}
MAX_SIDE = 4096
"""Largest width or height, in pixels, of the picture that a model may ask for."""

Task: TypeAlias = Literal["classification", "regression"]
FeatureType: TypeAlias = Literal["number", "category"]


class ModelInvalid(Exception):
    """A model folder that cannot be understood, or whose parts contradict each other."""


class InvalidInput(Exception):
    """An input that cannot be predicted on: the fault of who sent it.

    `status` is the HTTP status (4xx), `code` is stable and meant for programs.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class PictureInput:
    """A picture, stretched to `width` × `height` pixels; RGB values run from 0 to 1 before `mean` and `std`."""

    width: int
    height: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    max_bytes: int
    max_pixels: int

    @classmethod
    def from_json(cls, record: Mapping[str, object]) -> PictureInput:
        _allow_keys(record, {"kind", "width", "height", "mean", "std", "max_bytes", "max_pixels"}, where="input")
        return cls(
            width=_integer(record, "width", MAX_SIDE),
            height=_integer(record, "height", MAX_SIDE),
            mean=_three_numbers(record, "mean"),
            std=_three_numbers(record, "std", above=0),
            max_bytes=_integer(record, "max_bytes"),
            max_pixels=_integer(record, "max_pixels"),
        )

    def as_json(self) -> dict[str, object]:
        return {
            "kind": "picture",
            "width": self.width,
            "height": self.height,
            "mean": list(self.mean),
            "std": list(self.std),
            "max_bytes": self.max_bytes,
            "max_pixels": self.max_pixels,
        }


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a row. `categories` is empty for a number."""

    name: str
    type: FeatureType
    categories: tuple[str, ...] = ()
    nullable: bool = False
    known: frozenset[str] = field(init=False, repr=False, compare=False)
    """The categories, to look one up."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", frozenset(self.categories))

    @classmethod
    def from_json(cls, record: Mapping[str, object]) -> Feature:
        name, kind = record.get("name"), record.get("type")
        if not isinstance(name, str) or not name:
            raise ModelInvalid("model.json: a feature has no name")
        _allow_keys(record, {"name", "type", "categories", "nullable"}, where=f"feature {name!r}")
        nullable = record.get("nullable", False)
        if not isinstance(nullable, bool):
            raise ModelInvalid(f"model.json: `nullable` of feature {name!r} is neither true nor false")
        match kind:
            case "number":
                return cls(name, "number", nullable=nullable)
            case "category":
                return cls(name, "category", _names(record, "categories", least=1), nullable)
        raise ModelInvalid(f"model.json: feature {name!r} is of type {kind!r}, not number or category")

    def as_json(self) -> dict[str, object]:
        categories = {"categories": list(self.categories)} if self.type == "category" else {}
        return {"name": self.name, "type": self.type, **categories, "nullable": self.nullable}


@dataclass(frozen=True, slots=True)
class RowInput:
    features: tuple[Feature, ...]
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(feature.name for feature in self.features))

    @classmethod
    def from_json(cls, record: Mapping[str, object]) -> RowInput:
        _allow_keys(record, {"kind", "features"}, where="input")
        features = record.get("features")
        if not isinstance(features, list) or not features:
            raise ModelInvalid("model.json: `features` is not a list with at least one feature")
        found = tuple(Feature.from_json(_record(feature, "a feature")) for feature in features)
        if len({feature.name for feature in found}) != len(found):
            raise ModelInvalid("model.json: two features have the same name")
        return cls(found)

    def as_json(self) -> dict[str, object]:
        return {"kind": "row", "features": [feature.as_json() for feature in self.features]}


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The content of `model.json`. `classes` stands in the order of the scores and is empty for a regression."""

    task: Task
    classes: tuple[str, ...]
    input: PictureInput | RowInput
    target: str | None = None
    made_by: Mapping[str, object] = field(default_factory=dict)
    threshold: float | None = None
    """Of two classes: from this score on, 0 to 1, the second is the answer. None: the class with the highest score."""

    def choose(self, scores: npt.NDArray[Any]) -> int:
        """The place of the class that is answered with, of one row's scores [C]."""
        return int(scores.argmax()) if self.threshold is None else int(float(scores[1]) >= self.threshold)

    @classmethod
    def load(cls, path: Path) -> ModelDescription:
        """Reads a `model.json`; raises `ModelInvalid`."""
        try:
            return cls.from_json(_record(json.loads(path.read_bytes()), "model.json"))
        except OSError as error:
            raise ModelInvalid(f"model.json cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise ModelInvalid(f"model.json is not JSON: {error}") from error

    @classmethod
    def from_json(cls, record: Mapping[str, object]) -> ModelDescription:
        _allow_keys(record, _KEYS, where="model.json")
        if record.get("format") != FORMAT:
            raise ModelInvalid(f"model.json has format {record.get('format')!r}; this server reads format {FORMAT}")
        target = record.get("target")
        if target is not None and not isinstance(target, str):
            raise ModelInvalid("model.json: `target` is neither a text nor null")
        task, classes = _task_and_classes(record)
        made_by = _record(record.get("made_by", {}), "`made_by`")
        return cls(task, classes, _input(record), target, made_by, _threshold(record, classes))

    def as_json(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "task": self.task,
            "classes": list(self.classes) or None,
            "target": self.target,
            "input": self.input.as_json(),
            "made_by": dict(self.made_by),
            **({} if self.threshold is None else {"threshold": self.threshold}),
        }


def _task_and_classes(record: Mapping[str, object]) -> tuple[Task, tuple[str, ...]]:
    match record.get("task"):
        case "classification":
            return "classification", _names(record, "classes", least=2)
        case "regression":
            if record.get("classes"):
                raise ModelInvalid("model.json: a regression has no classes")
            return "regression", ()
    raise ModelInvalid(f"model.json: task {record.get('task')!r} is neither classification nor regression")


def _threshold(record: Mapping[str, object], classes: Sequence[str]) -> float | None:
    value = record.get("threshold")
    if value is None:
        return None
    if len(classes) != 2:
        raise ModelInvalid(f"model.json: a threshold decides between two classes, this model has {len(classes)}")
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ModelInvalid("model.json: `threshold` is not a number from 0 to 1")
    return float(value)


def _input(record: Mapping[str, object]) -> PictureInput | RowInput:
    described = _record(record.get("input"), "`input`")
    match described.get("kind"):
        case "picture":
            return PictureInput.from_json(described)
        case "row":
            return RowInput.from_json(described)
    raise ModelInvalid(f"model.json: input of kind {described.get('kind')!r} is neither picture nor row")


def _record(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ModelInvalid(f"model.json: {what} is not an object")
    return value


def _allow_keys(record: Mapping[str, object], known: set[str], *, where: str) -> None:
    unknown = sorted(record.keys() - known)
    if unknown:
        raise ModelInvalid(f"model.json: {where} has a key that is not known: {unknown[0]!r}")


def _integer(record: Mapping[str, object], key: str, most: int = 2**40) -> int:
    value = record.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ModelInvalid(f"model.json: `{key}` is not a whole number from 1 to {most}")
    return value


def _three_numbers(record: Mapping[str, object], key: str, *, above: float = -math.inf) -> tuple[float, float, float]:
    values = record.get(key)
    if not isinstance(values, Sequence) or len(values) != 3 or not all(_is_number(value, above) for value in values):
        raise ModelInvalid(f"model.json: `{key}` is not three finite numbers" + (" above 0" if above == 0 else ""))
    red, green, blue = values
    return float(red), float(green), float(blue)


def _is_number(value: object, above: float) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and math.isfinite(value) and value > above  # type: ignore[arg-type, operator]


def _names(record: Mapping[str, object], key: str, *, least: int) -> tuple[str, ...]:
    values = record.get(key)
    if not isinstance(values, list) or len(values) < least or not all(isinstance(v, str) and v for v in values):
        raise ModelInvalid(f"model.json: `{key}` is not a list of at least {least} texts that are not empty")
    if len(set(values)) != len(values):
        raise ModelInvalid(f"model.json: `{key}` names one thing twice")
    return tuple(values)
