"""The held-out rows are answered as the server would answer them, or the step fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from step_runs import FEATURES, Trained, read_rows, run_here, write_rows

from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.description import RowInput
from mltui.serving.model import ServedModel
from mltui.serving.preprocessing import row_from_text
from mltui.steps import evaluate
from mltui.steps.contract import StepFailed


@pytest.fixture
def server(loans: Trained, tmp_path: Path) -> Iterator[PredictionClient]:
    environment = {
        "PATH": os.environ["PATH"],
        "MLTUI_MODEL": str(loans.model),
        "MLTUI_VERSION": "v1",
        "MLTUI_SOCKET": str(tmp_path / "s.sock"),
    }
    process = subprocess.Popen([sys.executable, "-m", "mltui.serving.server"], env=environment)
    try:
        with PredictionClient.over_socket(tmp_path) as client:
            _await_ready(client)
            yield client
    finally:
        process.kill()
        process.wait()


def _await_ready(client: PredictionClient) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if client.ready()["ready"]:
                return
        except ServerUnreachable:
            pass
        time.sleep(0.02)
    raise AssertionError("the server was not ready within 60 s")


def test_the_evaluation_holds_the_servers_own_answers(loans: Trained, server: PredictionClient) -> None:
    spec = ServedModel.open(loans.model, threads=1).description.input
    assert isinstance(spec, RowInput)
    held_out = {row["row_id"]: row for row in read_rows(loans.held_out / "rows.csv")}
    evaluated = read_rows(loans.evaluation / "evaluation.csv")
    assert len(evaluated) == len(held_out) > 100
    for row in evaluated:
        body = server.predict(row_from_text(held_out[row["row_id"]], spec)).body
        assert body["label"] == row["prediction"]
        assert {name: float(row[f"score:{name}"]) for name in ("no", "yes")} == body["scores"]


def test_truth_and_attributes_are_carried_over(loans: Trained) -> None:
    held_out = read_rows(loans.held_out / "rows.csv")
    evaluated = read_rows(loans.evaluation / "evaluation.csv")
    wanted = [(row["row_id"], row["truth"], row["attribute:sex"]) for row in held_out]
    assert [(row["row_id"], row["truth"], row["attribute:sex"]) for row in evaluated] == wanted


def test_a_missing_held_out_split_fails_the_step(tmp_path: Path, loans: Trained) -> None:
    with pytest.raises(StepFailed, match="the input 'held_out' is missing"):
        run_here(evaluate.main, tmp_path / "run", {}, model=loans.model)


def test_a_held_out_split_without_rows_fails_the_step(tmp_path: Path, loans: Trained) -> None:
    held_out = shutil.copytree(loans.held_out, tmp_path / "held_out")
    header = (held_out / "rows.csv").read_text().splitlines()[0]
    (held_out / "rows.csv").write_text(header + "\n")
    with pytest.raises(StepFailed, match="the held-out split has no rows"):
        run_here(evaluate.main, tmp_path / "run", {}, model=loans.model, held_out=held_out)


def test_swapped_class_names_in_model_json_are_noticed(tmp_path: Path, loans: Trained) -> None:
    model = shutil.copytree(loans.model, tmp_path / "model")
    _swap_classes(model)
    with pytest.raises(
        StepFailed, match=r"model\.json names the classes yes, no, but model\.onnx was written for no, yes"
    ):
        run_here(evaluate.main, tmp_path / "run", {}, model=model, held_out=loans.held_out)


def test_classes_in_another_order_than_the_schemas_fail(tmp_path: Path, loans: Trained) -> None:
    held_out = shutil.copytree(loans.held_out, tmp_path / "held_out")
    schema = json.loads((held_out / "schema.json").read_text())
    (held_out / "schema.json").write_text(json.dumps({**schema, "classes": ["yes", "no"]}))
    with pytest.raises(StepFailed, match="the model's classes are no, yes, the held-out rows' yes, no"):
        run_here(evaluate.main, tmp_path / "run", {}, model=loans.model, held_out=held_out)


def test_a_few_rows_that_the_server_would_refuse_are_counted_and_many_fail(tmp_path: Path, loans: Trained) -> None:
    held_out = shutil.copytree(loans.held_out, tmp_path / "held_out")
    rows = read_rows(held_out / "rows.csv")
    rows[0]["job"] = "astronaut"
    write_rows(held_out / "rows.csv", rows)
    ran = run_here(evaluate.main, tmp_path / "one", {}, model=loans.model, held_out=held_out)
    report = ran.json("report/report.json")
    assert (report["rows"], report["skipped"]) == (len(rows) - 1, 1)
    assert rows[0]["row_id"] not in (ran.out / "evaluation/evaluation.csv").read_text()
    for row in rows[:5]:
        row["job"] = "astronaut"
    write_rows(held_out / "rows.csv", rows)
    with pytest.raises(StepFailed, match=f"refuses 5 of {len(rows)} held-out rows.*astronaut"):
        run_here(evaluate.main, tmp_path / "many", {}, model=loans.model, held_out=held_out)


def test_a_truth_that_is_no_class_fails(tmp_path: Path, loans: Trained) -> None:
    held_out = shutil.copytree(loans.held_out, tmp_path / "held_out")
    rows = read_rows(held_out / "rows.csv")
    rows[3]["truth"] = "maybe"
    write_rows(held_out / "rows.csv", rows)
    with pytest.raises(StepFailed, match=f"{rows[3]['row_id']} has the truth 'maybe'"):
        run_here(evaluate.main, tmp_path / "run", {}, model=loans.model, held_out=held_out)


@pytest.mark.parametrize("column", [*FEATURES, "row_id", "truth"])
def test_a_missing_column_fails(tmp_path: Path, loans: Trained, column: str) -> None:
    held_out = shutil.copytree(loans.held_out, tmp_path / "held_out")
    rows = read_rows(held_out / "rows.csv")
    kept = [{name: value for name, value in row.items() if name != column} for row in rows]
    write_rows(held_out / "rows.csv", kept)
    with pytest.raises(StepFailed, match=f"has no column {column}"):
        run_here(evaluate.main, tmp_path / "run", {}, model=loans.model, held_out=held_out)


def test_a_model_that_cannot_be_opened_fails(tmp_path: Path, loans: Trained) -> None:
    model = shutil.copytree(loans.model, tmp_path / "model")
    (model / "model.onnx").write_bytes(b"no model")
    with pytest.raises(StepFailed, match="the model folder cannot be used"):
        run_here(evaluate.main, tmp_path / "run", {}, model=model, held_out=loans.held_out)


def _swap_classes(model: Path) -> None:
    described = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**described, "classes": described["classes"][::-1]}))
