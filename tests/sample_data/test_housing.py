"""The table of prices that the demo makes for itself, and the model that comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_projects import SAMPLES, load_program

from mltui.analysis.groups import breakdown
from mltui.analysis.metrics import figures
from mltui.analysis.table_file import read_evaluation
from mltui.config.project import read_project
from mltui.domain.pipeline import parameters_for
from mltui.serving.model import ServedModel
from mltui.steps import evaluate, prepare, train_table
from mltui.steps.contract import Progress, Step

make = load_program("housing", "make")


@pytest.fixture(scope="module", params=[0, 600], ids=["first", "second"])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the steps make of the project as it is shipped, and with the sales that the second commit adds."""
    place = tmp_path_factory.mktemp("housing")
    (place / "data").mkdir()
    make.make(place / "data" / "table.csv", seed=7, extra_harbour=request.param)
    project = read_project(SAMPLES / "housing")
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


def test_smoke_cases_are_well_inside_their_tolerance(outcome: Path) -> None:
    model = ServedModel.open(outcome / "train/model", threads=1)
    for case in read_project(SAMPLES / "housing").smoke.cases:
        assert isinstance(case.expect, float | int)
        assert not isinstance(case.input, str)
        assert case.tolerance is not None
        value = float(model.predict([case.input])[0])
        assert abs(value - case.expect) < 0.8 * case.tolerance * case.expect


def test_the_average_hides_the_harbour_and_more_sales_there_mend_it(outcome: Path) -> None:
    table = read_evaluation(outcome / "evaluate/evaluation/evaluation.csv", task="regression", classes=())
    harbour = next(each for each in breakdown(table) if (each.metric, each.group) == ("mae", "harbour"))
    assert figures(table)["r2"].value > 0.9
    assert harbour.ratio is not None
    if harbour.n < 100:
        assert (harbour.verdict, harbour.ratio > 1.4) == ("too few", True)
    else:
        assert (harbour.verdict, harbour.ratio < 1.15) == ("within", True)


def test_further_sales_by_the_harbour_change_no_other_row(tmp_path: Path) -> None:
    make.make(tmp_path / "a.csv", seed=3, count=50)
    make.make(tmp_path / "b.csv", seed=3, count=50, extra_harbour=20)
    before, after = (tmp_path / "a.csv").read_text(), (tmp_path / "b.csv").read_text()
    assert after.startswith(before)
    assert after[len(before) :].count("harbour") == 20
