"""With a threshold in `model.json` the second class is the answer from that score on, wherever the model answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from serving_models import make_picture_model, picture_spec, plain, row_spec

from mltui.serving.description import ModelDescription, ModelInvalid
from mltui.serving.inference import infer
from mltui.serving.model import ServedModel
from mltui.serving.prediction import predict
from mltui.serving.protocol import ModelName, described_outputs

TWO = ModelDescription("classification", ("burrito", "taco"), picture_spec())


def with_threshold(folder: Path, threshold: float | None) -> ServedModel:
    description = replace(ModelDescription.load(folder / "model.json"), threshold=threshold)
    (folder / "model.json").write_text(json.dumps(description.as_json()))
    return ServedModel.open(folder, threads=1)


def test_both_ways_to_ask_follow_it(tmp_path: Path) -> None:
    folder, picture = make_picture_model(tmp_path / "model"), plain("red")
    named = predict("v1", with_threshold(folder, None), picture).body
    assert isinstance(named, dict)
    score = named["scores"]["taco"]
    assert 0 < score < 1
    for threshold, label in ((score, "taco"), (float(np.nextafter(score, 2)), "burrito"), (0.0, "taco")):
        model = with_threshold(folder, threshold)
        body = predict("v1", model, picture).body
        assert isinstance(body, dict)
        assert (body["label"], body["score"], body["scores"]) == (label, named["scores"][label], named["scores"])
        given = {
            "name": "picture",
            "datatype": "BYTES",
            "shape": [1],
            "parameters": {"binary_data_size": len(picture) + 4},
        }
        head = json.dumps({"inputs": [given]}).encode()
        tail = len(picture).to_bytes(4, "little") + picture
        answer = infer(model, ModelName("shop", "v1"), head + tail, len(head)).body
        assert isinstance(answer, dict)
        assert answer["outputs"][0]["data"] == [label]
    assert described_outputs(model.description)[0]["parameters"] == {"threshold": 0.0, "of": "taco"}


def test_it_is_compared_as_it_is_written_down() -> None:
    """Rounded to a single float 0.7 would be reached by a score that is written as 0.699999988."""
    below = np.array([1 - np.float32(0.7), np.float32(0.7)], np.float32)
    assert replace(TWO, threshold=0.7).choose(below) == 0
    assert replace(TWO, threshold=0.699999).choose(below) == 1


def test_it_stands_in_the_file_only_where_there_is_one() -> None:
    assert "threshold" not in TWO.as_json()
    assert ModelDescription.from_json(replace(TWO, threshold=0.25).as_json()).threshold == 0.25


@pytest.mark.parametrize("value", [1.5, -0.1, "0.5", True, float("nan")])
def test_what_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(ModelInvalid, match="not a number from 0 to 1"):
        ModelDescription.from_json({**TWO.as_json(), "threshold": value})


def test_only_two_classes_have_one() -> None:
    three = replace(TWO, classes=("burrito", "taco", "wrap"))
    price = ModelDescription("regression", (), row_spec(), target="price")
    for description, classes in ((three, 3), (price, 0)):
        with pytest.raises(ModelInvalid, match=f"this model has {classes}"):
            ModelDescription.from_json({**description.as_json(), "threshold": 0.5})
