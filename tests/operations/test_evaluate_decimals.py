"""Foreign tables whose decimals stand after a comma, and what else a command line has to get across."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mltui.analysis.foreign_table import NamedColumns
from mltui.bands import Banding
from mltui.cli.main import run
from mltui.errors import WorkFailed
from mltui.operations.versions.evaluate import Evaluated, HowToEvaluate, evaluate

HEAD = ("rent", "said", "p", "repaid", "age", "place")


def write(path: Path, decimal: str, *more: str) -> Path:
    """Between the cells of a comma's table stand semicolons."""
    rng = np.random.default_rng(3)
    lines = [";".join(HEAD)]
    for place in range(120):
        numbers = (rng.uniform(300, 900), rng.uniform(300, 900), rng.random())
        cells = [f"{number:.2f}".replace(".", decimal) for number in numbers]
        lines.append(";".join([*cells, str(place % 2), f"{20 + place % 50}{decimal}5", f"{place % 2},5"]))
    path.write_text("\n".join([*lines, *more]) + "\n", "utf-8")
    return path


def both(path: Path, decimal: str | None) -> tuple[Evaluated, Evaluated]:
    bands = {"age": Banding((25.0, 40.0))}
    rents = NamedColumns("rent", "said", by=("place",), bands=bands, decimal=decimal)
    loans = NamedColumns("repaid", score="p", by=("place",), bands=bands, decimal=decimal)
    return evaluate(path, rents, HowToEvaluate()), evaluate(path, loans, HowToEvaluate())


def test_a_table_with_decimal_commas_says_what_the_same_with_points_says(tmp_path: Path) -> None:
    commas, points = (write(tmp_path / f"{name}.csv", sign) for name, sign in (("commas", ","), ("points", ".")))
    assert both(commas, ",") == both(points, ".") == both(points, None)
    rents = both(commas, ",")[0]
    assert rents.task == "regression"
    assert {each.group for each in rents.groups if each.attribute == "place"} == {"0,5", "1,5"}  # a name stays one


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        (NamedColumns("rent", "said"), "rent"),
        (NamedColumns("repaid", score="p"), "p"),
        (NamedColumns("repaid", "repaid", bands={"age": Banding((25.0,))}), "age"),
    ],
)
def test_numbers_that_seem_to_have_a_comma_are_refused_until_somebody_says_so(
    tmp_path: Path, columns: NamedColumns, column: str
) -> None:
    path = write(tmp_path / "table.csv", ",")
    with pytest.raises(WorkFailed, match=f"line 2, column {column}: .* looks like a number with a decimal comma") as no:
        evaluate(path, columns, HowToEvaluate())
    assert no.value.hint == "say --decimal , if it is one, or --decimal . if not"


def test_a_point_beside_decimal_commas_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", ",", "1.234,50;800,10;0,5;1;30,5;x")
    with pytest.raises(WorkFailed, match=r"line 122, column rent: “1\.234,50” has a point"):
        evaluate(path, NamedColumns("rent", "said", decimal=","), HowToEvaluate())


def test_labels_with_a_comma_stay_labels(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("truth;said\n1,5;1,5\nmore;1,5\n", "utf-8")
    assert evaluate(path, NamedColumns("truth", "said", decimal="."), HowToEvaluate()).classes == ("1,5", "more")
    path.write_text("truth,said\n1,1\n0,5,1\n", "utf-8")
    with pytest.raises(WorkFailed, match="line 3: 3 cells under 2 columns") as refused:
        evaluate(path, NamedColumns("truth", "said"), HowToEvaluate())
    assert "needs quotes around it" in refused.value.hint


def test_json_is_printed_beside_a_report_and_a_reference_may_have_a_column_with_an_equals_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{place % 2},{place % 3 % 2},{'a=b' if place % 5 else 'c'}" for place in range(200)]
    Path("table.csv").write_text("\n".join(["truth,said,sex=f", *lines]) + "\n", "utf-8")
    words = ["--truth", "truth", "--prediction", "said", "--by", "sex=f", "--reference", "sex=f=a=b"]
    assert run(["evaluate", "table.csv", *words, "--report", "page.html", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["reference"] for each in told["evaluation"]["groups"]} == {"a=b"}
    assert told["report"] == str(tmp_path / "page.html")
    assert "judged by group: accuracy, " in Path("page.html").read_text("utf-8")
    assert run(["evaluate", "table.csv", *words]) == 0
    assert "and the recall of 0; not its other rates, which --per-class adds" in capsys.readouterr().out
