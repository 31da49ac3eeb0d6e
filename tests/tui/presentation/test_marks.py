from __future__ import annotations

from enum import StrEnum

import pytest

from mltui.domain.checks import Verdict
from mltui.domain.deployment import DeploymentState
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.tui.presentation import marks

_BIAS = ("within", "outside", "too few", "undecided")
_STATES: list[str] = [*WorkState, *ReleaseState, *DeploymentState, *Verdict, *_BIAS]


@pytest.mark.parametrize("state", _STATES, ids=lambda state: f"{type(state).__name__}-{state}")
def test_every_state_has_a_symbol_and_its_word(state: str) -> None:
    symbol, _, word = marks.mark(state).plain.partition(" ")
    assert marks.is_known(state)
    assert symbol in "✓✗?…·!-"
    assert word


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (WorkState.SUCCEEDED, "✓ succeeded"),
        (WorkState.QUEUED, "· queued"),
        (WorkState.RUNNING, "… running"),
        (ReleaseState.WAITING_APPROVAL, "? waits for a decision"),
        (ReleaseState.ROLLED_BACK, "! rolled back"),
        (DeploymentState.LIVE, "✓ live"),
        (Verdict.INCONCLUSIVE, "? inconclusive"),
        (Verdict.SKIPPED, "- skipped"),
        ("outside", "✗ outside"),
    ],
)
def test_a_state_is_told_in_the_words_of_the_project(state: str, shown: str) -> None:
    assert marks.mark(state).plain == shown


def test_two_states_never_look_the_same() -> None:
    for states in (WorkState, ReleaseState, DeploymentState, Verdict):
        members: list[StrEnum] = list(states)
        assert len({marks.mark(each).plain for each in members}) == len(members)


def test_only_the_colours_of_the_terminal_are_used() -> None:
    assert {marks.style(each) for each in _STATES} <= {"green", "red", "yellow", "cyan", "dim"}


def test_a_state_that_nobody_knows_is_shown_and_asks_for_attention() -> None:
    assert not marks.is_known("melted")
    assert marks.mark("mel\x1bted").plain == "! mel␛ted"


def test_health_is_told_in_words() -> None:
    told = [marks.health(is_green=each).plain for each in (True, False, None)]
    assert told == ["✓ healthy", "✗ ill", "· not smoked yet"]
