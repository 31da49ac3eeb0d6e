"""Predictions that were made elsewhere: read by named columns, broken down, refused with line and column."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet, table
from sklearn import metrics as oracle
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mltui.analysis.foreign_table import NamedColumns
from mltui.analysis.groups import Reference
from mltui.errors import MltuiError, NotFound, UsageError
from mltui.operations.versions.evaluate import Evaluated, HowToEvaluate, evaluate

COLUMNS = NamedColumns("truth", "said", by=("sex",))


def write(folder: Path, head: Sequence[str], rows: Sequence[Sequence[Any]], *, delimiter: str = ",") -> Path:
    path = folder / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def value(found: Evaluated, metric: str, group: str) -> float | None:
    return next(each.value for each in found.groups if (each.metric, each.group) == (metric, group))


def test_breast_cancers_scores_are_broken_down_as_scikit_learn_counts_them(tmp_path: Path) -> None:
    data = load_breast_cancer()
    score = make_pipeline(StandardScaler(), LogisticRegression()).fit(data.data[:, :3], data.target)
    benign = score.predict_proba(data.data[:, :3])[:, 1].round(4)
    size = np.where(data.data[:, 3] > 551, "large", "small")
    name = [f"patient {place}" for place in range(len(size))]
    labels = data.target_names[data.target]
    rows = list(zip(name, labels, benign, size, strict=True))
    path = write(tmp_path, ["name", "truth", "p", "size"], rows, delimiter=";")
    columns = NamedColumns("truth", score="p", by=("size",), dropped=("name",))
    found = evaluate(path, columns, HowToEvaluate(positive="benign", threshold=0.7))
    assert (found.rows, found.classes) == (569, ("malignant", "benign"))
    said = benign >= 0.7
    for group in ("large", "small"):
        mine = size == group
        truth = data.target[mine]
        assert value(found, "recall", group) == pytest.approx(oracle.recall_score(truth, said[mine]))
        assert value(found, "precision", group) == pytest.approx(oracle.precision_score(truth, said[mine]))
        assert value(found, "f1", group) == pytest.approx(oracle.f1_score(truth, said[mine]))
        assert value(found, "auc", group) == pytest.approx(oracle.roc_auc_score(truth, benign[mine]))
        assert value(found, "base_rate", group) == pytest.approx(truth.mean())
    span = next(each for each in found.spans if each.metric == "base_rate")
    assert span.overall == pytest.approx(data.target.mean())
    assert found.meanings["recall"].endswith("higher is better (Fairlearn, scikit-learn)")
    assert "patient" not in repr(found)


def test_wines_three_classes_and_diabetes_numbers_are_told_apart(tmp_path: Path) -> None:
    wine = load_wine()
    said = make_pipeline(StandardScaler(), LogisticRegression()).fit(wine.data[:, :2], wine.target)
    answers = said.predict(wine.data[:, :2]).astype(float)  # 1.0 is the class 1
    strong = np.where(wine.data[:, 0] > 13, "f", "m")
    path = write(tmp_path, ["truth", "said", "sex"], list(zip(wine.target, answers, strong, strict=True)))
    found = evaluate(path, COLUMNS, HowToEvaluate(is_per_class=True))
    assert (found.task, found.classes) == ("classification", ("0", "1", "2"))
    mine = strong == "f"
    expected = oracle.recall_score(wine.target[mine], answers[mine], average=None, labels=[0, 1, 2])
    assert [value(found, f"recall:{code}", "f") for code in range(3)] == pytest.approx(list(expected))
    assert value(found, "recall", "f") == pytest.approx(expected.mean())

    ill = load_diabetes()
    numbers = LinearRegression().fit(ill.data, ill.target).predict(ill.data)
    sex = np.where(ill.data[:, 1] > 0, "f", "m")
    path = write(tmp_path, ["truth", "said", "sex"], list(zip(ill.target, numbers, sex, strict=True)))
    found = evaluate(path, COLUMNS, HowToEvaluate())
    mine = sex == "m"
    assert found.task == "regression"
    assert value(found, "mae", "m") == pytest.approx(oracle.mean_absolute_error(ill.target[mine], numbers[mine]))
    assert value(found, "rmse", "m") == pytest.approx(oracle.root_mean_squared_error(ill.target[mine], numbers[mine]))
    assert value(found, "r2", "m") == pytest.approx(oracle.r2_score(ill.target[mine], numbers[mine]))


def test_figures_by_hand(tmp_path: Path) -> None:
    rows = [*[("yes", "yes", "f")] * 3, ("yes", "no", "f"), ("no", "yes", "f"), *[("no", "no", "f")] * 5]
    rows += [("yes", "yes", "m"), ("yes", "no", "m"), *[("no", "no", "m")] * 2]
    found = evaluate(write(tmp_path, ["truth", "said", "sex"], rows), COLUMNS, HowToEvaluate())
    by_hand = {"recall": 3 / 4, "precision": 3 / 4, "false_positive_rate": 1 / 6, "base_rate": 0.4, "f1": 0.75}
    assert {name: value(found, name, "f") for name in by_hand} == pytest.approx(by_hand)
    span = next(each for each in found.spans if each.metric == "recall")
    assert (span.group_min, span.group_max, span.difference) == (0.5, 0.75, 0.25)
    assert (span.overall, span.ratio) == (pytest.approx(4 / 6), pytest.approx(2 / 3))
    assert {each.verdict for each in found.groups} == {"too few"}


def test_groups_are_held_against_the_reference_that_is_asked_for(tmp_path: Path) -> None:
    rows = [
        ("1", "1" if place < right else "0", sex)
        for sex, right in (("f", 90), ("m", 60), ("x", 80))
        for place in range(100)
    ]
    rows += [("1", "1", "m")] * 20
    path = write(tmp_path, ["truth", "said", "sex"], rows)

    def held(reference: Reference) -> dict[str, tuple[str, float | None, str]]:
        found = evaluate(path, COLUMNS, HowToEvaluate(reference=reference))
        return {
            each.group: (each.reference, each.ratio, each.verdict) for each in found.groups if each.metric == "recall"
        }

    assert held(Reference("best"))["m"] == ("f", pytest.approx(80 / 120 / 0.9), "outside")
    assert held(Reference("best"))["f"] == ("f", None, "within")
    assert held(Reference("largest"))["x"] == ("m", pytest.approx(0.8 / (80 / 120)), "undecided")
    assert held(Reference(named={"sex": "x"}))["f"] == ("x", pytest.approx(0.9 / 0.8), "undecided")
    for wrong in (Reference("worst"), Reference(named={"sex": "w"}), Reference(named={"age": "old"})):
        with pytest.raises(UsageError):
            held(wrong)


def test_parquet_gives_the_same_as_csv(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth, score = rng.integers(0, 2, 300), rng.random(300)
    sex = rng.choice(["f", "m", ""], 300).tolist()
    path = write(tmp_path, ["truth", "p", "sex"], list(zip(truth, score, sex, strict=True)))
    parquet.write_table(
        table({"truth": truth, "p": score, "sex": [each or None for each in sex]}), tmp_path / "t.parquet"
    )
    columns = NamedColumns("truth", score="p", by=("sex",))
    assert evaluate(path, columns, HowToEvaluate()) == evaluate(tmp_path / "t.parquet", columns, HowToEvaluate())
    with pytest.raises(UsageError, match="column “age” is not there"):
        evaluate(tmp_path / "t.parquet", NamedColumns("truth", "age"), HowToEvaluate())
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(MltuiError, match="cannot be read"):
        evaluate(tmp_path / "broken.parquet", columns, HowToEvaluate())


@pytest.mark.parametrize(
    ("lines", "columns", "where"),
    [
        (["1,1,f", "1,x,f"], COLUMNS, "line 3, column said: “x” is no number, and the first row's “1” is one"),
        (["yes,no,f", "1,no,f"], COLUMNS, "line 3, column truth: “1” is a number, and the first row's “yes” is none"),
        (["1,1,f", "", '1,"1\n",f', "1,,f"], COLUMNS, "line 6, column said: it is empty"),
        (["1,1,f", "1,1"], COLUMNS, "line 3: 2 cells under 3 columns"),
        (["1,1,f", '1,"1,f'], COLUMNS, "line 3: unexpected end of data"),
        (["1,2,f"], NamedColumns("truth", score="said"), "line 2, column said: “2” is no score from 0 to 1"),
        (["1,,f"], NamedColumns("truth", score="said"), "line 2, column said: “” is no number"),
        (["yes,1,f", "no,0,f"], COLUMNS, "line 2, column said: “1” is no label of truth"),
        (["yes,Yes,f", "no,No,f"], COLUMNS, "line 2, column said: “Yes” is no label of truth"),
        (["3,2.9,f", "5,5.2,f"], COLUMNS, "line 2, column said: “2.9” is no label of truth"),
        (["1,1,f", *(f"0,0.{place}1,f" for place in range(30))], COLUMNS, "line 3, column said: “0.01” is no label"),
        (["1,1,f", "nan,0,f"], COLUMNS, "line 3, column truth: “nan” is no number"),
        (["1,1,f"], NamedColumns("truth", "says"), "line 1: column “says” is not there"),
        (["1,1,f"], NamedColumns("truth", "said", by=("sex",), dropped=("sex",)), "“sex” is named and dropped"),
        (["1,1,f"], NamedColumns("truth"), "nothing says what was predicted"),
        ([], COLUMNS, "it has no rows"),
        (
            ["1.5,1,f", *(f"{place}.5,1e200,f" for place in range(30))],
            COLUMNS,
            "line 3, column said: “1e200” is larger",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_line_and_column(
    tmp_path: Path, lines: list[str], columns: NamedColumns, where: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["truth,said,sex", *lines]) + "\n", "utf-8")
    with pytest.raises(MltuiError) as caught:
        evaluate(path, columns, HowToEvaluate())
    assert where in caught.value.message


def test_classes_that_do_not_go_together_with_what_is_asked_are_refused(tmp_path: Path) -> None:
    three = write(tmp_path, ["truth", "said", "sex"], [("a", "0.5", "f"), ("b", "0.1", "f"), ("c", "0.9", "m")])
    for columns, how in (
        (NamedColumns("truth", score="said"), HowToEvaluate()),
        (NamedColumns("truth", "truth"), HowToEvaluate(positive="a")),
        (NamedColumns("truth", "truth"), HowToEvaluate(positive="d")),
        (NamedColumns("truth", score="said"), HowToEvaluate(task="regression")),
    ):
        with pytest.raises(UsageError):
            evaluate(three, columns, how)
    with pytest.raises(MltuiError, match="line 2, column truth: “a” is no number"):
        evaluate(three, COLUMNS, HowToEvaluate(task="regression"))
    with pytest.raises(NotFound):
        evaluate(tmp_path / "none.csv", COLUMNS, HowToEvaluate())


def test_labels_that_differ_in_their_last_digit_are_two(tmp_path: Path) -> None:
    rows = [("12345678901234567", "12345678901234567", "f"), ("12345678901234568", "12345678901234567.0", "f")]
    found = evaluate(write(tmp_path, ["truth", "said", "sex"], rows), COLUMNS, HowToEvaluate())
    assert found.classes == ("12345678901234567", "12345678901234568")
    assert found.overall["accuracy"].value == 0.5


def test_a_comma_in_a_quoted_name_and_a_long_text_in_another_column_do_no_harm(tmp_path: Path) -> None:
    rows = [("1", "1", "f", "z" * 1_000_000), ("0", "1", "f", "")]
    path = write(tmp_path, ["truth", "said", "sex", "what, when, where, why"], rows)
    assert evaluate(path, COLUMNS, HowToEvaluate()).rows == 2
    path.write_text('"what, when, where, why";truth;said;sex\nx;1;1;f\n', "utf-8")
    assert evaluate(path, COLUMNS, HowToEvaluate()).rows == 1


def test_a_threshold_beside_a_prediction_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, ["truth", "said", "p"], [("1", "1", "0.9"), ("0", "0", "0.1")])
    with pytest.raises(UsageError, match="so does the threshold"):
        evaluate(path, NamedColumns("truth", "said", "p"), HowToEvaluate(threshold=0.5))


def test_what_is_no_utf8_is_told_with_its_line_and_blanks_around_names_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("truth, said, sex\n1, 1, f\n0, 1, fé\n".encode("latin-1"))
    with pytest.raises(MltuiError, match="line 3: it is no text in UTF-8"):
        evaluate(path, COLUMNS, HowToEvaluate())
    path.write_bytes(path.read_bytes().decode("latin-1").encode("utf-8"))
    assert evaluate(path, COLUMNS, HowToEvaluate()).rows == 2


def test_groups_that_are_told_together_say_nothing_of_how_far_groups_lie_apart(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [(place % 2, round(score, 3), f"g{place // 3}") for place, score in enumerate(rng.random(600))]
    path = write(tmp_path, ["truth", "p", "name"], rows)
    found = evaluate(path, NamedColumns("truth", score="p", by=("name",)), HowToEvaluate())
    assert {(each.group, each.verdict, each.ratio) for each in found.groups} == {
        ("rarer groups, together", "too few", None)
    }
    assert {(each.group_min, each.difference, each.ratio) for each in found.spans} == {(None, None, None)}


@pytest.mark.parametrize("threshold", [float("nan"), -0.1, 50])
def test_a_threshold_that_no_score_can_be_is_refused(tmp_path: Path, threshold: float) -> None:
    path = write(tmp_path, ["truth", "p"], [("1", "0.9"), ("0", "0.1")])
    with pytest.raises(UsageError, match="is no score"):
        evaluate(path, NamedColumns("truth", score="p"), HowToEvaluate(threshold=threshold))


@pytest.mark.parametrize("no_score", ["", "nan"])
def test_an_empty_score_beside_an_answer_is_left_out_of_what_scores_say_and_of_nothing_else(
    tmp_path: Path, no_score: str
) -> None:
    rows = [("1", "1", "0.9", "f"), ("0", "0", "0.2", "f"), ("1", "0", "{}", "f"), ("1", "1", "0.7", "f")]
    path = write(tmp_path, ["truth", "said", "p", "sex"], rows)
    path.write_text(path.read_text("utf-8").format(no_score), "utf-8")
    found = evaluate(path, NamedColumns("truth", "said", "p", ("sex",)), HowToEvaluate())
    assert value(found, "auc", "f") == 1.0
    assert next(each.n for each in found.groups if each.metric == "log_loss") == 3
    assert value(found, "accuracy", "f") == 0.75
    rows_of = {"accuracy": 4, "macro_f1": 4, "log_loss": 3, "auc": 3, "recall": 3, "f1": 3, "false_positive_rate": 1}
    assert {name: found.overall[name].n for name in rows_of} == rows_of


def test_of_two_classes_what_the_first_loses_is_judged_too_and_said(tmp_path: Path) -> None:
    rows = [("yes" if place % 2 else "no", "yes" if place % 3 else "no", "fm"[place % 5 > 2]) for place in range(90)]
    path = write(tmp_path, ["truth", "said", "sex"], rows)
    plain = evaluate(path, COLUMNS, HowToEvaluate())
    judged = {each.metric for each in plain.groups}
    assert judged >= {"selection_rate", "false_positive_rate", "false_negative_rate", "recall:yes", "recall:no"}
    assert plain.judged.endswith(", and the recall of no; not its other rates, which --per-class adds")
    more = evaluate(path, COLUMNS, HowToEvaluate(is_per_class=True))
    assert {each.metric for each in more.groups} == judged | {
        f"{kind}:{label}"
        for label in ("no", "yes")
        for kind in ("precision", "f1", "base_rate", "selection_rate", "false_positive_rate", "false_negative_rate")
    }
    assert more.judged.endswith(", and the rates of each class")
    assert evaluate(path, NamedColumns("truth", "said"), HowToEvaluate()).judged == ""
