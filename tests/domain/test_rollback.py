from __future__ import annotations

import pytest

from mltui.domain.deployment import Deployment
from mltui.domain.rollback import candidates, last_known_good, standing, target_for_version, undo_target
from mltui.errors import Refused

from .deployed import baked, deployment, failed, withdrawn


def good(history: list[Deployment], current: Deployment | None) -> int | None:
    found = last_known_good(history, current=current)
    return None if found is None else found.id


def test_the_newest_baked_deployment_before_the_current_one_is_the_last_known_good() -> None:
    history = [baked(1, 1), baked(2, 2), deployment(3, 3)]
    assert good(history, history[2]) == 2
    assert good(list(reversed(history)), history[2]) == 2


def test_one_that_was_healthy_when_a_release_replaced_it_is_good_too() -> None:
    history = [baked(1, 1), deployment(2, 2, was_healthy_when_replaced=True), deployment(3, 3)]
    assert good(history, history[2]) == 2


def test_one_that_neither_baked_nor_was_healthy_is_passed_over() -> None:
    history = [baked(1, 1), deployment(2, 2), failed(3, 3), deployment(4, 4)]
    assert good(history, history[3]) == 1


def test_without_a_good_one_before_it_there_is_no_target() -> None:
    assert good([], None) is None
    first = baked(1, 1)
    assert good([first], first) is None
    assert good([first, baked(2, 1)], baked(2, 1)) is None


def test_nothing_in_place_means_that_every_place_counts_as_before() -> None:
    assert good([baked(1, 1), failed(2, 2)], None) == 1


def test_a_second_rollback_goes_further_back_and_never_forward() -> None:
    history = [baked(1, 1), baked(2, 2), withdrawn(deployment(3, 3)), deployment(4, 2, restores_id=2)]
    assert good(history, history[3]) == 1
    history[3] = withdrawn(history[3])
    history.append(deployment(5, 1, restores_id=1))
    assert good(history, history[4]) is None


def test_a_rollback_stands_at_the_place_of_the_one_it_restored_however_often() -> None:
    history = [baked(1, 1), baked(2, 2), baked(3, 3), deployment(4, 2, restores_id=2), deployment(5, 2, restores_id=4)]
    standings = standing(history)
    assert [standings[id].position for id in range(1, 6)] == [1, 2, 3, 2, 2]
    assert standings[5].was_good
    assert standings[2].newest.id == 5
    assert good(history, history[2]) == 5


def test_a_restoring_deployment_that_failed_is_not_the_one_to_go_back_to() -> None:
    history = [baked(1, 1), failed(2, 1, restores_id=1), deployment(3, 3)]
    assert good(history, history[2]) == 1


def test_a_withdrawn_version_is_no_target_wherever_else_it_was_good() -> None:
    history = [baked(1, 1), baked(2, 2), withdrawn(baked(3, 2)), deployment(4, 4)]
    assert good(history, history[3]) == 1


def test_after_an_undo_the_restored_one_stands_at_its_own_place_again() -> None:
    history = [baked(1, 1), baked(2, 2), deployment(3, 1, restores_id=1), deployment(4, 2, restores_id=2)]
    assert good(history, history[3]) == 3


def test_a_restored_deployment_that_is_not_in_the_list_still_gives_the_place() -> None:
    history = [baked(7, 7, restores_id=3), deployment(8, 8)]
    assert standing(history)[7].position == 3
    assert good(history, history[1]) == 7


def test_candidates_are_newest_first_each_with_its_reason() -> None:
    history = [
        baked(1, 1),
        deployment(2, 2, was_healthy_when_replaced=True),
        deployment(3, 3),
        baked(4, 5),
        withdrawn(baked(5, 6), "wrong answers"),
        failed(6, 7),
        deployment(7, 5),
        baked(8, 8),
    ]
    found = candidates(history, current=history[6])
    assert [(one.deployment.id, one.is_good, one.reason) for one in found] == [
        (8, False, "newer than the current one"),
        (6, False, "never became live"),
        (5, False, "withdrawn: wrong answers"),
        (4, False, "the same version as the current one"),
        (3, False, "neither finished its bake nor was healthy when it was replaced"),
        (2, True, "healthy when it was replaced"),
        (1, True, "finished its bake"),
    ]


def test_undo_puts_back_what_the_last_rollback_withdrew_and_then_the_one_before() -> None:
    history = [
        baked(1, 1),
        baked(2, 2),
        withdrawn(deployment(3, 3)),
        withdrawn(deployment(4, 2, restores_id=2)),
        deployment(5, 1, restores_id=1),
    ]
    target = undo_target(history, current=history[4])
    assert target is not None
    assert target.id == 4
    history[3] = deployment(4, 2, restores_id=2)
    history.append(deployment(6, 2, restores_id=4))
    target = undo_target(history, current=history[5])
    assert target is not None
    assert target.id == 3


def test_without_a_rollback_or_after_a_release_there_is_nothing_to_undo() -> None:
    history = [baked(1, 1), withdrawn(deployment(2, 2)), deployment(3, 1, restores_id=1)]
    assert undo_target(history[:1], current=history[0]) is None
    assert undo_target(history, current=None) == history[1]
    assert undo_target([*history, failed(4, 4)], current=history[2]) == history[1]
    assert undo_target([*history, deployment(4, 4)], current=deployment(4, 4)) is None
    assert undo_target(history, current=deployment(9, 2, restores_id=1)) is None


def test_a_version_that_was_once_good_can_be_named_though_it_is_withdrawn() -> None:
    history = [baked(1, 1), withdrawn(baked(2, 2)), baked(3, 1), deployment(4, 4)]
    assert target_for_version(history, 2, current=history[3]).id == 2
    assert target_for_version(history, 1).id == 3


@pytest.mark.parametrize(
    ("version", "code", "said"),
    [
        (4, "already_current", "v4 is what answers here already"),
        (3, "never_good", "v3 never finished its bake here"),
        (5, "never_good", "v5 was never live here"),
        (9, "never_good", "v9 was never live here"),
    ],
)
def test_any_other_version_is_refused_with_the_reason(version: int, code: str, said: str) -> None:
    history = [baked(1, 1), deployment(3, 3), deployment(4, 4), failed(5, 5)]
    with pytest.raises(Refused) as caught:
        target_for_version(history, version, current=history[2])
    assert caught.value.code == code
    assert caught.value.message.startswith(said)
