"""The log of a run shows what there is of it, also of a step that never began."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from registry.registry_values import NOW

from mltui.domain.run import StepAttempt, WorkState
from mltui.errors import NotFound
from mltui.operations.runs.run_log import RunLog, StepLogLine, log_lines
from mltui.operations.runs.train import request_run
from mltui.operations.standing.progress import progress_of
from mltui.registry import steps
from mltui.workspace import Workspace


@pytest.fixture
def run_folder(workspace: Workspace, project: Path) -> Path:
    """Of run 1, whose prepare has begun and whose train could not be built."""
    run = request_run(workspace, project).run
    with workspace.registry.write() as tx:
        steps.save(tx, StepAttempt(run.id, "prepare", 1, WorkState.RUNNING, started_at=NOW))
    folder = workspace.run_folder(run.id)
    (folder / "prepare.1" / "out").mkdir(parents=True)
    (folder / "train.build.log").write_text("no space left on device\n")
    return folder


def test_the_log_of_a_build_that_failed_is_shown(workspace: Workspace, run_folder: Path) -> None:
    assert [(line.step, line.text) for line in log_lines(workspace, 1)] == [("train", "no space left on device")]


def test_a_line_that_is_half_written_is_left_out(workspace: Workspace, run_folder: Path) -> None:
    whole = json.dumps({"at": 1, "stream": "stdout", "text": "reading"})
    (run_folder / "prepare.1" / "log.jsonl").write_text(f'{whole}\n{{"at": 2, "stre')
    assert [line.text for line in log_lines(workspace, 1, step="prepare")] == ["reading"]


def test_a_step_that_is_not_there_is_named(workspace: Workspace, run_folder: Path) -> None:
    with pytest.raises(NotFound) as raised:
        log_lines(workspace, 1, step="fly")
    assert "prepare, train" in raised.value.hint


def test_progress_is_the_last_whole_line_of_the_step_under_way(workspace: Workspace, run_folder: Path) -> None:
    assert progress_of(workspace, 1) is None
    first = '{"done": 1, "total": 5, "unit": "epoch"}'
    second = '{"done": 2, "total": 5, "unit": "epoch", "metrics": {"loss": 0.5}}'
    (run_folder / "prepare.1" / "out" / "progress.jsonl").write_text(f'{first}\n{second}\n{{"done": 3,')
    assert str(progress_of(workspace, 1)) == "prepare: epoch 2 of 5   loss 0.500"


def test_progress_names_scores_and_not_what_it_counts_by(workspace: Workspace, run_folder: Path) -> None:
    said = {"done": 3, "total": 5, "unit": "epoch", "metrics": {"epoch": 3, "seconds": 2.2, "train_loss": 0.25}}
    (run_folder / "prepare.1" / "out" / "progress.jsonl").write_text(json.dumps(said))
    assert str(progress_of(workspace, 1)) == "prepare: epoch 3 of 5   train_loss 0.250"


def test_a_log_is_read_on_from_where_it_was_and_anew_where_it_was_written_anew(
    workspace: Workspace, run_folder: Path
) -> None:
    path, log = run_folder / "prepare.1" / "log.jsonl", RunLog(1)
    path.write_text(line_of("one") + line_of("two") + '{"at": 3, "str')
    first = log.lines(workspace, step="prepare")
    with path.open("a") as file:
        file.write('eam": "stdout", "text": "three"}\n')
    second = log.lines(workspace, step="prepare")
    assert [line.text for line in second] == ["one", "two", "three"]
    assert second[0] is first[0], "it was read again"
    path.write_text(line_of("other"))
    assert [line.text for line in log.lines(workspace, step="prepare")] == ["other"]


def test_a_filter_of_a_log_holds_for_the_lines_to_come_and_ends_with_the_next_one(
    workspace: Workspace, run_folder: Path
) -> None:
    path, log = run_folder / "prepare.1" / "log.jsonl", RunLog(1)

    def keeps(line: StepLogLine) -> bool:
        return "o" in line.text

    path.write_text(line_of("one") + line_of("three"))
    assert [line.text for line in log.lines(workspace, step="prepare", keeps=keeps)] == ["one"]
    with path.open("a") as file:
        file.write(line_of("two") + line_of("ten"))
    assert [line.text for line in log.lines(workspace, step="prepare", keeps=keeps)] == ["one", "two"]
    assert [line.text for line in log.lines(workspace, step="prepare")] == ["one", "three", "two", "ten"]


def line_of(text: str) -> str:
    return json.dumps({"at": 1, "stream": "stdout", "text": text}) + "\n"
