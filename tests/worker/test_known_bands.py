"""Edges that a version's data gave are handed to the prepare step of later runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from operations.stock import NOW, Stock
from registry.registry_values import add_deployment, add_run, add_version

from mltui.bands import Banding
from mltui.domain.job import JobKind
from mltui.domain.pipeline import pipeline
from mltui.domain.project import DataSource, Project, StepDeclaration
from mltui.registry import jobs
from mltui.worker.environments.images import module_files
from mltui.worker.journal import Journal
from mltui.worker.runs.step_work import StepWork

EDGES = {"edges": [30.5, 50.5], "quantiles": 3, "names": ["a", "b", "c"], "of": "training rows"}
PROJECT = Project(
    "loans",
    "classification",
    DataSource("t.csv", target="y", features=("x",), attributes=("age",), bands={"age": Banding(quantiles=3)}),
    {"train": StepDeclaration("table")},
)


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    made = Stock(tmp_path)
    yield made
    made.close()


def bands_for(stock: Stock, *, data: str, asked_after_days: float, step: str = "prepare") -> Any:
    """Of a run with that data; the version before was made after a day."""
    source = stock.workspace.store.put_entries([("mltui.toml", b"")])
    with stock.workspace.registry.write() as tx:
        at = NOW + timedelta(days=asked_after_days)
        run = add_run(tx, source=source, data=data, requested_at=at)
        job = jobs.add(tx, kind=JobKind.RUN, subject=str(run.id), payload={}, requested_by="ann", at=at)
    (plan,) = (each for each in pipeline(PROJECT) if each.name == step)
    work = StepWork(Journal(stock.workspace, job), run, PROJECT, stock.folder, plan, {})
    return work.parameters.get("bands")


def test_later_data_fall_into_the_bands_of_the_version_before(stock: Stock) -> None:
    first, second = "1" * 64, "2" * 64
    with stock.workspace.registry.write() as tx:
        made = add_version(
            tx,
            run_id=add_run(tx).id,
            created_at=NOW + timedelta(days=1),
            data=first,
            data_report={"bands": {"age": EDGES}},
        )
    own = {"age": {"edges": [], "quantiles": 3}}
    kept = {"age": {"edges": [30.5, 50.5], "quantiles": 3, "names": ["a", "b", "c"], "of": f"v{made.id}"}}
    assert bands_for(stock, data=second, asked_after_days=2) == kept
    assert bands_for(stock, data=first, asked_after_days=2) == own, "they come out the same, and the cache holds"
    assert bands_for(stock, data=second, asked_after_days=0) == own, "that version came while the run was under way"
    assert bands_for(stock, data=second, asked_after_days=2, step="train") is None


def test_bands_are_first_of_all_those_of_the_version_that_answers(stock: Stock) -> None:
    others = {**EDGES, "edges": [20.5, 40.5]}
    with stock.workspace.registry.write() as tx:
        made, newest = (
            add_version(
                tx,
                run_id=add_run(tx).id,
                created_at=NOW + timedelta(days=days),
                data=str(days) * 64,
                data_report={"bands": {"age": edges}},
            )
            for days, edges in ((1, EDGES), (2, others))
        )
        until = NOW + timedelta(days=5)
        add_deployment(tx, version_id=made.id, live_from=NOW + timedelta(days=3), live_until=until)
    found = [bands_for(stock, data="9" * 64, asked_after_days=days)["age"]["of"] for days in (2.5, 4, 6)]
    assert found == [f"v{newest.id}", f"v{made.id}", f"v{newest.id}"]


def test_the_image_of_the_step_holds_how_bands_are_made() -> None:
    assert {"mltui/bands.py", "mltui/pooling.py", "mltui/steps/banding.py"} <= set(module_files("mltui.steps.prepare"))
