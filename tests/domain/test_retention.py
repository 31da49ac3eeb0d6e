"""Random histories, settled after every act as the worker does: nothing goes that somebody may still ask for."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mltui.domain.deployment import Deployment, DeploymentState, root_of
from mltui.domain.retention import retention
from mltui.domain.rollback import candidates, last_known_good, standing, target_for_version, undo_target
from mltui.errors import Refused

from .deployed import START, deployment

LIVE, WARM, COLD, GONE = DeploymentState.LIVE, DeploymentState.WARM, DeploymentState.COLD, DeploymentState.GONE
HAS_SERVER = {LIVE, WARM, COLD}


class Place:
    """An environment whose every switch is recorded as the worker records it."""

    def __init__(self, dice: random.Random, *, keep_warm: int, keep_cold: int) -> None:
        self.dice, self.keep_warm, self.keep_cold = dice, keep_warm, keep_cold
        self.known: list[Deployment] = []

    @property
    def current(self) -> Deployment:
        return next(each for each in self.known if each.state is LIVE)

    def act(self) -> None:
        kind = self.dice.choice(("release", "release", "roll back", "roll back", "undo", "to"))
        target = None
        if self.known and kind == "roll back":
            target = last_known_good(self.known, current=self.current)
        elif self.known and kind == "undo":
            target = undo_target(self.known, current=self.current)
        elif self.known and kind == "to":
            target = self.named()
        if kind == "release":
            self.switch(self.dice.randint(1, 9), is_baked=self.dice.random() < 0.8)
        elif target is not None:
            self.change(self.current, withdrawn_reason=None if kind == "undo" else "it is wrong")
            if kind == "undo":
                self.change(target, withdrawn_reason=None)
            self.switch(target.version_id, restores_id=target.id)
        self.settle()

    def named(self) -> Deployment | None:
        try:
            return target_for_version(self.known, self.dice.randint(1, 9), current=self.current)
        except Refused:
            return None

    def switch(self, version: int, **fields: Any) -> None:
        new = deployment(len(self.known) + 1, version, state=LIVE, **fields)
        for each in list(self.known):
            if each.id == new.restores_id:
                self.change(each, state=DeploymentState.RESTORED)
            elif each.state is LIVE:
                self.change(each, state=WARM, live_until=START + timedelta(minutes=new.id))
        self.known.append(new)

    def change(self, one: Deployment, **fields: Any) -> None:
        self.known[one.id - 1] = replace(self.known[one.id - 1], **fields)

    def settle(self) -> None:
        if not self.known:
            return
        before = list(self.known)
        for one, state in self.wanted():
            self.change(one, state=state)
        self.assert_nothing_is_missed(before)

    def wanted(self) -> list[tuple[Deployment, DeploymentState]]:
        return retention(self.known, current=self.current, keep_warm=self.keep_warm, keep_cold=self.keep_cold)

    def assert_nothing_is_missed(self, before: list[Deployment]) -> None:
        now = {each.id: each for each in self.known}
        removed = [each for each in before if each.state in HAS_SERVER and now[each.id].state is GONE]
        servers = {root_of(each, now).id for each in now.values() if each.state in HAS_SERVER}
        assert not servers & {root_of(each, now).id for each in removed}, "a server goes that another one has, too"
        kept = [each for each in now.values() if each.state in (WARM, COLD)]
        assert len(kept) <= self.keep_warm + self.keep_cold
        self.assert_the_first_in_line_stay(removed, kept)

    def assert_the_first_in_line_stay(self, removed: list[Deployment], kept: list[Deployment]) -> None:
        room, standings = self.keep_warm + self.keep_cold, standing(self.known)
        best = last_known_good(self.known, current=self.current)
        undone = undo_target(self.known, current=self.current)
        if best is not None and room:
            assert best.id not in {each.id for each in removed}
            assert not self.keep_warm or self.known[best.id - 1].state in (WARM, GONE)
        if undone is not None and room > 1:
            assert undone.id not in {each.id for each in removed}
        if any(standings[each.id].was_good and each.version_id != self.current.version_id for each in removed):
            wanted = {each.id for each in (best, undone) if each is not None}
            assert all(standings[each.id].was_good or each.id in wanted for each in kept)


@pytest.mark.parametrize(("keep_warm", "keep_cold"), [(0, 0), (1, 0), (0, 2), (1, 1), (1, 2), (2, 3)])
def test_what_a_rollback_an_undo_or_a_name_could_lead_to_goes_last(keep_warm: int, keep_cold: int) -> None:
    for seed in range(60):
        place = Place(random.Random(seed), keep_warm=keep_warm, keep_cold=keep_cold)
        for _ in range(20):
            place.act()


def test_a_version_that_was_never_good_makes_room_for_one_that_a_person_may_name() -> None:
    place = Place(random.Random(0), keep_warm=1, keep_cold=1)
    for version, is_baked in ((1, True), (2, True), (3, False), (4, True)):
        place.switch(version, is_baked=is_baked)
    assert [(one.version_id, state) for one, state in place.wanted()] == [(2, WARM), (1, COLD), (3, GONE)]


def test_the_places_are_those_that_a_rollback_tries_in_its_order() -> None:
    place = Place(random.Random(0), keep_warm=1, keep_cold=9)
    for version in (1, 2, 3, 4):
        place.switch(version, is_baked=True)
    tried = [each.deployment.version_id for each in candidates(place.known, current=place.current) if each.is_good]
    assert [one.version_id for one, _ in place.wanted()] == tried == [3, 2, 1]
