"""When what stands in the environment before the goal no longer tells for the request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.deployed import deployment
from mltui.domain.deployment import Deployment, Environment
from mltui.domain.staleness import staleness

CANDIDATE = deployment(7, version=2)
FRESH = Environment("staging", deployment_id=7, is_smoke_green=True)


def test_a_request_is_fresh_while_its_candidate_answers_and_is_green() -> None:
    assert staleness(CANDIDATE, FRESH, CANDIDATE) is None
    assert staleness(CANDIDATE, replace(FRESH, is_smoke_green=None), CANDIDATE) is None


def test_a_candidate_that_an_undo_brought_back_is_still_the_candidate() -> None:
    assert staleness(CANDIDATE, replace(FRESH, deployment_id=9), replace(CANDIDATE, id=9, restores_id=7)) is None


@pytest.mark.parametrize(
    ("place", "current", "reason"),
    [
        (replace(FRESH, is_smoke_green=False, smoke_failure="1 of 2 right"), CANDIDATE, "fails: 1 of 2 right"),
        (replace(FRESH, is_stopped=True), CANDIDATE, "staging was stopped"),
        (FRESH, replace(CANDIDATE, id=8, version_id=3), "v3 instead of v2 answers in staging now"),
        (FRESH, replace(CANDIDATE, id=8, package="another"), "another package of v2 answers in staging now"),
        (replace(FRESH, deployment_id=None), None, "nothing instead of v2 answers in staging now"),
    ],
)
def test_it_turns_stale_when_that_fails_or_is_gone(place: Environment, current: Deployment | None, reason: str) -> None:
    found = staleness(CANDIDATE, place, current)
    assert found is not None
    assert found.code == "stale"
    assert reason in found.sentence
    assert found.hint
