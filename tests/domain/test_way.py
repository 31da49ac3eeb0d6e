"""The order of the environments, and where a release stops."""

from __future__ import annotations

from mltui.domain.policy import EnvironmentPolicy, Gate, Policy
from mltui.domain.release import STAGES, passing, place_of
from mltui.domain.way import Way, before, first_stop, next_stop, stops, way_to

GUARDED = Gate(approvers=("ann",))


def order(*names: str, guarded: tuple[str, ...] = ("production",)) -> Policy:
    """One after the other; declared from the last to the first, for what counts is `after`."""
    pairs = list(zip((None, *names), names, strict=False))
    return Policy(
        environments={
            name: EnvironmentPolicy(after=after, gate=GUARDED if name in guarded else Gate())
            for after, name in reversed(pairs)
        }
    )


def test_a_release_passes_everything_before_its_goal_in_order() -> None:
    policy = order("dev", "qa", "staging", "production")
    assert before(policy, "production") == ("dev", "qa", "staging")
    assert way_to(policy, "production") == Way(None, ("dev", "qa", "staging"))
    assert way_to(policy, "qa") == Way(None, ("dev",))
    assert (stops(policy), first_stop(policy), next_stop(policy, "production")) == (["production"], "production", None)


def test_where_people_decide_on_the_way_a_release_stops_and_the_next_one_starts() -> None:
    policy = order("dev", "qa", "staging", "production", guarded=("qa", "production"))
    assert way_to(policy, "qa") == Way(None, ("dev",))
    assert way_to(policy, "production") == Way("qa", ("staging",))
    assert (first_stop(policy), next_stop(policy, "qa"), next_stop(policy, "production")) == ("qa", "production", None)
    assert stops(policy) == ["production", "qa"]


def test_an_order_that_leads_nowhere_or_back_ends() -> None:
    assert first_stop(Policy()) is None
    ring = Policy(environments={"a": EnvironmentPolicy(after="b"), "b": EnvironmentPolicy(after="a")})
    assert before(ring, "a") == ("b",)
    assert before(Policy(environments={"a": EnvironmentPolicy(after="moon")}), "a") == ()


def test_stages_further_ahead_stand_before_staging() -> None:
    names = sorted([*STAGES, *passing("dev")], key=place_of)
    assert names[:5] == ["package", "profile", "in dev", "smoke in dev", "staging"]
