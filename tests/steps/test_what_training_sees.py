"""Sensitive columns reach the evaluation alone, unless they are declared as features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from step_runs import FEATURES, TABLE, loan_rows, run_here, table_data

from mltui.bands import Banding
from mltui.domain.pipeline import parameters_for, pipeline
from mltui.domain.project import DataSource, Project, StepDeclaration
from mltui.steps import prepare

SECRETS = ("ward-7f", "ward-3k", "creed", "born", "1971.5")
SOURCE = DataSource(
    "table.csv",
    target="approved",
    key="id",
    features=tuple(FEATURES),
    attributes=("creed", "born"),
    bands={"born": Banding((1980.0,))},
)


def project(data: DataSource) -> Project:
    return Project("loans", "classification", data, {"train": StepDeclaration("table", parameters={"seed": 1})})


def prepared(folder: Path, data: DataSource) -> Path:
    rows: list[dict[str, Any]] = [
        {**row, "creed": SECRETS[place % 2], "born": 1971.5 + place % 20} for place, row in enumerate(loan_rows(300))
    ]
    parameters = parameters_for("prepare", project(data))
    return run_here(
        prepare.main, folder / "run", {**parameters, "split": TABLE["split"]}, data=table_data(folder / "data", rows)
    ).out


def told(folder: Path) -> str:
    return "".join(f"{file.name}\n{file.read_text('utf-8')}" for file in sorted(folder.rglob("*")) if file.is_file())


def test_a_train_step_gets_nothing_that_tells_of_a_sensitive_column(tmp_path: Path) -> None:
    ready = prepared(tmp_path, SOURCE)
    (train,) = (step for step in pipeline(project(SOURCE)) if step.name == "train")
    assert [(need.step, need.output) for need in train.needs] == [("prepare", "training")]
    handed = told(ready / "training") + str(parameters_for("train", project(SOURCE)))
    assert "income" in handed
    assert [secret for secret in SECRETS if secret in handed] == []
    evaluated = told(ready / "held_out")
    assert [secret for secret in SECRETS if secret not in evaluated] == ["1971.5"], "of numbers the bands alone"
    assert "attribute:born" in evaluated


@pytest.mark.parametrize(("column", "secret"), [("creed", "ward-7f"), ("born", "1971.5")])
def test_a_sensitive_column_that_is_a_feature_is_one(tmp_path: Path, column: str, secret: str) -> None:
    ready = prepared(tmp_path, replace(SOURCE, features=(*FEATURES, column)))
    assert secret in told(ready / "training")
    assert f"attribute:{column}" in told(ready / "held_out")
