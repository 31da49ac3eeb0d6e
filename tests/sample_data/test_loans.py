"""The table that the demo makes for itself, and the model that comes of it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from sample_projects import SAMPLES, load_program

from mltui.config.project import read_project
from mltui.domain.pipeline import parameters_for
from mltui.serving.model import ServedModel
from mltui.steps import evaluate, prepare, train_table
from mltui.steps.contract import Progress, Step

make = load_program("loans", "make")


@pytest.fixture(scope="module", params=[7, 8])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the steps make of the project as it is shipped."""
    place = tmp_path_factory.mktemp("loans")
    (place / "data").mkdir()
    make.make(place / "data" / "table.csv", seed=request.param)
    project = read_project(SAMPLES / "loans")
    for name, program, inputs in (
        ("prepare", prepare.main, {"data": "data"}),
        ("train", train_table.main, {"training": "prepare/training"}),
        ("evaluate", evaluate.main, {"model": "train/model", "held_out": "prepare/held_out"}),
    ):
        (place / name / "in").mkdir(parents=True)
        for input_name, source in inputs.items():
            (place / name / "in" / input_name).symlink_to(place / source)
        progress = Progress(place / name / "progress.jsonl")
        program(Step(place / name / "in", place / name, parameters_for(name, project), None, cpus=1, progress=progress))
    return place


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def share(rows: list[dict[str, str]], **wanted: Any) -> float:
    return sum(all(row[name] == value for name, value in wanted.items()) for row in rows) / len(rows)


def test_the_model_is_good_and_not_perfect(outcome: Path) -> None:
    rows = rows_of(outcome / "evaluate/evaluation/evaluation.csv")
    assert len(rows) > 200
    assert 0.80 < sum(row["truth"] == row["prediction"] for row in rows) / len(rows) < 0.92


def test_smoke_cases_are_clear_whatever_the_seed(outcome: Path) -> None:
    model = ServedModel.open(outcome / "train/model", threads=1)
    cases = read_project(SAMPLES / "loans").smoke.cases
    for case in cases:
        assert not isinstance(case.input, str)
        scores = dict(zip(model.description.classes, model.predict([case.input])[0], strict=True))
        assert scores[str(case.expect)] > case.minimum_score
    assert {str(case.expect) for case in cases} == {"yes", "no"}


def test_approval_differs_between_the_groups_though_nobody_looked(outcome: Path) -> None:
    rows = rows_of(outcome / "data/table.csv")
    young = [row for row in rows if row["age_band"] == "18-29"]
    middle = [row for row in rows if row["age_band"] == "45-64"]
    assert share(middle, approved="yes") - share(young, approved="yes") > 0.1
    assert "sex" not in (outcome / "prepare/training/rows.csv").read_text()


def test_one_seed_makes_the_same_table_and_more_rows_change_none(tmp_path: Path) -> None:
    make.make(tmp_path / "a.csv", seed=3, count=50)
    make.make(tmp_path / "b.csv", seed=3, count=80)
    assert (tmp_path / "b.csv").read_text().startswith((tmp_path / "a.csv").read_text())
