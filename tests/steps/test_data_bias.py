"""What prepare says of the groups in the data, and of the features that tell them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mltui.domain.checks import Verdict
from mltui.domain.data_bias import DataBias, decide_data
from mltui.domain.policy import CheckRule
from mltui.operations.versions.data_bias import data_bias_in
from mltui.pooling import POOLED
from mltui.serving.description import Feature
from mltui.steps.data_bias import data_bias
from mltui.steps.datasets import Schema
from mltui.steps.proxies import auc, proxies
from mltui.steps.splitting import Candidate, Placed

FEATURES = (Feature("height", "number", nullable=True), Feature("town", "category", categories=("a", "b", "c")))


def candidate(number: int, cells: Mapping[str, str], attributes: Mapping[str, str], label: str = "yes") -> Candidate:
    name = str(number)
    return Candidate(name, name, name, label, name, attributes=attributes, cells=cells)


def drawn(seed: int, *, rows: int = 400, shift: float = 0.0, groups: Sequence[str] = ("x", "y")) -> list[Candidate]:
    """Heights that are `shift` deviations apart between the first group and all others."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(rows):
        group = str(rng.choice(groups))
        height = rng.normal(shift * (group == groups[0]), 1)
        cells = {"height": "" if rng.random() < 0.05 else f"{height:.4f}", "town": str(rng.choice(["a", "b", "c"]))}
        found.append(candidate(number, cells, {"sex": group}))
    return found


def test_a_feature_that_tells_a_group_is_found_and_named() -> None:
    x, y = proxies(drawn(1, rows=2000, shift=2.0), FEATURES)
    assert x["auc"] == pytest.approx(0.92, abs=0.02)  # Φ(2 / √2), less what empty cells hide
    assert y["auc"] == pytest.approx(x["auc"], abs=0.01)
    assert [each["name"] for each in x["features"]] == ["height", "town"]
    assert x["features"][1]["auc"] < 0.55


def test_two_ends_of_a_number_tell_a_group_though_no_line_does() -> None:
    rng = np.random.default_rng(3)
    heights = rng.normal(0, 1, 1000)
    rows = [
        candidate(n, {"height": f"{h:.4f}", "town": "a"}, {"sex": "x" if abs(h) > 0.7 else "y"})
        for n, h in enumerate(heights)
    ]
    assert proxies(rows, FEATURES)[0]["auc"] > 0.95


def test_what_tells_nothing_is_above_chance_in_few_of_many_tables() -> None:
    found = [proxies(drawn(seed), FEATURES)[0] for seed in range(200)]
    assert np.mean([each["auc"] > 0.5 + 1.96 * each["deviation"] for each in found]) <= 0.05


def test_a_group_with_too_few_rows_gets_no_figure() -> None:
    rows = [*drawn(1, rows=100), *(candidate(1000 + n, {"height": "1", "town": "a"}, {"sex": "z"}) for n in range(29))]
    z = next(each for each in proxies(rows, FEATURES) if each["group"] == "z")
    assert (z["rows"], z["auc"], z["features"]) == (29, None, [])


def test_groups_with_too_few_rows_cost_nothing_however_many_they_are() -> None:
    rows = [
        candidate(n, {"height": str(n % 7), "town": "a"}, {"sex": f"one of {n}" if n > 100 else "x"})
        for n in range(20_000)
    ]
    tracemalloc.start()
    found = proxies(rows, FEATURES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(each["group"], each["rows"], each["auc"] is None) for each in found] == [
        ("x", 101, False),
        (POOLED, 19_899, True),
    ]
    assert peak < 200e6  # a column for each group would be 3 GB


def test_a_feature_that_is_empty_wherever_it_was_looked_at_tells_nothing() -> None:
    rows = [candidate(n, {"height": "", "town": "a"}, {"sex": "xy"[n % 2]}) for n in range(100)]
    assert proxies(rows, FEATURES)[0]["auc"] <= 0.5


def test_of_a_wide_table_fewer_rows_are_taken() -> None:
    towns = tuple(map(str, range(50)))
    wide = [Feature(f"town {place}", "category", categories=towns) for place in range(400)]
    rows = [candidate(n, dict.fromkeys((each.name for each in wide), "0"), {"sex": "xy"[n % 2]}) for n in range(2000)]
    assert sum(each["rows"] for each in proxies(rows, wide)) < 20_000_000 / (400 * 50)


def test_an_attribute_that_is_a_feature_is_no_secret() -> None:
    rows = [candidate(n, {"town": "ab"[n % 2]}, {"town": "ab"[n % 2]}) for n in range(100)]
    assert proxies(rows, (Feature("town", "category", categories=("a", "b")),)) == []


def test_the_area_counts_ties_as_half() -> None:
    rng = np.random.default_rng(5)
    scores, is_in = rng.integers(0, 5, 300).astype(float), rng.integers(0, 2, 300).astype(float)
    assert auc(scores, is_in) == pytest.approx(roc_auc_score(is_in, scores))


def test_groups_are_counted_by_split_and_label_and_where_two_attributes_meet() -> None:
    old = [candidate(n, {}, {"sex": "x", "age": "old"}, "yes" if n < 3 else "no") for n in range(4)]
    young = [candidate(10 + n, {}, {"sex": "x", "age": ""}, "yes") for n in range(2)]
    placed = Placed({"train": old, "held_out": young}, 0, 0, 0, 0)
    found = {tuple(each["group"].items()): each for each in data_bias(placed, schema("classification"))["groups"]}
    assert found[(("sex", "x"),)]["splits"] == {"train": 4, "held_out": 2}
    assert found[(("age", "old"),)] == {
        "group": {"age": "old"},
        "splits": {"train": 4, "held_out": 0},
        "labels": {"no": 1, "yes": 3},
    }
    assert found[(("sex", "x"), ("age", "old"))]["splits"]["train"] == 4
    assert (("age", ""),) not in found


def test_attributes_that_meet_in_too_many_groups_are_told_each_for_itself() -> None:
    rows = [candidate(n, {}, {"zip": str(n % 60), "sex": "xy"[n // 60 % 2], "age": "ab"[n % 2]}) for n in range(240)]
    placed = Placed({"train": rows, "validation": []}, 0, 0, 0, 0)
    found = data_bias(placed, schema("classification"))["groups"]
    assert {tuple(each["group"]) for each in found} == {("zip",), ("sex",), ("age",), ("zip", "age"), ("sex", "age")}


def test_of_very_many_groups_the_rare_ones_are_told_together() -> None:
    rows = [candidate(n, {}, {"zip": "big" if n < 40 else str(n)}, "yes" if n % 2 else "no") for n in range(300)]
    splits = {"train": rows[:200], "validation": [], "held_out": rows[200:]}
    found = data_bias(Placed(splits, 0, 0, 0, 0), schema("classification"))
    big, rest = found["groups"]
    assert (big["group"], big["splits"]) == ({"zip": "big"}, {"train": 40, "held_out": 0})
    assert (rest["group"], rest["pooled"], rest["splits"]) == ({"zip": POOLED}, 260, {"train": 160, "held_out": 100})
    rule = CheckRule("split_rows", attribute="zip", floor=5)
    (first, second) = data_bias_in({"bias": found}, of="v1").groups
    assert decide_data(rule, DataBias((first,))).sentence == "0 rows of big in held_out, the fewest"
    assert decide_data(rule, DataBias((second,))).sentence == "0 rows of one of 260 rare groups in held_out, the fewest"


def test_a_split_that_nobody_asked_for_has_no_rows_to_miss() -> None:
    rows = [candidate(n, {}, {"sex": "fm"[n % 2]}, "yes" if n % 2 else "no") for n in range(80)]
    placed = Placed({"train": rows[:40], "validation": [], "held_out": rows[40:]}, 0, 0, 0, 0)
    bias = data_bias_in({"bias": data_bias(placed, schema("classification"))}, of="v1")
    assert decide_data(CheckRule("split_rows", attribute="sex", floor=20), bias).verdict is Verdict.PASSED


def test_of_what_a_regression_predicts_mean_and_deviation_are_told() -> None:
    rows = [candidate(n, {}, {"sex": "x"}, value) for n, value in enumerate(["1.0", "3.0"])]
    found = data_bias(Placed({"train": rows}, 0, 0, 0, 0), schema("regression"))["groups"]
    assert (found[0]["mean"], found[0]["deviation"]) == (2.0, 1.0)


def schema(task: str) -> Schema:
    classes = ("no", "yes") if task == "classification" else None
    return Schema(task=task, kind="table", classes=classes, target="t", features=None, max_pixels=1, max_bytes=1)
