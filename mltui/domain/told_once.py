"""Figures that stand under two names, told under one: of two classes `recall` is that of the second class."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mltui.domain.version import GroupFigure


def has_twin(metric: str, names: Collection[str], classes: Sequence[str]) -> bool:
    """Whether `recall:yes` says what `recall`, one of the names, says too."""
    kind, colon, label = metric.partition(":")
    return bool(colon) and len(classes) == 2 and label == classes[1] and kind in names


def told_once(figures: Iterable[GroupFigure], classes: Sequence[str]) -> tuple[GroupFigure, ...]:
    known = tuple(figures)
    names = {each.metric for each in known}
    return tuple(each for each in known if not has_twin(each.metric, names, classes))


def class_words(classes: Sequence[str]) -> str:
    """The end of a head: whose rates those are that name no class; empty where that is none of two."""
    return f"; recall and other rates without a class are of {classes[1]}" if len(classes) == 2 else ""
