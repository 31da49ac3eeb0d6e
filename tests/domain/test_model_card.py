"""The model card: from the commit, written on, and asked for by a gate."""

from __future__ import annotations

import pytest

from mltui.config.policy import parse_policy
from mltui.config.project import parse_project
from mltui.domain.checks import GateReport, Verdict
from mltui.domain.gate_hash import gate_hash
from mltui.domain.model_card import CARD_FIELDS, CardField, model_card, with_card
from mltui.errors import ConfigInvalid

PROJECT = """
[project]
name = "tacos"
[data]
source = "pictures"
[steps.train]
template = "image"
[smoke]
cases = [{ input = "a.png", expect = "taco" }]
[model_card]
"""
POLICY = '[operators]\nann = {{ login = "ann" }}\n[environments.production]\ngate = {{ approvers = ["ann"]{} }}\n'


def texts(*written: CardField) -> dict[str, str]:
    card = model_card({"intended_use": "food", "contact": "ann"}, written)
    assert [each.field for each in card] == list(CARD_FIELDS)
    return {each.field: each.text for each in card if each.text}


def test_what_was_written_last_counts_above_the_commit() -> None:
    assert texts() == {"intended_use": "food", "contact": "ann"}
    written = [CardField("contact", "bob", "bob"), CardField("contact", "cat", "cat"), CardField("intended_use", "")]
    assert texts(*written) == {"contact": "cat"}


@pytest.mark.parametrize(
    ("needed", "verdict"),
    [(["contact"], Verdict.PASSED), (["contact", "could_harm"], Verdict.FAILED), (["limitations"], Verdict.FAILED)],
)
def test_a_gate_may_ask_for_fields(needed: list[str], verdict: Verdict) -> None:
    card = model_card({"contact": "ann", "limitations": "  "}, [])
    (check,) = with_card(GateReport(()), card, needed=needed).checks
    assert check.verdict is verdict
    if verdict is Verdict.FAILED:
        assert needed[-1] in check.sentence
        assert "mltui version card" in check.sentence


def test_a_gate_that_asks_for_none_checks_none() -> None:
    assert with_card(GateReport(()), model_card({}, []), needed=()) == GateReport(())


def test_a_project_may_fill_fields_in_and_no_others() -> None:
    assert parse_project(PROJECT + 'contact = "ann"').model_card == {"contact": "ann"}
    with pytest.raises(ConfigInvalid, match=r"line 11: model_card\.owner is no field"):
        parse_project(PROJECT + 'owner = "ann"')


def test_a_policy_names_fields_that_there_are_and_an_approval_binds_them() -> None:
    asking = parse_policy(POLICY.format(', model_card = ["could_harm", "contact"]')).environments["production"]
    turned = parse_policy(POLICY.format(', model_card = ["contact", "could_harm"]')).environments["production"]
    without = parse_policy(POLICY.format("")).environments["production"]
    assert gate_hash(asking) == gate_hash(turned) != gate_hash(without)
    with pytest.raises(ConfigInvalid, match="no field of a model card"):
        parse_policy(POLICY.format(', model_card = ["owner"]'))
