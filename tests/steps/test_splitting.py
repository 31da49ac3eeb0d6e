"""Who is in which split, and who is in none."""

from __future__ import annotations

import hashlib

import pytest

from mltui.steps.contract import StepFailed
from mltui.steps.datasets import HELD_OUT, TRAIN, VALIDATION
from mltui.steps.splitting import Candidate, Placed, Shares, check_classes, check_rows, place

SHARES = Shares(seed=7)


def candidate(key: str, *, label: str = "taco", looks: str = "", content: str = "") -> Candidate:
    return Candidate(key, key, content or key, label, looks or key)


def keys_of(split: str, count: int) -> list[str]:
    found = [f"k{number}" for number in range(500) if SHARES.split_of(f"k{number}") == split]
    return found[:count]


def ids(placed: Placed) -> dict[str, set[str]]:
    return {name: {row.row_id for row in rows} for name, rows in placed.splits.items()}


def test_a_row_goes_where_the_hash_of_seed_and_key_says() -> None:
    for key in (f"k{number}" for number in range(200)):
        position = int.from_bytes(hashlib.sha256(f"7:{key}".encode()).digest()[:8], "big") / 2**64
        wanted = HELD_OUT if position < 0.2 else VALIDATION if position < 0.2 + 0.1 else TRAIN
        assert SHARES.split_of(key) == wanted


def test_shares_are_kept_and_another_seed_splits_otherwise() -> None:
    splits = [SHARES.split_of(f"k{number}") for number in range(4000)]
    assert 0.17 < splits.count(HELD_OUT) / 4000 < 0.23
    assert 0.08 < splits.count(VALIDATION) / 4000 < 0.12
    assert splits != [Shares(seed=8).split_of(f"k{number}") for number in range(4000)]


def test_rows_that_are_added_move_no_other_row() -> None:
    before = ids(place([candidate(f"k{number}") for number in range(100)], SHARES, excluded=()))
    after = ids(place([candidate(f"k{number}") for number in range(150)], SHARES, excluded=()))
    assert all(before[name] <= after[name] for name in before)
    assert sum(map(len, after.values())) == 150


def test_the_order_of_the_source_means_nothing() -> None:
    rows = [candidate(f"k{number}") for number in range(100)]
    assert place(rows, SHARES, excluded=()) == place(rows[::-1], SHARES, excluded=())


def test_identical_content_is_kept_once_and_counted() -> None:
    placed = place([candidate("a"), candidate("b"), candidate("a"), candidate("a")], SHARES, excluded=())
    assert (placed.rows, placed.duplicates, placed.conflicting_labels) == (2, 2, 0)


def test_identical_content_under_two_labels_is_left_out_altogether() -> None:
    rows = [candidate("a"), candidate("a", label="burrito"), candidate("a"), candidate("b")]
    placed = place(rows, SHARES, excluded=())
    assert (placed.rows, placed.duplicates, placed.conflicting_labels) == (1, 0, 3)


def test_excluded_content_is_in_no_split() -> None:
    rows = [candidate("a", content="smoke"), candidate("b"), candidate("c", content="smoke")]
    placed = place(rows, SHARES, excluded=["smoke", "elsewhere"])
    assert (placed.rows, placed.excluded) == (1, 2)


@pytest.mark.parametrize(("kept", "dropped"), [(HELD_OUT, TRAIN), (HELD_OUT, VALIDATION), (VALIDATION, TRAIN)])
def test_what_stands_in_two_splits_stays_in_the_one_that_judges(kept: str, dropped: str) -> None:
    judge, learner = keys_of(kept, 1)[0], keys_of(dropped, 1)[0]
    placed = place([candidate(learner, looks="same"), candidate(judge, looks="same")], SHARES, excluded=())
    assert placed.leaked == 1
    assert ids(placed)[kept] == {judge}
    assert ids(placed)[dropped] == set()


def test_rows_alike_within_one_split_all_stay() -> None:
    placed = place([candidate(key, looks="same") for key in keys_of(TRAIN, 3)], SHARES, excluded=())
    assert (placed.rows, placed.leaked) == (3, 0)


@pytest.mark.parametrize("empty", [TRAIN, VALIDATION, HELD_OUT])
def test_an_empty_split_fails(empty: str) -> None:
    rows = [candidate(key) for name in {TRAIN, VALIDATION, HELD_OUT} - {empty} for key in keys_of(name, 3)]
    with pytest.raises(StepFailed, match=f"the {empty} split has no rows"):
        check_rows(place(rows, SHARES, excluded=()))


@pytest.mark.parametrize("poor", [TRAIN, HELD_OUT])
def test_a_class_that_misses_in_train_or_held_out_fails(poor: str) -> None:
    rows = [candidate(key) for name in (TRAIN, VALIDATION, HELD_OUT) for key in keys_of(name, 3)]
    rich = HELD_OUT if poor == TRAIN else TRAIN
    rows.append(candidate(keys_of(rich, 4)[3], label="burrito"))
    with pytest.raises(StepFailed, match=f"the {poor} split has no row of class burrito"):
        check_classes(place(rows, SHARES, excluded=()), ["burrito", "taco"])
