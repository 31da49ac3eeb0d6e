"""Numbers of foreign tables as groups, and figures that have no value."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mltui.analysis.foreign_table import NamedColumns
from mltui.bands import Banding
from mltui.errors import MltuiError, UsageError
from mltui.operations.versions.evaluate import Evaluated, HowToEvaluate, evaluate


def write(folder: Path, head: str, rows: Sequence[Sequence[Any]]) -> Path:
    path = folder / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])
    return path


def sizes(found: Evaluated, attribute: str) -> dict[str, int]:
    """Group → rows, in the order of the figures."""
    mine = [each for each in found.groups if (each.attribute, each.metric) == (attribute, "accuracy")]
    return {each.group: each.n for each in mine}


def test_numbers_become_groups_by_edges_and_by_quantiles_of_the_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    ages = [*map(str, rng.integers(18, 80, 300).tolist()), "", "nan", "40"]
    rows = [(place % 2, place % 3 % 2, age, f"{place / 7:.3f}", "fm"[place % 2]) for place, age in enumerate(ages)]
    path = write(tmp_path, "truth,said,age,income,sex", rows)
    by = {"age": Banding((25.0, 40.0, 60.0)), "income": Banding(quantiles=4)}
    found = evaluate(path, NamedColumns("truth", "said", by=("sex", "age"), bands=by), HowToEvaluate())
    numbers = np.array(list(map(float, [*ages[:300], "40"])))
    inside = [
        (numbers < 25).sum(),
        *(((numbers >= low) & (numbers < low2)).sum() for low, low2 in ((25, 40), (40, 60))),
    ]
    expected = dict(zip(["<25", "25–39", "40–59", "≥60", "missing"], [*inside, (numbers >= 60).sum(), 2], strict=True))
    assert list(sizes(found, "age").items()) == list(expected.items())
    quarters = sizes(found, "income")
    assert list(quarters) == ["<10.79", "10.79 to <21.57", "21.57 to <32.36", "≥32.36"]
    assert max(quarters.values()) - min(quarters.values()) <= 2
    assert {"age", "income", "sex", "sex × age", "age × income"} <= {each.attribute for each in found.groups}


def test_bands_that_cannot_be_are_refused_with_their_place(tmp_path: Path) -> None:
    path = write(tmp_path, "truth,said,age,one", [(1, 1, 30, 5), (0, 0, 40, 5), (1, 0, "old", 5)])

    def banded(column: str, banding: Banding, *dropped: str) -> Evaluated:
        columns = NamedColumns("truth", "said", bands={column: banding}, dropped=dropped)
        return evaluate(path, columns, HowToEvaluate())

    with pytest.raises(MltuiError, match="line 4, column age: “old” is no number"):
        banded("age", Banding((35.0,)))
    with pytest.raises(UsageError, match=r"bands of “age”: edges = .* do not rise"):
        banded("age", Banding((35.0, 30.0)))
    with pytest.raises(UsageError, match="“one” has nearly everywhere one value"):
        banded("one", Banding(quantiles=3))
    with pytest.raises(UsageError, match="“one” is named and dropped"):
        banded("one", Banding((3.0,)), "one")
    with pytest.raises(UsageError, match="column “weight” is not there"):
        banded("weight", Banding((3.0,)))


def test_figures_without_a_value_are_told_with_the_reason(tmp_path: Path) -> None:
    one = evaluate(
        write(tmp_path, "truth,said", [("no", "no"), ("no", "no")]),
        NamedColumns("truth", "said"),
        HowToEvaluate(positive="yes"),
    )
    assert one.overall["recall"].value is None
    assert one.undefined["recall"] == "no row is of yes"
    assert one.undefined["precision"] == "no row is answered with yes"
    assert one.undefined["auc"] == "there are no scores"
    assert "accuracy" not in one.undefined
    scored = write(tmp_path, "truth,p", [("no", 0.1), ("no", 0.2)])
    told = evaluate(scored, NamedColumns("truth", score="p"), HowToEvaluate(positive="yes")).undefined
    assert told["auc"] == "not every class has rows with scores"
    flat = evaluate(
        write(tmp_path, "truth,said", [(3, 2.5), (3, 3)]), NamedColumns("truth", "said"), HowToEvaluate("regression")
    )
    assert flat.undefined == {"r2": "the truth is always the same"}
    assert set(one.undefined) == {name for name, each in one.overall.items() if each.value is None}
