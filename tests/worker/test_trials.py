"""Targets are proven beside one another: the first in order that is fit in time, however many before it are not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from registry.registry_values import NOW

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.errors import Conflict, WorkFailed
from mltui.worker.environments.trials import ALL_SECONDS, PATIENCE_SECONDS, Trials


def targets(count: int) -> list[Deployment]:
    return [_deployment(number) for number in range(count, 0, -1)]


def _deployment(number: int) -> Deployment:
    return Deployment(
        id=number,
        environment="production",
        version_id=number,
        state=DeploymentState.WARM,
        package="p",
        image_id="i",
        engine="process",
        cpus=1.0,
        memory_bytes=None,
        created_at=NOW,
    )


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


Prove = Callable[[Deployment], Iterator[str]]


def prove(never: threading.Event, **how: Callable[[], object]) -> Prove:
    """By version, as `v3`: what comes before it is proven, and may raise; the others never are."""

    def proof(target: Deployment) -> Iterator[str]:
        yield "is not ready"
        how.get(f"v{target.version_id}", never.wait)()

    return proof


def nothing(*_: object) -> None:
    return


def test_any_number_of_targets_that_never_get_ready_is_passed_over_in_time(never: threading.Event) -> None:
    began, trials = time.monotonic(), Trials(targets(8), prove(never, v1=nothing), nothing, nothing)
    found = trials.first(seconds=30)
    assert found is not None
    assert found.id == 1
    assert time.monotonic() - began <= ALL_SECONDS + PATIENCE_SECONDS + 0.5
    assert [target.id for target, _ in trials.passed_over] == [8, 7, 6, 5, 4, 3, 2]
    assert all("its server is not ready after" in error.message for _, error in trials.passed_over)


def test_a_later_target_is_not_taken_while_an_earlier_one_may_still_come_in_time(never: threading.Event) -> None:
    late = prove(never, v2=lambda: time.sleep(PATIENCE_SECONDS - 1), v1=nothing)
    trials = Trials(targets(3), late, nothing, nothing)
    found = trials.first(seconds=30)
    assert found is not None
    assert found.id == 2
    assert [target.id for target, _ in trials.passed_over] == [3]


def _raise(error: Exception) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


def test_the_next_target_is_tried_at_once_where_one_is_unfit(never: threading.Event) -> None:
    began = time.monotonic()
    unfit = prove(never, v3=_raise(WorkFailed("its server ended")), v2=nothing, v1=nothing)

    def accept(target: Deployment) -> None:
        if target.id == 2:
            raise WorkFailed("the gateway does not see it up")

    trials = Trials(targets(3), unfit, accept, nothing)
    found = trials.first(seconds=30)
    assert found is not None
    assert found.id == 1
    assert time.monotonic() - began < 1
    assert [error.message for _, error in trials.passed_over] == ["its server ended", "the gateway does not see it up"]


def test_what_passes_by_itself_and_a_fault_of_ours_speak_against_no_target(never: threading.Event) -> None:
    for error in (Conflict("busy", code="registry_busy"), ZeroDivisionError("ours")):
        with pytest.raises(type(error)):
            Trials(targets(2), prove(never, v2=_raise(error), v1=nothing), nothing, nothing).first(seconds=30)


def test_nothing_is_taken_where_no_target_comes_in_time(never: threading.Event) -> None:
    trials = Trials(targets(1), prove(never), nothing, nothing)
    assert trials.first(seconds=0.2) is None
    assert [target.id for target, _ in trials.passed_over] == [1]
