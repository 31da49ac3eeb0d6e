from __future__ import annotations

import pytest

from mltui.analysis.groups import ALL_OTHERS, Reference, breakdown
from mltui.domain.bias import decide_bias
from mltui.domain.checks import Verdict
from mltui.domain.group_checks import decide_groups
from mltui.domain.policy import CheckRule
from mltui.errors import UsageError
from mltui.pooling import POOLED

from .tables import classification


def test_groups_whose_names_hold_the_sign_of_an_intersection_stay_apart() -> None:
    attributes = {"a": ["x × y", "x"] * 40, "b": ["z", "y × z"] * 40, "a × b": ["u", "v"] * 40}
    found = breakdown(classification([0, 1] * 40, [0, 1] * 40, attributes=attributes), metrics=["accuracy"])
    together = [one for one in found if set(one.slice) == {"a", "b"}]
    assert [one.slice for one in together] == [{"a": "x", "b": "y × z"}, {"a": "x × y", "b": "z"}]
    assert len({(one.attribute, one.group) for one in found}) == len(found) == 6 + 3 * 2
    assert {one.attribute for one in found if len(one.slice) == 1} == {"a", "b", "“a × b”"}


def test_of_very_many_groups_the_rare_ones_are_one_figure_that_decides_nothing() -> None:
    zips = ["big"] * 300 + ["town"] * 300 + [f"rare {place // 2}" for place in range(400)]
    truth = [place % 2 for place in range(1000)]
    said = [*truth[:300], *[0] * 300, *[0] * 400]
    table = classification(truth, said, attributes={"zip": zips})
    for reference in (ALL_OTHERS, Reference("largest"), Reference("best"), Reference(named={"zip": "town"})):
        found = breakdown(table, metrics=["recall"], reference=reference)
        assert [(one.group, one.n, one.pooled) for one in found] == [
            ("big", 150, 0),
            ("town", 150, 0),
            (POOLED, 200, 200),
        ]
        assert found[-1].verdict == "too few"
        assert {one.reference for one in found} <= {"all others", "big", "town"}
    big, town, rare = breakdown(table, metrics=["recall"])
    assert (big.difference, big.verdict) == (1.0, "outside"), "against all others, the rare ones among them"
    decided = decide_bias(CheckRule("recall", attribute="zip"), [big, town, rare], attributes=["zip"])
    assert decided.verdict is Verdict.FAILED
    expected = [("zip", "rare 7"), ("zip", POOLED)]
    held = decide_bias(CheckRule("recall", attribute="zip"), [rare], attributes=["zip"], expected=expected)
    assert (held.verdict, held.sentence) == (Verdict.INCONCLUSIVE, f"recall of {POOLED} 0, too few rows in each of 200")
    (floor,) = decide_groups(CheckRule("recall", attribute="zip", floor=0.0), [rare], None)
    assert floor.verdict is Verdict.INCONCLUSIVE
    assert [group for group, _ in table.by_group("zip")] == ["big", "town", POOLED]
    few = classification(truth[:100], said[:100], attributes={"zip": [f"rare {place}" for place in range(100)]})
    assert len(breakdown(few, metrics=["recall"])) == 100, "so many can each be told"
    with pytest.raises(UsageError, match="zip has no group “rare 7” with rows enough"):
        breakdown(table, reference=Reference(named={"zip": "rare 7"}))
