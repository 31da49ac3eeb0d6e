"""Evaluate measures the model with the threshold that it is given, leaves just that one, and register checks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from step_runs import Trained, read_rows, run_here

from mltui.steps import evaluate, register
from mltui.steps.contract import StepFailed


def given(threshold: object) -> dict[str, object]:
    return {"task": "classification", "kind": "table", "parameters": {"threshold": threshold}}


def test_a_threshold_changes_answers_and_no_scores(tmp_path: Path, loans: Trained) -> None:
    inputs = {"model": loans.model, "held_out": loans.held_out}
    ran = run_here(evaluate.main, tmp_path / "evaluate", given(0.8), **inputs)
    before, after = read_rows(loans.evaluation / "evaluation.csv"), ran.rows("evaluation/evaluation.csv")
    assert [row["score:yes"] for row in after] == [row["score:yes"] for row in before]
    assert [row["prediction"] for row in after] == ["yes" if float(row["score:yes"]) >= 0.8 else "no" for row in before]
    assert [row["prediction"] for row in after] != [row["prediction"] for row in before]
    assert (ran.out / "model/model.onnx").read_bytes() == (loans.model / "model.onnx").read_bytes()
    described = json.loads((loans.model / "model.json").read_text())
    assert ran.json("model/model.json") == {**described, "threshold": 0.8}

    checked = {"model": ran.out / "model", "evaluation": ran.out / "evaluation"}
    assert (
        run_here(register.main, tmp_path / "register", {}, **checked).json("manifest/manifest.json")["threshold"] == 0.8
    )
    for name, wrong in (
        ("trained", {**checked, "model": loans.model}),
        ("old", {**checked, "evaluation": loans.evaluation}),
    ):
        with pytest.raises(StepFailed, match="predicts another class than"):
            run_here(register.main, tmp_path / name, {}, **wrong)


def test_without_one_evaluate_leaves_no_model(tmp_path: Path, loans: Trained) -> None:
    ran = run_here(evaluate.main, tmp_path / "run", {}, model=loans.model, held_out=loans.held_out)
    assert not (ran.out / "model").exists()


@pytest.mark.parametrize(("threshold", "problem"), [(1.2, "threshold"), ("high", "not a number"), (-1, "threshold")])
def test_what_is_no_threshold_fails_the_step(tmp_path: Path, loans: Trained, threshold: object, problem: str) -> None:
    with pytest.raises(StepFailed, match=problem):
        run_here(evaluate.main, tmp_path / "run", given(threshold), model=loans.model, held_out=loans.held_out)


def test_three_classes_have_none(tmp_path: Path, loans: Trained) -> None:
    model = tmp_path / "model"
    model.mkdir()
    described = json.loads((loans.model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**described, "classes": ["no", "yes", "perhaps"]}))
    with pytest.raises(StepFailed, match="decides between two classes, this model has 3"):
        run_here(evaluate.main, tmp_path / "run", given(0.5), model=model, held_out=loans.held_out)
