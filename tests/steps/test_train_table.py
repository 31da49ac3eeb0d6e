"""Tables from prepare to the manifest, with every model of the template."""

from __future__ import annotations

import random
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from step_runs import TABLE, Ran, Trained, loan_rows, read_rows, run_here, table_data, write_rows

from mltui.domain.templates import TABLE_PARAMETERS
from mltui.serving.model import ServedModel
from mltui.steps import evaluate, prepare, register, train_table
from mltui.steps.contract import StepFailed
from mltui.steps.export import check_conversion
from mltui.steps.table_models import MODELS

ALL_MODELS = [(task, model) for task, models in MODELS.items() for model in models]
REGRESSION = {**TABLE, "task": "regression", "target": "price"}


def trained(folder: Path, training: Path, **parameters: Any) -> Ran:
    return run_here(train_table.main, folder, {"parameters": parameters}, training=training)


def accuracy(rows: list[dict[str, str]]) -> float:
    return sum(row["truth"] == row["prediction"] for row in rows) / len(rows)


def test_the_parameters_known_before_training_are_those_that_training_reads() -> None:
    read = {
        task: {model: tuple(field.name for field in fields(kind)) for model, kind in models.items()}  # type: ignore[arg-type]
        for task, models in MODELS.items()
    }
    assert read == TABLE_PARAMETERS


@pytest.mark.parametrize(("task", "model"), ALL_MODELS)
def test_every_model_goes_through_all_steps(tmp_path: Path, task: str, model: str) -> None:
    parameters = TABLE if task == "classification" else REGRESSION
    data = table_data(tmp_path / "data", loan_rows())
    prepared = run_here(prepare.main, tmp_path / "prepare", parameters, data=data).out
    made = trained(tmp_path / "train", prepared / "training", model=model, seed=3)
    inputs = {"model": made.out / "model", "held_out": prepared / "held_out"}
    evaluated = run_here(evaluate.main, tmp_path / "evaluate", {}, **inputs)
    rows = evaluated.rows("evaluation/evaluation.csv")
    if task == "classification":
        assert accuracy(rows) > 0.8
        assert list(rows[0])[:5] == ["row_id", "truth", "prediction", "score:no", "score:yes"]
    else:
        errors = [float(row["truth"]) - float(row["prediction"]) for row in rows]
        assert np.sqrt(np.mean(np.square(errors))) < 15
        assert list(rows[0]) == ["row_id", "truth", "prediction", "attribute:sex"]
    folders = {"model": made.out / "model", "evaluation": evaluated.out / "evaluation", "history": made.out / "history"}
    manifest = run_here(register.main, tmp_path / "register", {}, **folders).json("manifest/manifest.json")
    assert (manifest["task"], manifest["rows"]) == (task, len(rows))
    assert made.json("history/history.json")["conversion"]["disagreements"] == 0


def test_permuted_training_labels_bring_accuracy_to_chance(tmp_path: Path, loans: Trained) -> None:
    assert accuracy(read_rows(loans.evaluation / "evaluation.csv")) > 0.85
    training = shutil.copytree(loans.training, tmp_path / "training")
    rows = read_rows(training / "rows.csv")
    labels = [row["approved"] for row in rows]
    found = []
    for time in range(12):
        random.Random(time).shuffle(labels)
        write_rows(training / "rows.csv", [{**row, "approved": label} for row, label in zip(rows, labels, strict=True)])
        made = trained(tmp_path / f"train-{time}", training)
        inputs = {"model": made.out / "model", "held_out": loans.held_out}
        evaluated = run_here(evaluate.main, tmp_path / f"evaluate-{time}", {}, **inputs)
        found.append(accuracy(evaluated.rows("evaluation/evaluation.csv")))
    assert 0.35 < np.mean(found) < 0.65


@pytest.mark.parametrize("model", MODELS["classification"])
def test_one_seed_gives_the_same_bytes(tmp_path: Path, loans: Trained, model: str) -> None:
    first, again = (
        trained(tmp_path / name, loans.training, model=model, seed=1).out / "model" for name in ("first", "again")
    )
    for file in ("model.onnx", "model.json"):
        assert (first / file).read_bytes() == (again / file).read_bytes()


def test_another_seed_grows_another_forest(tmp_path: Path, loans: Trained) -> None:
    first, other = (
        trained(tmp_path / str(seed), loans.training, model="random_forest", n_estimators=5, seed=seed)
        for seed in (1, 2)
    )
    assert (first.out / "model/model.onnx").read_bytes() != (other.out / "model/model.onnx").read_bytes()


def test_the_model_takes_one_tensor_per_feature_and_any_number_of_rows(loans: Trained) -> None:
    graph = onnx.load(loans.model / "model.onnx").graph
    types = {value.name: value.type.tensor_type for value in graph.input}
    assert {name: tensor.elem_type for name, tensor in types.items()} == {
        "income": onnx.TensorProto.FLOAT,
        "debt": onnx.TensorProto.FLOAT,
        "job": onnx.TensorProto.STRING,
    }
    assert [value.name for value in graph.output] == ["scores"]
    assert all(not tensor.shape.dim[0].HasField("dim_value") for tensor in types.values())
    model = ServedModel.open(loans.model, threads=1)
    row = {"income": 50, "debt": None, "job": "office"}
    assert np.allclose(model.predict([row] * 7), model.predict([row])[0])


def test_training_never_sees_a_sensitive_attribute(loans: Trained) -> None:
    assert all("sex" not in file.read_text("utf-8") for file in loans.training.iterdir())
    assert b"sex" not in (loans.model / "model.onnx").read_bytes() + (loans.model / "model.json").read_bytes()


@pytest.mark.parametrize("features", [["income"], list("abcdef"), ["variable", "label", "größe in cm", "/f0", "f1"]])
def test_features_may_have_any_names_and_be_of_one_type(tmp_path: Path, features: list[str]) -> None:
    names = {"variable": "income", "label": "job", "größe in cm": "debt", "/f0": "job", "f1": "debt"}
    letters = random.Random(1)
    rows = [
        row
        | {name: row[source] for name, source in names.items()}
        | {name: letters.choice("wxyz") for name in "abcdef"}
        for row in loan_rows(300)
    ]
    parameters = {**TABLE, "features": features}
    data = table_data(tmp_path / "data", rows)
    prepared = run_here(prepare.main, tmp_path / "prepare", parameters, data=data).out
    made = trained(tmp_path / "train", prepared / "training", model="gradient_boosting")
    inputs = {"model": made.out / "model", "held_out": prepared / "held_out"}
    report = run_here(evaluate.main, tmp_path / "evaluate", {}, **inputs).json("report/report.json")
    assert (report["rows"] > 40, report["skipped"]) == (True, 0)


@pytest.mark.parametrize("name", ["scores", "value", "split", "truth", "row_id"])
def test_a_feature_named_as_one_of_our_columns_is_refused(tmp_path: Path, name: str) -> None:
    data = table_data(tmp_path / "data", [row | {name: row["income"]} for row in loan_rows(100)])
    with pytest.raises(StepFailed, match=f"{name} cannot be the name"):
        run_here(prepare.main, tmp_path / "prepare", {**TABLE, "features": [name]}, data=data)


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({"model": "ridge"}, "logistic_regression, random_forest, gradient_boosting"),
        ({"model": 3}, "logistic_regression"),
        ({"model": "random_forest", "C": 0.5}, "n_estimators"),
        ({"model": "random_forest", "max_depth": 0}, "at least 1"),
        ({"C": "strong"}, "at least 1e-06"),
        ({"seed": -1}, "at least 0"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_exists(
    tmp_path: Path, loans: Trained, parameters: dict[str, Any], hint: str
) -> None:
    with pytest.raises(StepFailed) as refusal:
        trained(tmp_path / "train", loans.training, **parameters)
    assert hint in refusal.value.hint


def test_a_class_without_training_rows_fails(tmp_path: Path, loans: Trained) -> None:
    training = shutil.copytree(loans.training, tmp_path / "training")
    rows = read_rows(training / "rows.csv")
    schema = (training / "schema.json").read_text().replace('"yes"', '"yes", "zero"')
    (training / "schema.json").write_text(schema)
    write_rows(training / "rows.csv", rows)
    with pytest.raises(StepFailed, match="a class of the schema has no row to train on"):
        trained(tmp_path / "train", training)


def test_a_conversion_that_disagrees_too_often_fails_with_a_way_out() -> None:
    right = np.tile([0.2, 0.8], (1000, 1))
    wrong = right.copy()
    wrong[:5] = [0.8, 0.2]
    found = check_conversion(right, wrong, model="forest", way_out="Grow smaller trees.")
    assert (found.rows, found.disagreements, found.share) == (1000, 5, 0.005)
    wrong[5] = [0.8, 0.2]
    with pytest.raises(StepFailed, match=r"forest as ONNX disagrees .* on 6 of 1000 rows") as failure:
        check_conversion(right, wrong, model="forest", way_out="Grow smaller trees.")
    assert failure.value.hint == "Grow smaller trees."


def test_a_class_may_change_within_a_thousandth_of_a_tie() -> None:
    trained_scores, served = np.array([[0.5002, 0.4998]]), np.array([[0.4998, 0.5002]])
    assert check_conversion(trained_scores, served, model="it", way_out="").disagreements == 0
    with pytest.raises(StepFailed, match="1 of 1 rows"):
        check_conversion(np.array([[0.503, 0.497]]), np.array([[0.497, 0.503]]), model="it", way_out="")


def test_numbers_agree_within_a_thousandth_of_their_size() -> None:
    values = np.array([200_000.0, 0.5])
    assert check_conversion(values, values + np.array([199.0, 0.0009]), model="it", way_out="").disagreements == 0
    with pytest.raises(StepFailed, match="2 of 2 rows"):
        check_conversion(values, values + np.array([201.0, 0.0011]), model="it", way_out="")
