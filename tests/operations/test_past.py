"""What answered when, on which data, approved by whom: random histories against a model that only writes a diary."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from operations.small_project import lay_down, under_git
from registry.registry_values import NOW, add_deployment, add_release, add_version, digest

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.names import deployment_name, release_name
from mltui.domain.policy import EnvironmentPolicy
from mltui.domain.rollback import last_known_good, target_for_version, undo_target
from mltui.errors import NotFound, Refused
from mltui.operations.environments.lock import lock, unlock
from mltui.operations.standing.which import environment_state, which
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import Connection, deployments, environments, events
from mltui.worker.environments import restoring, sharing, stopping, traffic
from mltui.worker.environments.place import Place
from mltui.workspace import Workspace

Entry = TypeVar("Entry")
VERSIONS = 4
PEOPLE = ("ann", "bob", "cat")
ACTS = st.one_of(
    st.tuples(st.just("release"), st.integers(1, VERSIONS), st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True)),
    st.tuples(st.sampled_from(["rollback", "undo", "stop", "start", "share", "retire"])),
    st.tuples(st.just("to"), st.integers(1, VERSIONS)),
)
SHARED_AND_GONE_BACK: list[tuple[object, ...]] = [
    *(("release", version, ["ann"]) for version in (1, 2, 3)),
    *(("share",), ("retire",), ("rollback",), ("undo",), ("share",), ("to", 1), ("stop",), ("start",)),
    *(("release", 3, ["bob"]), ("share",), ("retire",), ("release", 4, ["cat"])),
]

Row = tuple[int, DeploymentState, str | None, datetime | None, datetime | None, bool]
"""Of a deployment: what ran, why it was withdrawn, when it was live, whether it was healthy when it was replaced."""

Answer = tuple[str, str, tuple[str, ...]] | None
"""Version, data and who approved; None for nobody."""


@dataclass
class Clock:
    now: datetime = NOW


@dataclass
class Diary:
    """Everything that the environment did, in its order, and what it answered from then on."""

    entries: list[tuple[datetime, Answer]] = field(default_factory=list)
    brought: dict[int, Answer] = field(default_factory=dict)
    """Deployment → what it answers."""
    rows: list[tuple[datetime, list[Row]]] = field(default_factory=list)

    def at(self, moment: datetime) -> Answer:
        return last_of(self.entries, moment)

    def rows_at(self, moment: datetime) -> list[Row]:
        return last_of(self.rows, moment) or []


def last_of(entries: Sequence[tuple[datetime, Entry]], moment: datetime) -> Entry | None:
    """The last that was written at that moment or before, and whatever stands before that."""
    place = max((number for number, (at, _) in enumerate(entries) if at <= moment), default=None)
    return None if place is None else entries[place][1]


def row_of(one: Deployment) -> Row:
    return (one.id, one.state, one.withdrawn_reason, one.live_from, one.live_until, one.was_healthy_when_replaced)


@dataclass
class Shop:
    """One environment, moved by the worker's own records and by nothing else."""

    place: Place
    clock: Clock
    diary: Diary = field(default_factory=Diary)

    def act(self, tx: Connection, name: str, *how: object) -> None:
        current = self.place.current()
        if name == "release":
            self._release(tx, current, *how)
        elif current is None:
            return
        elif name in ("rollback", "undo", "to"):
            self._go_back(tx, current, name, *how)
        elif name == "stop":
            stopping.commit_stop(tx, self.place, actor="ann", reason="drill")
        elif self.place.environment.is_stopped:
            environments.save(tx, dataclasses.replace(self.place.environment, is_stopped=False))
            events.append(tx, "EnvironmentStarted", self.place.name, {}, actor="ann", at=self.clock.now)
        elif name == "share":
            sharing.commit(tx, self.place, self._halves(current))
        elif name == "retire":
            self._retire(tx)
        self._write_down()

    def _halves(self, current: Deployment) -> dict[int, int]:
        known = deployments.of_environment(self.place.workspace.registry.read(), self.place.name)
        warm = [one.id for one in known if one.state in (DeploymentState.WARM, DeploymentState.CANARY)]
        return {current.id: 50, warm[-1]: 50} if warm else {current.id: 100}

    def _retire(self, tx: Connection) -> None:
        """The oldest one that runs for nothing is stopped."""
        known = deployments.of_environment(tx, self.place.name)
        for one in [one for one in known if one.state is DeploymentState.WARM][:1]:
            deployments.update(tx, one.id, state=DeploymentState.COLD)
            data = {"deployment": deployment_name(one.id), "environment": self.place.name, "state": "cold"}
            events.append(tx, "DeploymentRetired", self.place.name, data, actor="worker", at=self.clock.now)

    def _release(self, tx: Connection, current: Deployment | None, version: int, people: list[str]) -> None:
        name = self.place.name
        release = add_release(tx, version_id=version, environment=name)
        for person in people:
            said = {"person": person, "version": f"v{version}", "environment": name}
            events.append(tx, "VersionApproved", release_name(release.id), said, actor=person, at=self.clock.now)
        mine = add_deployment(tx, environment=name, version_id=version, release_id=release.id, is_baked=True)
        traffic.commit_switch(tx, self.place, mine, left=current, by_release=True)
        self.diary.brought[mine.id] = (f"v{version}", digest(100 + version), tuple(people))

    def _go_back(self, tx: Connection, current: Deployment, name: str, version: int = 0) -> None:
        known = deployments.of_environment(tx, self.place.name)
        try:
            target = {
                "rollback": lambda: last_known_good(known, current=current),
                "undo": lambda: undo_target(known, current=current),
                "to": lambda: target_for_version(known, version, current=current),
            }[name]()
        except Refused:
            return
        if target is None:
            return
        if name == "undo":
            restoring.commit_undo(tx, self.place, left=current, target=target, actor="bob")
        else:
            restoring.commit_rollback(tx, self.place, left=current, target=target, reason="slow", actor="bob")
        restored = deployments.of_environment(tx, self.place.name)[-1]
        self.diary.brought[restored.id] = self.diary.brought[target.id]

    def _write_down(self) -> None:
        environment = self.place.environment
        answers = None if environment.is_stopped else self.diary.brought[environment.deployment_id or 0]
        self.diary.entries.append((self.clock.now, answers))
        known = deployments.of_environment(self.place.workspace.registry.read(), self.place.name)
        self.diary.rows.append((self.clock.now, [row_of(one) for one in reversed(known)]))


@dataclass
class Ground:
    workspace: Workspace
    clock: Clock
    numbers: Iterator[int] = field(default_factory=count)

    def shop(self) -> Shop:
        return Shop(Place(self.workspace, f"place-{next(self.numbers)}", EnvironmentPolicy(), "process"), self.clock)

    def told(self, place: str, at: datetime | None) -> Answer:
        found = which(self.workspace, place, at=at)
        if found.deployment is None or found.origin is None:
            return None
        return (f"v{found.deployment.version_id}", found.origin.data, found.origin.approved_by)

    def rows(self, place: str, at: datetime) -> list[Row]:
        try:
            return [row_of(one) for one in environment_state(self.workspace, place, at=at).history]
        except NotFound:
            return []

    def run(self, shop: Shop, act: tuple[object, ...]) -> None:
        with self.workspace.registry.write() as tx:
            shop.act(tx, *act)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder: Path = tmp_path_factory.mktemp("past")
    made = init_workspace(under_git(lay_down(folder / "project")), folder=folder / "workspace", engine="process")
    clock = Clock()
    with made.registry.write() as tx:
        for number in range(1, VERSIONS + 1):
            add_version(tx, data=digest(100 + number))
    yield Ground(dataclasses.replace(made, now=lambda: clock.now), clock)
    made.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(ACTS, st.integers(0, 90)), min_size=1, max_size=14))
@example([(act, 10) for act in SHARED_AND_GONE_BACK])
def test_at_every_past_moment_the_answer_is_the_one_of_then(
    ground: Ground, history: list[tuple[tuple[object, ...], int]]
) -> None:
    shop = ground.shop()
    begun = ground.clock.now = ground.clock.now + timedelta(hours=1)
    for act, seconds in history:
        ground.clock.now += timedelta(seconds=seconds)
        ground.run(shop, act)
    if not shop.diary.entries:
        return
    half = timedelta(seconds=0.5)
    moments = {begun - half, *(at + shift for at, _ in shop.diary.entries for shift in (-half, timedelta(), half))}
    for moment in sorted(moments):
        assert ground.told(shop.place.name, moment) == shop.diary.at(moment), moment
        assert ground.rows(shop.place.name, moment) == shop.diary.rows_at(moment), moment
    assert ground.told(shop.place.name, None) == shop.diary.entries[-1][1]


def test_a_lock_of_today_says_nothing_of_then_nor_does_what_became_of_a_version(ground: Ground) -> None:
    shop = ground.shop()
    name, begun = shop.place.name, ground.clock.now + timedelta(hours=1)
    for minutes, act in ((0, ("release", 1, ["ann"])), (30, ("release", 2, ["bob"]))):
        ground.clock.now = begun + timedelta(minutes=minutes)
        ground.run(shop, act)
        lock(ground.workspace, name, reason=f"incident {minutes}")
        ground.clock.now += timedelta(minutes=10)
        unlock(ground.workspace, name)
    lock(ground.workspace, name, reason="of today")
    then = [environment_state(ground.workspace, name, at=begun + timedelta(minutes=each)) for each in (-1, 5, 20, 35)]
    assert [each.environment.lock_reason for each in then] == [None, "incident 0", None, "incident 30"]
    assert then[1].environment.locked_at == begun
    assert [each.was_healthy_when_replaced for each in then[1].history] == [False]
    assert [each.was_healthy_when_replaced for each in then[3].history] == [False, True]


def test_endpoint_and_smoke_are_those_of_then_as_far_as_the_history_tells(ground: Ground) -> None:
    shop = ground.shop()
    name, begun = shop.place.name, ground.clock.now + timedelta(hours=1)
    ground.clock.now = begun
    ground.run(shop, ("release", 1, ["ann"]))
    said = {
        1: ("EndpointSettled", {"url": "https://127.0.0.1:8501", "guard": "TLS and a token"}),
        2: ("SmokeFailed", {"reason": "1 of 2 right"}),
        3: ("SmokeRecovered", {}),
        4: ("EndpointSettled", {"url": "http://127.0.0.1:9000", "guard": "no guard"}),
        5: ("WorkspaceRestored", {"made_at": "then"}),
    }
    for minutes, (kind, data) in said.items():
        with ground.workspace.registry.write() as tx:
            subject = "loans" if kind == "WorkspaceRestored" else name
            events.append(tx, kind, subject, data, actor="worker", at=begun + timedelta(minutes=minutes))
    then = [which(ground.workspace, name, at=begun + timedelta(minutes=each)).environment for each in range(6)]
    assert [each.url for each in then] == ["", *["https://127.0.0.1:8501"] * 3, "http://127.0.0.1:9000", ""]
    assert [each.asks_token for each in then] == [False, True, True, True, False, False]
    assert [each.is_smoke_green for each in then] == [None, None, False, True, True, True]
    assert then[2].smoke_failure == "1 of 2 right"


def test_a_clock_that_is_turned_back_changes_the_order_of_nothing(ground: Ground) -> None:
    """A moment that came twice stands for its second coming; what was told of before it stays."""
    shop = ground.shop()
    begun = ground.clock.now = ground.clock.now + timedelta(hours=1)
    for minutes, act in (
        (0, ("release", 1, ["ann"])), (10, ("release", 2, ["bob"])), (5, ("rollback",)), (20, ("undo",)),
    ):  # fmt: skip
        ground.clock.now = begun + timedelta(minutes=minutes)
        ground.run(shop, act)
    answers = [ground.told(shop.place.name, begun + timedelta(minutes=minutes)) for minutes in (-1, 4, 6, 15, 25)]
    assert [None if each is None else each[0] for each in answers] == [None, "v1", "v1", "v1", "v2"]
    told = [event.kind for event in events.list_events(ground.workspace.registry.read(), subject=shop.place.name)]
    assert told == [*["TrafficShifted"] * 3, "RolledBack", "TrafficShifted", "RollbackUndone"]
