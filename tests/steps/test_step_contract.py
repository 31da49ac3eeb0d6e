"""What every step program promises the worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from step_runs import TABLE, loan_rows, run_apart, table_data

from mltui.steps.contract import Progress, Step, StepFailed
from mltui.steps.parameters import limited, read_parameters


@dataclass(frozen=True, slots=True)
class Knobs:
    size: int = limited(3, least=1, most=9)
    rate: float = 0.5
    name: str = limited("small", choices=("small", "large"))
    is_loud: bool = False
    depth: int | None = None


def test_a_failure_is_told_in_error_json_on_one_line_of_stderr_and_by_the_exit_status(tmp_path: Path) -> None:
    data = table_data(tmp_path / "data", loan_rows(50))
    ran, answer = run_apart("prepare", tmp_path / "run", {**TABLE, "target": "aproved"}, data=data)
    assert answer.returncode == 1
    assert ran.json("error.json")["message"] == "table.csv has no column aproved"
    assert "approved" in ran.json("error.json")["hint"]
    assert answer.stderr.count("\n") == 1


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    ran, answer = run_apart("evaluate", tmp_path / "run", {})
    assert (answer.returncode, ran.json("error.json")["message"]) == (1, "the input 'model' is missing")


def test_a_program_started_by_hand_says_what_it_lacks() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLTUI_")}
    argv = [sys.executable, "-m", "mltui.steps.register"]
    answer = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert answer.returncode == 1
    assert "MLTUI_OUT is not set" in answer.stderr


@pytest.mark.parametrize("step", ["prepare", "evaluate", "register"])
def test_slim_steps_import_no_training_library(step: str) -> None:
    heavy = {"torch", "torchvision", "sklearn", "skl2onnx", "onnx", "scipy", "pandas"}
    rooms = {"cli", "worker", "operations", "registry", "store", "engines", "analysis", "config", "domain", "errors"}
    program = f"import sys, json, mltui.steps.{step}; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(json.loads(answer.stdout))
    assert not modules & (heavy | {f"mltui.{room}" for room in rooms})


def test_prepare_runs_without_onnxruntime() -> None:
    program = "import sys, mltui.steps.prepare; print('onnxruntime' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_progress_appends_one_json_line_each(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.jsonl")
    progress.report(1, 5, unit="epoch", metrics={"train_loss": 0.4})
    progress.report(2, 5)
    lines = [json.loads(line) for line in progress.file.read_text().splitlines()]
    assert lines == [
        {"done": 1, "total": 5, "unit": "epoch", "metrics": {"train_loss": 0.4}},
        {"done": 2, "total": 5},
    ]


def test_parameters_are_read_as_what_they_are() -> None:
    given = {"size": 4, "rate": 1, "name": "large", "is_loud": True, "depth": 7}
    assert read_parameters(Knobs, given, what="it") == Knobs(4, 1.0, "large", True, 7)
    assert read_parameters(Knobs, {"depth": None}, what="it") == Knobs()


def test_an_unknown_parameter_is_refused_with_those_that_exist() -> None:
    with pytest.raises(StepFailed, match="it has no parameter sise") as refusal:
        read_parameters(Knobs, {"sise": 4}, what="it")
    assert "size (at least 1, at most 9)" in refusal.value.hint
    assert "name (one of small, large)" in refusal.value.hint


@pytest.mark.parametrize(
    "given",
    [
        {"size": "4"},
        {"size": 4.0},
        {"size": True},
        {"size": 0},
        {"size": 10},
        {"size": None},
        {"rate": "0.1"},
        {"rate": float("nan")},
        {"rate": False},
        {"name": "medium"},
        {"name": 3},
        {"is_loud": 1},
        {"is_loud": "yes"},
        {"depth": 1.5},
    ],
)
def test_a_parameter_of_the_wrong_type_or_size_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(StepFailed, match=next(iter(given))):
        read_parameters(Knobs, given, what="it")


@pytest.mark.parametrize("cpus", ["0", "-1", "two", "1.5", ""])
def test_threads_are_a_whole_number(tmp_path: Path, cpus: str) -> None:
    (tmp_path / "params.json").write_text("{}")
    places = {"MLTUI_IN": str(tmp_path), "MLTUI_OUT": str(tmp_path), "MLTUI_PARAMS": str(tmp_path / "params.json")}
    with pytest.raises(StepFailed, match="MLTUI_CPUS"):
        Step.from_environment({**places, "MLTUI_CPUS": cpus})
