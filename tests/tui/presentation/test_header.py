"""The header as values: the way here, who may decide, and a worker only where one is missed."""

from __future__ import annotations

import dataclasses

import pytest
from operations.gates import as_person, at_gate, write_policy
from operations.test_overview import go_live
from registry.registry_values import NOW

from mltui.domain.actor import Actor
from mltui.operations.standing.overview import Overview, Role, WorkerLife, overview
from mltui.tui.presentation.header import header_lines
from mltui.workspace import Workspace

CRUMBS = ["Overview", "Versions by accuracy", "Version v3", "Compare v3 v2"]


@pytest.fixture
def found(workspace: Workspace) -> Overview:
    return dataclasses.replace(overview(workspace), actor=Actor("root"), engine="docker")


@pytest.fixture
def busy(workspace: Workspace) -> Overview:
    """v1 answers, and r1 waits for bob."""
    write_policy(workspace)
    at_gate(workspace)
    go_live(workspace, smoked_at=NOW, is_smoke_green=True)
    return overview(as_person(workspace, "bob"))


@pytest.mark.parametrize("width", [60, 70, 80, 90])
def test_the_last_crumb_is_whole_where_the_way_is_too_long(found: Overview, width: int) -> None:
    way = header_lines(found, CRUMBS, width=width)[0].plain
    assert "› Compare v3 v2" in way
    assert len(way) <= width


def test_crumbs_in_the_middle_give_way_the_oldest_first(found: Overview) -> None:
    assert "› Overview › … › Version v3 › Compare v3 v2" in header_lines(found, CRUMBS, width=80)[0].plain


def test_somebody_without_a_role_is_told_so(found: Overview) -> None:
    roles = (Role("production", may_approve=False, why_not="root may not approve; approvers there are: [b]ann"),)
    looking = dataclasses.replace(found, roles=roles)
    assert "root · may not decide" in header_lines(looking, ["Overview"], width=80)[0].plain
    wide = header_lines(looking, ["Overview"], width=220)[0].plain
    assert "you may look, not decide: root may not approve; approvers there are: [b]ann" in wide


def test_a_missed_worker_is_a_whole_word_however_long_the_line_is(busy: Overview) -> None:
    missed = dataclasses.replace(busy, queued=1)
    for width in range(72, 130):
        line = header_lines(missed, ["Overview"], width=width)[1].plain
        assert "! no worker" in line
        assert "v1 in production" in line
        assert len(line) <= width
        assert "…" not in line


def test_no_alarm_is_given_about_a_worker_that_nobody_needs(found: Overview) -> None:
    idle = header_lines(found, ["Overview"], width=120)[1].plain
    assert "worker: none, starts with the next act" in idle
    assert "! no worker" in header_lines(dataclasses.replace(found, queued=1), ["Overview"], width=120)[1].plain


def test_it_is_said_where_nothing_would_bring_the_worker_back_after_a_reboot(busy: Overview) -> None:
    alive = dataclasses.replace(busy, worker=WorkerLife(None, is_alive=True, comes_back=False))
    assert "! no worker after a reboot" in header_lines(alive, ["Overview"], width=120)[1].plain
    kept = dataclasses.replace(busy, worker=WorkerLife(None, is_alive=True))
    assert "worker" not in header_lines(kept, ["Overview"], width=120)[1].plain
    narrow = header_lines(alive, ["Overview"], width=72)[1].plain
    assert "worker" not in narrow
    assert "v1 in production" in narrow
