"""Releases, and one as a decision needs it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from operations.gates import NOW, as_person, at_gate, write_policy
from textual.pilot import Pilot

from mltui.domain.checks import CheckResult, GateReport, Verdict
from mltui.domain.release import Approval, Stage
from mltui.domain.run import WorkState
from mltui.operations.releases.decide import reject
from mltui.operations.releases.presence import announce
from mltui.operations.releases.release_page import release_page
from mltui.registry import presence, releases, stages
from mltui.tui.presentation.decision import approved_words
from mltui.tui.presentation.evidence import change_lines, profile_lines, seal_lines, smoke_lines
from mltui.tui.presentation.release import approval_lines, check_lines, stage_lines
from mltui.tui.presentation.wrapping import wrapped
from mltui.workspace import Workspace
from tui.pilots import console, press, settle, text_of

HOSTILE = "[bold]x[/]\x1b[31m\x1b]0;t\x07"
SEEN = "[bold]x[/]␛[31m␛]0;t␇"
ANSWERS = [
    {"case": HOSTILE, "expected": "yes", "answered": "no", "score": 0.51, "milliseconds": 2.5, "is_right": False,
     "reason": "expected yes, got no"},
    {"case": "two", "expected": "no", "answered": "no", "score": 0.98, "milliseconds": 1.5, "is_right": True,
     "reason": ""},
]  # fmt: skip
CHECKS = GateReport(
    (
        CheckResult("accuracy floor", Verdict.PASSED, 0.9, "at least 0.6", None, "0.9, asked for is at least 0.6"),
        CheckResult("accuracy against production", Verdict.INCONCLUSIVE, 0.9, "at most 0.01 worse than production",
                    0.92, "0.9 against 0.92 on 1004 common rows, difference -0.02 (-0.05 to +0.01)"),
    )
)  # fmt: skip
PROFILE = {
    "latency_p50_ms": 1.45,
    "latency_p95_ms": 7.84,
    "peak_memory_bytes": 50 * 2**20,
    "memory_limit_bytes": 100 * 2**20,
    "requests_per_second": 367.6,
}


@pytest.fixture
def bob(workspace: Workspace) -> Workspace:
    write_policy(workspace)
    at_gate(workspace)
    found = {
        "profile": PROFILE,
        "smoke": {"sentence": "1 of 2 right", "answers": ANSWERS},
        "checks": CHECKS.as_json(),
    }
    with workspace.registry.write() as tx:
        for name, data in found.items():
            stages.save(tx, Stage(1, name, WorkState.SUCCEEDED, started_at=NOW, ended_at=NOW, data=data))
    return as_person(workspace, "bob")


async def test_checks_and_the_way_to_decide_are_on_the_first_page(bob: Workspace) -> None:
    async with console(bob, show=("release", "r1")) as pilot:
        shown = text_of(pilot)
    assert "v1 to production" in shown
    assert "a approves (1 to be acknowledged)   x rejects" in shown
    assert "? inconclusive  accuracy against production" in shown
    assert "(-0.05 to +0.01)" in shown


async def test_who_may_not_decide_reads_why(bob: Workspace) -> None:
    async with console(as_person(bob, "ann"), show=("release", "r1")) as pilot:
        shown = text_of(pilot)
    assert "not for you: ann asked for the run and may not approve it" in shown
    assert "x rejects it" in shown


async def test_who_else_has_the_decision_open_is_shown(bob: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mltui.operations.releases.presence.FRESH", timedelta(minutes=1))
    announce(as_person(bob, "cat"), "r1")
    async with console(bob, show=("release", "r1")) as pilot:
        assert "cat has this decision open too" in text_of(pilot)


async def test_others_see_it_while_it_is_open_and_not_afterwards(bob: Workspace) -> None:
    def seen() -> list[str]:
        return [each.login for each in presence.at_subject(bob.registry.read(), "r1", since=NOW)]

    async def await_seen(pilot: Pilot[Any], logins: list[str]) -> None:
        until = time.monotonic() + 10
        while seen() != logins:
            assert time.monotonic() < until, seen()
            await pilot.pause(0.02)

    async with console(bob, show=("release", "r1")) as pilot:
        await await_seen(pilot, ["bob"])
        await press(pilot, "escape")
        await await_seen(pilot, [])


async def test_evidence_that_is_gone_and_a_policy_nobody_can_read_are_sentences(bob: Workspace) -> None:
    bob.store.path(release_page(bob, "r1").release.evidence).unlink()
    (bob.folder / "policy.toml").write_text("[[")
    async with console(bob, show=("release", "r1")) as pilot:
        shown = text_of(pilot)
    assert "the sealed evidence cannot be read" in shown
    assert "the policy cannot be read" in shown
    assert "accuracy floor" in shown


async def test_a_release_that_is_not_there_leaves_the_screen_up(bob: Workspace) -> None:
    async with console(bob, show=("release", "r77")) as pilot:
        assert "there is no release r77" in text_of(pilot)
        assert "v1 to production" in await press(pilot, "4", "enter")


async def test_the_way_to_the_groups_stands_in_the_footer(bob: Workspace) -> None:
    async with console(bob, show=("release", "r1")) as pilot:
        assert "d Compare" in text_of(pilot).splitlines()[-1]


async def test_the_list_says_why_a_release_was_rejected(bob: Workspace) -> None:
    reject(bob, 1, comment="too dark for us")
    async with console(bob, show=("releases", "")) as pilot:
        shown = text_of(pilot)
    assert "✗ bob" in shown
    assert "too dark" in shown
    assert "rejected by" not in shown


async def test_the_list_says_who_decided_and_why_it_failed(bob: Workspace) -> None:
    with bob.registry.write() as tx:
        releases.update(tx, 1, failure=HOSTILE)
    async with console(bob, size=(120, 40)) as pilot:
        shown = await press(pilot, "4")
        await settle(pilot)
    assert "? waits " in shown
    assert SEEN in shown


def test_all_nine_stages_are_told_within_the_width(bob: Workspace) -> None:
    page = replace(release_page(bob, "r1"), usual_seconds={"bake": 300.0})
    for width in (60, 76, 156, 300):
        lines = stage_lines(page, width=width)
        told = " ".join(line.plain for line in lines)
        assert all(line.cell_len <= width for line in lines)
        assert [told.count(name) for name in ("✓ profile", "? approval", "· production smoke", "bake ~5 min")] == [
            1
        ] * 4


def test_the_sentence_of_a_check_is_told_whole_at_every_width() -> None:
    for width in (76, 120, 160):
        lines = check_lines(CHECKS, width=width)
        told = " ".join(" ".join(line.plain for line in lines).split())
        assert all(line.cell_len <= width for line in lines)
        assert "(-0.05" in told and "+0.01)" in told  # noqa: PT018
        assert "0.9000" in told
    assert check_lines(None, width=76)[0].plain == "· not judged yet"


def test_wrong_smoke_answers_come_first_and_are_shown_literally(bob: Workspace) -> None:
    lines = [line.plain for line in smoke_lines(release_page(bob, "r1").detail.stages, width=100)]
    assert "expected yes, got no" not in "".join(lines[1:])  # the columns say it
    assert lines[0] == "smoke: 1 of 2 right"
    assert lines[2].startswith(f"✗ wrong  {SEEN}")
    assert "0.5100" in lines[2]
    assert lines[3].startswith("✓ right  two")


def test_the_profile_tells_peak_against_limit(bob: Workspace) -> None:
    (line,) = profile_lines(release_page(bob, "r1").detail.stages, width=120)
    assert line.plain == (
        "p50 1.45 ms  p95 7.84 ms  peak 50.0 MiB (50.0 % of the limit)  limit 100.0 MiB  367.6 requests/s"
    )


def test_what_changes_names_the_parameters_that_differ(bob: Workspace) -> None:
    page = release_page(bob, "r1")
    assert page.version is not None
    assert change_lines(page, width=76)[0].plain == "· nothing was in production before"
    before = replace(page.version, id=9, parameters={"train": {"seed": 2, "learning_rate": 1e-4}})
    told = [line.plain.split() for line in change_lines(replace(page, baseline=before), width=76)]
    assert told[1] == ["version", "v9", "→", "v1"]
    assert told[2][2] == "="
    assert told[4:] == [["train.seed", "2", "→", "1"]]


def test_hashes_are_never_cut(bob: Workspace) -> None:
    page = release_page(bob, "r1")
    told = "".join(line.plain.strip() for line in seal_lines(page, width=50))
    assert page.release.evidence in told
    assert page.release.package in told


def test_decisions_tell_note_comment_and_what_was_acknowledged(bob: Workspace) -> None:
    page = release_page(bob, "r1")
    given = Approval(1, "bob", "bob", "approved", HOSTILE, NOW, 1, "", "", "", "", ("recall",), "self-approved")
    assert [line.plain for line in approval_lines([given], page, width=76)] == [
        "✓ approved by bob (self-approved), 0 s ago",
        f"  “{SEEN}”",
        "  acknowledged: recall",
    ]


def test_an_approval_says_what_it_led_to() -> None:
    assert approved_words("v7", missing=1, environment="production") == "v7 approved, 1 more approval is missing"
    assert approved_words("v7", missing=2, environment="production") == "v7 approved, 2 more approvals are missing"
    assert approved_words("v7", missing=0, environment="production") == "v7 approved, it goes to production now"


def test_a_long_word_is_broken_and_nothing_is_lost() -> None:
    lines = [line.plain for line in wrapped("one " + "x" * 30 + " two", width=12)]
    assert all(len(line) <= 12 for line in lines)
    assert "".join(lines).replace(" ", "") == "one" + "x" * 30 + "two"
