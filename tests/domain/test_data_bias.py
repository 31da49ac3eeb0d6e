"""What the data says of groups, as a check and as figures."""

from __future__ import annotations

import pytest

from mltui.config.policy import parse_policy
from mltui.domain.checks import Verdict
from mltui.domain.data_bias import decide_data
from mltui.domain.gate import Findings, decide_rule
from mltui.domain.policy import CheckRule
from mltui.errors import ConfigInvalid, Damaged
from mltui.operations.versions.data_bias import data_bias_in

FEATURES = [{"name": "income", "auc": 0.7}, {"name": "months", "auc": 0.5}]
BIAS = data_bias_in(
    {
        "bias": {
            "groups": [
                {"group": {"sex": "f"}, "splits": {"train": 70, "held_out": 30}, "labels": {"no": 60, "yes": 40}},
                {"group": {"sex": "m"}, "splits": {"train": 300, "held_out": 0}, "labels": {"yes": 300}},
                {"group": {"sex": "f", "age": "old"}, "splits": {"train": 9, "held_out": 1}, "labels": {"yes": 10}},
            ],
            "proxies": [
                {"attribute": "sex", "group": "f", "rows": 100, "auc": 0.71, "deviation": 0.03, "features": FEATURES},
                {"attribute": "age", "group": "old", "rows": 10, "auc": None, "features": []},
                {"attribute": "age", "group": "new", "rows": 90, "auc": 0.54, "deviation": 0.03, "features": FEATURES},
                {"attribute": "town", "group": "n", "rows": 90, "auc": float("nan"), "features": FEATURES},
            ],
        }
    },
    of="v1",
)


@pytest.mark.parametrize(
    ("rule", "verdict", "told"),
    [
        (CheckRule("proxy_auc", ceiling=0.7, attribute="sex"), Verdict.FAILED, "income 0.7"),
        (CheckRule("proxy_auc", ceiling=0.8, attribute="sex"), Verdict.PASSED, "tell f from all others"),
        (CheckRule("proxy_auc", ceiling=0.8, attribute="age"), Verdict.INCONCLUSIVE, "too few rows of old (10)"),
        (CheckRule("proxy_auc", ceiling=0.5, attribute="age"), Verdict.FAILED, "tell new"),
        (CheckRule("proxy_auc", ceiling=0.8, attribute="race"), Verdict.INCONCLUSIVE, "nothing tells"),
        (CheckRule("proxy_auc", ceiling=0.8, attribute="town"), Verdict.INCONCLUSIVE, "too few rows of n (90)"),
        (CheckRule("split_rows", floor=2, attribute="sex × age"), Verdict.FAILED, "1 rows of f × old in held_out"),
        (CheckRule("split_rows", floor=1, attribute="sex"), Verdict.FAILED, "0 rows of m in held_out"),
        (CheckRule("split_rows", floor=0, attribute="sex"), Verdict.PASSED, "0 rows of m in held_out"),
        (CheckRule("split_rows", floor=1, attribute="race"), Verdict.INCONCLUSIVE, "no groups of race"),
    ],
)
def test_the_worst_group_decides_and_nothing_unknown_passes(rule: CheckRule, verdict: Verdict, told: str) -> None:
    found = decide_data(rule, BIAS)
    assert found.verdict is verdict
    assert told in found.sentence
    assert decide_rule(rule, Findings("classification", {}, data=BIAS)) == (found,)


def test_only_what_is_above_chance_for_all_groups_together_is_told() -> None:
    assert [proxy.group for proxy in BIAS.told_by_features()] == ["f"]


def test_shares_and_label_rates_are_of_the_groups_of_one_attribute() -> None:
    f, m, _ = BIAS.groups
    assert BIAS.share(f) == 0.25
    assert (BIAS.label_rates(f), BIAS.label_rates(m)) == ([("yes", 0.4)], [("yes", 1.0)])
    assert (m.missing, f.missing) == (("held_out",), ())


@pytest.mark.parametrize(
    "rule",
    [
        '{ metric = "proxy_auc", ceiling = 0.8 }',
        '{ metric = "proxy_auc", attribute = "sex" }',
        '{ metric = "proxy_auc", attribute = "sex", floor = 0.8 }',
        '{ metric = "split_rows", attribute = "sex", ceiling = 8 }',
        '{ metric = "split_rows", attribute = "sex", group = "f", floor = 8 }',
    ],
)
def test_a_rule_about_the_data_names_its_attribute_and_one_limit(rule: str) -> None:
    with pytest.raises(ConfigInvalid, match="takes an attribute and a"):
        parse_policy(POLICY.format(rule=rule))


POLICY = """
engine = "process"
[operators]
ana = {{ login = "ana" }}
[environments.production]
gate = {{ approvers = ["ana"], self_approval = true }}
checks = [{rule}]
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["x"], "Expected `object`, got `array`"),
        ({"groups": [{"group": {"sex": "f"}}]}, r"missing required field `splits` - at `\$.groups\[0\]`"),
        ({"groups": [{"group": {"sex": "f"}, "splits": {"train": "many"}}]}, r"at `\$.groups\[0\].splits"),
        ({"proxies": [{"attribute": "a", "group": "b", "rows": 1, "auc": 0.5, "features": [{}]}]}, r"\$.proxies\[0\]"),
    ],
)
def test_what_is_no_report_of_data_is_called_damaged_with_its_place(said: object, told: str) -> None:
    with pytest.raises(Damaged, match=f"what v7 says of its data cannot be read: .*{told}"):
        data_bias_in({"bias": said}, of="v7")


def test_groups_without_rows_or_labels_have_no_share() -> None:
    found = data_bias_in({"bias": {"groups": [{"group": {"sex": "f"}, "splits": {}}]}}, of="v7")
    assert found.share(found.groups[0]) == 0
    assert found.label_rates(found.groups[0]) == []
