"""What is said of a table whose figures would mislead by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from mltui.analysis.foreign_table import NamedColumns
from mltui.errors import UsageError
from mltui.operations.versions.evaluate import Evaluated, HowToEvaluate, evaluate


def found(
    folder: Path, head: str, *rows: str, by: tuple[str, ...] = (), positive: str | None = None
) -> tuple[str, ...]:
    return evaluated(folder, head, *rows, by=by, positive=positive).cautions


def evaluated(folder: Path, head: str, *rows: str, by: tuple[str, ...] = (), positive: str | None = None) -> Evaluated:
    (folder / "t.csv").write_text("\n".join([head, *rows]), "utf-8")
    names = head.split(",")
    columns = NamedColumns("truth", "said" if "said" in names else None, "score" if "score" in names else None, by=by)
    return evaluate(folder / "t.csv", columns, HowToEvaluate(positive=positive))


def test_rows_without_a_group_are_told_with_how_they_fare(tmp_path: Path) -> None:
    rows = [f"{place % 2},{place % 2},{'ab'[place % 2]}" for place in range(80)] + ["1,0,"] * 20
    assert found(tmp_path, "truth,said,side", *rows, by=("side",)) == (
        "20 rows have no side and are in no group of it: 0.0% of them are right, 100.0% of the others.",
    )
    wrong = [f"{place}.5,{place + 1}.5,{'ab'[place % 2]}" for place in range(80)] + ["7.5,17.5,"] * 20
    assert found(tmp_path, "truth,said,side", *wrong, by=("side",)) == (
        "20 rows have no side and are in no group of it: they are off by 10 on average, the others by 1.",
    )


def test_a_sound_table_is_told_nothing_of(tmp_path: Path) -> None:
    rows = [f"{place % 2},{place % 2},{'ab'[place % 3 % 2]}" for place in range(80)]
    assert found(tmp_path, "truth,said,side", *rows, by=("side",)) == ()


def test_a_score_of_the_other_class_is_suspected(tmp_path: Path) -> None:
    rows = [f"{'yes' if place % 3 else 'no'},{0.9 if place % 3 else 0.1}" for place in range(60)]
    assert found(tmp_path, "truth,score", *rows, positive="no") == (
        "The score ranks no lowest: where it is the score of yes, say --positive yes.",
    )
    assert found(tmp_path, "truth,score", *rows, positive="yes") == ()


def test_one_truth_and_one_answer_are_said(tmp_path: Path) -> None:
    assert found(tmp_path, "truth,said", *["5,5"] * 30) == (
        "The truth of all rows is 5: nothing is known of how other rows would fare; "
        "where it is a number to be met, say --task regression.",
        "Every row gets the same answer, 5.",
    )


def test_numbers_that_make_groups_of_a_row_each_are_better_banded(tmp_path: Path) -> None:
    rows = [f"{place % 2},{place % 2},{place}.25" for place in range(60)]
    (told,) = found(tmp_path, "truth,said,radius", *rows, by=("radius",))
    assert told.startswith("radius has 60 different numbers: --quantiles radius=4, or --bands radius=")


def test_the_truth_makes_no_groups(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is the truth"):
        found(tmp_path, "truth,said", *["1,1", "0,0"] * 20, by=("truth",))
