"""Random histories against a naive model that knows nothing of deployments: a list of places, a cursor and a stack."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mltui.domain.deployment import Deployment
from mltui.domain.rollback import candidates, last_known_good, standing, target_for_version, undo_target
from mltui.errors import Refused

from .deployed import deployment, failed

VERSIONS = st.integers(1, 6)


@dataclass
class Place:
    version: int
    is_good: bool = False


class Model:
    """Places in the order in which releases took them; `left` are the places that rollbacks left, the newest last."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.here = -1
        self.left: list[int] = []
        self.undoable = 0

    def release(self, version: int, *, is_healthy: bool) -> None:
        if self.here >= 0 and is_healthy:
            self.places[self.here].is_good = True
        self.places.append(Place(version))
        self.here = len(self.places) - 1
        self.undoable = 0

    def back(self) -> int | None:
        withdrawn = {self.places[place].version for place in self.left}
        for place in range(self.here - 1, -1, -1):
            one = self.places[place]
            if one.is_good and one.version not in withdrawn | {self.places[self.here].version}:
                return place
        return None

    def named(self, version: int) -> int | None:
        if self.places[self.here].version == version:
            return None
        return max((n for n, one in enumerate(self.places) if one.is_good and one.version == version), default=None)

    def leave_for(self, place: int) -> None:
        self.left.append(self.here)
        self.undoable += 1
        self.here = place

    def undo(self) -> int | None:
        return self.left[-1] if self.undoable else None

    def put_back(self) -> None:
        self.here = self.left.pop()
        self.undoable -= 1


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.known: dict[int, Deployment] = {}
        self.current: Deployment | None = None
        self.places: list[int] = []
        """Id of the deployment that first took each place of the model."""

    @property
    def history(self) -> list[Deployment]:
        return list(self.known.values())

    def bring(self, version: int, *, restores: int | None = None, is_failed: bool = False) -> None:
        make = failed if is_failed else deployment
        one = make(len(self.known) + 1, version, restores_id=restores)
        self.known[one.id] = one
        if not is_failed:
            self.current = one
            if restores is None:
                self.places.append(one.id)

    def change(self, one: Deployment, **fields: object) -> None:
        self.known[one.id] = replace(one, **fields)  # type: ignore[arg-type]
        if self.current is not None and self.current.id == one.id:
            self.current = self.known[one.id]

    def leave_for(self, target: Deployment) -> None:
        assert self.current is not None
        self.change(self.current, withdrawn_reason="it was worse")
        self.bring(target.version_id, restores=target.id)

    def place_of(self, one: Deployment | None) -> int | None:
        return None if one is None else self.places.index(standing(self.history)[one.id].position)

    @rule(version=VERSIONS, is_healthy=st.booleans())
    def release(self, version: int, is_healthy: bool) -> None:
        if self.current is not None:
            self.change(self.current, was_healthy_when_replaced=is_healthy)
        self.model.release(version, is_healthy=is_healthy)
        self.bring(version)

    @rule(version=VERSIONS)
    def release_that_fails(self, version: int) -> None:
        self.bring(version, is_failed=True)

    @precondition(lambda self: self.current is not None)
    @rule()
    def bake(self) -> None:
        assert self.current is not None
        self.change(self.current, is_baked=True)
        self.model.places[self.model.here].is_good = True

    @precondition(lambda self: self.current is not None)
    @rule()
    def stop_and_start(self) -> None:
        assert self.current is not None
        self.bring(self.current.version_id, restores=self.current.id)

    @precondition(lambda self: self.model.here >= 0 and self.model.back() is not None)
    @rule()
    def roll_back(self) -> None:
        before, target = self.model.here, last_known_good(self.history, current=self.current)
        assert target is not None
        self.leave_for(target)
        place = self.model.back()
        assert place is not None
        self.model.leave_for(place)
        assert self.model.here < before

    @precondition(lambda self: self.model.here >= 0 and self.model.back() is not None)
    @rule()
    def roll_back_that_fails(self) -> None:
        target = last_known_good(self.history, current=self.current)
        assert target is not None
        self.bring(target.version_id, restores=target.id, is_failed=True)

    @precondition(lambda self: self.model.undo() is not None)
    @rule()
    def undo(self) -> None:
        target = undo_target(self.history, current=self.current)
        assert target is not None
        self.change(target, withdrawn_reason=None)
        self.bring(target.version_id, restores=target.id)
        self.model.put_back()

    @precondition(lambda self: self.current is not None)
    @rule(version=VERSIONS)
    def roll_back_to(self, version: int) -> None:
        place = self.model.named(version)
        try:
            target = target_for_version(self.history, version, current=self.current)
        except Refused:
            assert place is None
            return
        assert self.place_of(target) == place
        assert place is not None
        self.leave_for(target)
        self.model.leave_for(place)

    @invariant()
    def the_current_place_is_the_models(self) -> None:
        if self.current is not None:
            assert self.place_of(self.current) == self.model.here

    @invariant()
    def the_targets_are_the_models(self) -> None:
        if self.current is None:
            return
        assert self.place_of(last_known_good(self.history, current=self.current)) == self.model.back()
        assert self.place_of(undo_target(self.history, current=self.current)) == self.model.undo()

    @invariant()
    def every_other_place_is_a_candidate_once_and_in_order(self) -> None:
        positions = [
            standing(self.history)[one.deployment.id].position for one in candidates(self.history, current=self.current)
        ]
        everything = {one.position for one in standing(self.history).values()}
        assert positions == sorted(set(positions), reverse=True)
        assert len(positions) == len(everything) - (self.current is not None)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
