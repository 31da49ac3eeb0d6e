"""What a release's steps say of themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from mltui.domain.policy import EnvironmentPolicy
from mltui.domain.rollout import StepProgress

AT = datetime(2026, 11, 23, tzinfo=UTC)
PROGRESS = StepProgress(2, (5, 25, 50, 100), AT, 300, "running", 31, 50)


def test_a_policy_without_steps_brings_a_version_all_at_once() -> None:
    assert not EnvironmentPolicy().rollout.is_in_steps
    rollout = EnvironmentPolicy(traffic_steps=(5, 100)).rollout
    assert (rollout.is_in_steps, rollout.shared) == (True, (5,))


def test_a_step_tells_how_far_it_is_and_whom_it_waits_for() -> None:
    assert PROGRESS.words == "step 2 of 4, 25 %: 31 of 50 requests"
    assert replace(PROGRESS, requests=50).words == "step 2 of 4, 25 %: 50 requests"
    assert replace(PROGRESS, state="extended").words == "step 2 of 4, 25 %: 31 of 50 requests (extended)"
    held = replace(PROGRESS, state="held", sentence="31 of 50 requests")
    assert held.words == "step 2 of 4, 25 %: waits for a person: 31 of 50 requests"
