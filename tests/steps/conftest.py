"""A small table that has gone through prepare and train, made once a module."""

from __future__ import annotations

import pytest
from step_runs import TABLE, Trained, loan_rows, run_here, table_data

from mltui.steps import evaluate, prepare, train_table


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Logistic regression over three features; `debt` is empty here and there."""
    place = tmp_path_factory.mktemp("loans")
    data = table_data(place / "data", loan_rows())
    prepared = run_here(prepare.main, place / "prepare", TABLE, data=data).out
    trained = run_here(train_table.main, place / "train", {}, training=prepared / "training").out
    inputs = {"model": trained / "model", "held_out": prepared / "held_out"}
    evaluated = run_here(evaluate.main, place / "evaluate", {}, **inputs).out
    return Trained(
        training=prepared / "training",
        held_out=prepared / "held_out",
        model=trained / "model",
        history=trained / "history",
        evaluation=evaluated / "evaluation",
    )
