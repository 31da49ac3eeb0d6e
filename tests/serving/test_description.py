"""`model.json`: what is written is read back, and what cannot be understood is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from serving_models import picture_spec, row_spec

from mltui.serving.description import Feature, ModelDescription, ModelInvalid

PICTURES = ModelDescription(
    "classification",
    ("burrito", "taco"),
    picture_spec(),
    made_by={"template": "image", "model": "small_cnn", "libraries": {"torch": "2.15.0"}},
)
ROWS = ModelDescription("regression", (), row_spec(), target="price")


@pytest.mark.parametrize("description", [PICTURES, ROWS])
def test_a_description_survives_the_file(description: ModelDescription, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(description.as_json()), "utf-8")
    assert ModelDescription.load(path) == description


def test_the_file_reads_as_its_format_says() -> None:
    assert PICTURES.as_json() == {
        "format": 1,
        "task": "classification",
        "classes": ["burrito", "taco"],
        "target": None,
        "input": {
            "kind": "picture",
            "width": 8,
            "height": 8,
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "max_bytes": 200_000,
            "max_pixels": 1_000_000,
        },
        "made_by": {"template": "image", "model": "small_cnn", "libraries": {"torch": "2.15.0"}},
    }
    assert ROWS.as_json()["classes"] is None
    assert Feature("purpose", "category", ("car", "house")).as_json() == {
        "name": "purpose",
        "type": "category",
        "categories": ["car", "house"],
        "nullable": False,
    }


def changed(description: ModelDescription, path: str, value: Any) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(json.dumps(description.as_json()))
    *way, last = path.split(".")
    place: Any = record
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return record


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", 2),
        ("format", ...),
        ("task", "ranking"),
        ("classes", None),
        ("classes", ["taco"]),
        ("classes", ["taco", "taco"]),
        ("classes", ["taco", 3]),
        ("classes", ["taco", ""]),
        ("target", 3),
        ("made_by", []),
        ("surprise", 1),
        ("input", None),
        ("input.kind", "sound"),
        ("input.crop", True),
        ("input.width", 0),
        ("input.width", 8.0),
        ("input.width", True),
        ("input.height", 100_000),
        ("input.mean", [0.5, 0.5]),
        ("input.mean", [0.5, 0.5, "0.5"]),
        ("input.std", [0.5, 0.0, 0.5]),
        ("input.std", [0.5, float("nan"), 0.5]),
        ("input.max_bytes", ...),
        ("input.max_pixels", -1),
    ],
)
def test_a_picture_models_description_is_refused_when(path: str, value: Any) -> None:
    with pytest.raises(ModelInvalid):
        ModelDescription.from_json(changed(PICTURES, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("classes", ["a", "b"]),
        ("input.features", []),
        ("input.features", "income"),
        ("input.features.0.name", ""),
        ("input.features.0.name", "age"),
        ("input.features.0.type", "date"),
        ("input.features.0.nullable", 1),
        ("input.features.0.scale", 2),
        ("input.features.2.categories", []),
        ("input.features.2.categories", ["car", "car"]),
        ("input.features", ["purpose"]),
    ],
)
def test_a_row_models_description_is_refused_when(path: str, value: Any) -> None:
    with pytest.raises(ModelInvalid):
        ModelDescription.from_json(changed(ROWS, path, value))


@pytest.mark.parametrize("text", ["", "[]", "{", "\ud800", "[" * 100_000, "1"])
def test_a_file_that_is_no_json_object_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelInvalid):
        ModelDescription.load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="cannot be read"):
        ModelDescription.load(tmp_path / "model.json")
