"""What is registered is whole, and its parts belong together."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from step_runs import Row, Trained, read_rows, run_here, write_rows

from mltui.steps import register
from mltui.steps.contract import StepFailed


def _first(name: str, value: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [{**rows[0], name: value}, *rows[1:]]


def _without(name: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [{key: value for key, value in row.items() if key != name} for row in rows]


def _swap_scores(rows: list[Row]) -> list[Row]:
    return [{**row, "score:no": row["score:yes"], "score:yes": row["score:no"]} for row in rows]


def _reorder_scores(rows: list[Row]) -> list[Row]:
    order = ["row_id", "truth", "prediction", "score:yes", "score:no", "attribute:sex"]
    return [{name: row[name] for name in order} for row in rows]


def test_the_manifest_names_every_file_by_its_hash(tmp_path: Path, loans: Trained) -> None:
    inputs = {"model": loans.model, "evaluation": loans.evaluation, "history": loans.history}
    manifest = run_here(register.main, tmp_path / "run", {}, **inputs).json("manifest/manifest.json")
    names = ["model/model.json", "model/model.onnx", "evaluation/evaluation.csv", "history/history.json"]
    assert list(manifest["files"]) == names
    for name, digest in manifest["files"].items():
        folder, _, file = name.partition("/")
        assert hashlib.sha256((inputs[folder] / file).read_bytes()).hexdigest() == digest
    assert (manifest["format"], manifest["classes"], manifest["input"]["kind"]) == (1, ["no", "yes"], "row")


def test_history_may_be_absent(tmp_path: Path, loans: Trained) -> None:
    ran = run_here(register.main, tmp_path / "run", {}, model=loans.model, evaluation=loans.evaluation)
    assert "history/history.json" not in ran.json("manifest/manifest.json")["files"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_first("truth", ""), "has a truth or prediction that is no class"),
        (_first("prediction", "maybe"), "has a truth or prediction that is no class"),
        (_first("score:no", ""), "has scores that are no probabilities"),
        (_first("score:no", "nan"), "has scores that are no probabilities"),
        (_first("score:no", "1.7"), "has scores that are no probabilities"),
        (_swap_scores, "predicts another class than its highest score"),
        (_reorder_scores, "this model's begin with row_id, truth, prediction, score:no, score:yes"),
        (_without("truth"), "this model's begin with"),
        (_without("score:yes"), "this model's begin with"),
        (lambda rows: [{**row, "score:maybe": "0"} for row in rows], "this model's begin with"),
        (lambda rows: [*rows, rows[0]], "has one row_id twice"),
    ],
)
def test_an_evaluation_table_that_tells_no_metrics_is_refused(
    tmp_path: Path, loans: Trained, spoil: Callable[[list[Row]], list[Row]], message: str
) -> None:
    table = write_rows(tmp_path / "evaluation/evaluation.csv", spoil(read_rows(loans.evaluation / "evaluation.csv")))
    with pytest.raises(StepFailed, match=message):
        run_here(register.main, tmp_path / "run", {}, model=loans.model, evaluation=table.parent)


def test_an_evaluation_table_without_rows_is_refused(tmp_path: Path, loans: Trained) -> None:
    evaluation = shutil.copytree(loans.evaluation, tmp_path / "evaluation")
    header = (evaluation / "evaluation.csv").read_text().splitlines()[0]
    (evaluation / "evaluation.csv").write_text(header + "\n")
    with pytest.raises(StepFailed, match=r"evaluation\.csv has no rows"):
        run_here(register.main, tmp_path / "run", {}, model=loans.model, evaluation=evaluation)


def test_class_names_swapped_after_the_evaluation_are_noticed(tmp_path: Path, loans: Trained) -> None:
    model = shutil.copytree(loans.model, tmp_path / "model")
    described = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**described, "classes": ["yes", "no"]}))
    with pytest.raises(StepFailed, match=r"model\.onnx was written for no, yes"):
        run_here(register.main, tmp_path / "run", {}, model=model, evaluation=loans.evaluation)


def test_a_model_with_another_signature_than_described_is_refused(tmp_path: Path, loans: Trained) -> None:
    model = shutil.copytree(loans.model, tmp_path / "model")
    described = json.loads((model / "model.json").read_text())
    described["input"]["features"].pop()
    (model / "model.json").write_text(json.dumps(described))
    with pytest.raises(StepFailed, match="the model folder cannot be used"):
        run_here(register.main, tmp_path / "run", {}, model=model, evaluation=loans.evaluation)
