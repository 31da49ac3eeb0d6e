"""Rows that are in no group are told, for each attribute that they lack."""

from __future__ import annotations

from mltui.domain.unplaced import unplaced_sentences
from mltui.domain.version import GroupFigure


def accuracy(n: int, **slice: str) -> GroupFigure:
    return GroupFigure(slice, "accuracy", n, 0.8, 0.7, 0.9, 1.0, 0.9, 1.1, "within")


def test_rows_that_lack_an_attribute_are_counted() -> None:
    groups = [accuracy(60, light="dark"), accuracy(30, light="day"), accuracy(1_200, camera="phone")]
    groups += [accuracy(5, light="dark", camera="phone")]
    assert list(unplaced_sentences(groups, held_out=1_200)) == [
        "1,110 of 1,200 held-out rows have no light and are in no group of it: nothing is judged of them."
    ]
    assert list(unplaced_sentences([], held_out=1_200)) == []
