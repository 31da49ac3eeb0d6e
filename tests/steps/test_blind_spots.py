"""Pictures that nobody labelled tell where a model is blind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from step_runs import PICTURES, run_here, save_picture

from mltui.analysis.groups import breakdown
from mltui.analysis.table_file import read_evaluation
from mltui.domain.bias import decide_bias
from mltui.domain.checks import Verdict
from mltui.domain.policy import CheckRule
from mltui.serving.description import ModelDescription, PictureInput
from mltui.steps import evaluate, prepare

SIDE = 16
EVERYTHING = ["brightness", "contrast", "sharpness", "size"]


def pictures(folder: Path, *, per_class: int) -> Path:
    """Warm and cold ones, a third of each in the dark; of two sizes that mean nothing."""
    rng = np.random.default_rng(3)
    for label, colour in (("cold", (60, 90, 200)), ("warm", (200, 90, 60))):
        for number in range(per_class):
            light = rng.uniform(0.1, 0.25) if number % 3 == 0 else rng.uniform(0.6, 1.1)
            side = 24 if rng.random() < 0.5 else 30
            pixels = (np.array(colour) + rng.normal(0, 8, (side, side, 3))) * light
            save_picture(folder / "pictures" / label / f"{number:03d}.png", pixels)
    return folder


def blind_in_the_dark(folder: Path) -> Path:
    """Warm is what has clearly more red than blue, which nothing dark has."""
    folder.mkdir()
    weights = np.array([[-40.0, 40.0], [0, 0], [40.0, -40.0]], np.float32)
    bias = np.array([8.0, -8.0], np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["picture", "sides"], ["means"], keepdims=0),
        helper.make_node("Gemm", ["means", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "warmth",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 2])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(np.array([2, 3]), "sides"),
        ],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), folder / "model.onnx"
    )
    spec = PictureInput(SIDE, SIDE, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 10_485_760, 25_000_000)
    description = ModelDescription("classification", ("cold", "warm"), spec)
    (folder / "model.json").write_text(json.dumps(description.as_json()), "utf-8")
    return folder


def test_a_model_that_fails_in_the_dark_is_outside_there_though_nobody_labelled_it(tmp_path: Path) -> None:
    data = pictures(tmp_path / "data", per_class=220)
    split = {"seed": 7, "validation": 0.1, "held_out": 0.6}
    ready = run_here(
        prepare.main, tmp_path / "prepare", {**PICTURES, "split": split, "measured": EVERYTHING}, data=data
    )
    inputs = {"model": blind_in_the_dark(tmp_path / "model"), "held_out": ready.out / "held_out"}
    ran = run_here(evaluate.main, tmp_path / "evaluate", {}, **inputs)
    table = read_evaluation(ran.out / "evaluation" / "evaluation.csv", task="classification", classes=("cold", "warm"))
    figures = breakdown(table)
    assert {each.attribute for each in figures} == {f"measured {name}" for name in EVERYTHING}
    verdicts = {(each.attribute, each.group): each.verdict for each in figures if each.metric == "recall"}
    dark = next(group for attribute, group in verdicts if group.startswith("dark (<"))
    assert verdicts["measured brightness", dark] == "outside"
    assert {verdict for (name, _), verdict in verdicts.items() if name == "measured size"} <= {"within", "undecided"}
    rule = CheckRule("recall", attribute="measured brightness")
    decided = decide_bias(rule, figures, attributes=table.attribute_names)
    assert decided.verdict is Verdict.FAILED
    assert f"of {dark} 0" in decided.sentence
    labelled = decide_bias(replace(rule, attribute="lighting"), figures, attributes=table.attribute_names)
    assert (labelled.verdict, labelled.sentence) == (Verdict.INCONCLUSIVE, "no groups")
