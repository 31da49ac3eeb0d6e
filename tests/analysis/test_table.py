from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pytest

from mltui.analysis import table_file as module
from mltui.analysis.table import EvaluationTable
from mltui.analysis.table_file import read_evaluation
from mltui.errors import NotFound, WorkFailed

CLASSES = ("burrito", "taco")
HEADER = "row_id,truth,prediction,score:burrito,score:taco,attribute:lighting"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "evaluation.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def read(path: Path) -> EvaluationTable:
    return read_evaluation(path, task="classification", classes=CLASSES)


def test_every_column_is_read_in_the_order_of_the_rows_and_classes(tmp_path: Path) -> None:
    header = "row_id,attribute:lighting,score:taco,score:burrito,prediction,truth"
    found = read(write(tmp_path, header, 'a,"day, bright",0.9,0.1,taco,burrito', "b,,0.25,0.75,burrito,burrito"))
    assert found.row_ids.tolist() == ["a", "b"]
    assert found.truth.tolist() == [0, 0]
    assert found.prediction.tolist() == [1, 0]
    assert found.scores is not None
    assert found.scores.tolist() == [[0.1, 0.9], [0.75, 0.25]]
    assert found.attribute_names == ("lighting",)
    lighting = (found.attributes or {})["lighting"]
    assert (lighting.groups, lighting.codes.tolist()) == (("day, bright",), [0, -1])


def test_a_table_without_scores_and_attributes_is_read(tmp_path: Path) -> None:
    found = read(write(tmp_path, "row_id,truth,prediction,note", "a,taco,taco,kept by hand"))
    assert found.scores is None
    assert found.attribute_names == ()


def test_a_regression_holds_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, "row_id,truth,prediction", "a,1.5,-2e3", "b,3,4")
    found = read_evaluation(path, task="regression", classes=())
    assert found.truth.tolist() == [1.5, 3.0]
    assert found.prediction.tolist() == [-2000.0, 4.0]


def test_a_byte_order_mark_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeffrow_id,truth,prediction", "", "a,taco,taco", "", "b,taco,taco", "")
    assert len(read(path)) == 2


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (("a,taco,taco,0.1,0.9,day", "b,pizza,taco,0.1,0.9,day"), "line 3, column truth: “pizza”"),
        (("a,taco,,0.1,0.9,day",), "line 2, column prediction: “”"),
        (("a,taco,taco,0.1,much,day",), "line 2, column score:taco: “much” is no number"),
        (("a,taco,taco,0.1,nan,day",), "line 2, column score:taco: “nan” is no finite number"),
        (("a,taco,taco,0.1,1.5,day",), "line 2, column score:taco: “1.5” is no probability"),
        (("a,taco,taco,0.1,0.9,day", "a,taco,taco,0.1,0.9,day"), "line 3, column row_id: the id “a”"),
        ((",taco,taco,0.1,0.9,day",), "line 2, column row_id: the row has no id"),
        (('a,taco,taco,0.1,0.9,"two\nlines"', "b,taco,taco,0.1,0.9"), "line 4: 5 cells under 6 columns"),
        ((), "it has no rows"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(tmp_path: Path, lines: tuple[str, ...], where: str) -> None:
    with pytest.raises(WorkFailed) as caught:
        read(write(tmp_path, HEADER, *lines))
    assert where in caught.value.message
    assert caught.value.code == "evaluation_invalid"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("row_id,truth", "no column prediction"),
        ("row_id,truth,prediction,truth", "column truth stands there twice"),
        ("row_id,truth,prediction,score:taco", "the classes are burrito, taco"),
        ("row_id,truth,prediction,score:burrito,score:taco,score:pizza", "scores are for burrito, pizza, taco"),
        ("row_id,truth,prediction,attribute:", "the attribute has no name"),
        ("", "no column row_id, truth, prediction"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(WorkFailed, match=said):
        read(write(tmp_path, header, "a,taco,taco,0,0"))


def test_faults_beyond_the_first_chunk_are_found_on_their_line(tmp_path: Path) -> None:
    rows = [f"r{place},taco,taco" for place in range(3 * module.CHUNK_ROWS)]
    late = 2 * module.CHUNK_ROWS + 7
    broken = [*rows[:late], "late,pizza,taco", *rows[late:]]
    with pytest.raises(WorkFailed, match=f"line {late + 2}, column truth"):
        read(write(tmp_path, "row_id,truth,prediction", *broken))
    with pytest.raises(WorkFailed, match="line 1538, column row_id: the id “r3” stands further up already"):
        read(write(tmp_path, "row_id,truth,prediction", *rows, "r3,taco,taco"))


def test_a_missing_table_is_not_found_and_one_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read(tmp_path / "evaluation.csv")
    path = tmp_path / "other.csv"
    path.write_bytes(b"row_id,truth,prediction\n\xff\xfe,taco,taco\n")
    with pytest.raises(WorkFailed, match="cannot be read"):
        read(path)
    with pytest.raises(WorkFailed, match="cannot be read"):
        read(tmp_path)


def test_a_hundred_thousand_rows_are_read_within_seconds(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.csv"
    scores = np.random.default_rng(1).random(100_000)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        writer.writerows((f"{n:016x}", "taco", "taco", 1 - s, s, "day") for n, s in enumerate(scores.tolist()))
    began = time.process_time()
    assert len(read(path)) == 100_000
    assert time.process_time() - began < 5
