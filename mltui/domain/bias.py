"""The bias check: one metric over all groups of one attribute."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from mltui.bands import is_measured
from mltui.domain.checks import CheckResult, Question, Verdict, number
from mltui.domain.groups import attributes_in
from mltui.domain.metrics import find_metric
from mltui.domain.policy import CheckRule
from mltui.domain.version import GroupFigure
from mltui.pooling import POOLED


def decide_bias(
    rule: CheckRule,
    figures: Sequence[GroupFigure],
    *,
    attributes: Collection[str],
    expected: Collection[tuple[str, str]] = (),
) -> CheckResult:
    """Any group outside fails it, any too few or undecided makes it inconclusive.

    A rule about `recall` takes in `recall:<class>`. `attributes` are all that the evaluation table has: none at all
    means no groups, which is inconclusive; others but not the rule's is a failure, and so is a group that is `expected`
    (attribute, group), because production was evaluated on it, and missing. What was merely measured of pictures does
    not count as having attributes.
    """
    question = Question(rule, f"{rule.metric} by {rule.attribute}", "no group outside the ratio limits")
    if find_metric(rule.metric) is None:
        return question.answer_unknown()
    labelled = sorted(name for name in attributes if not is_measured(name))
    others = sorted(attributes) if is_measured(rule.attribute or "") else labelled
    if others and not _is_there(rule.attribute or "", attributes):
        known = ", ".join(others)
        return question.answer(Verdict.FAILED, f"the evaluation has no attribute “{rule.attribute}”, only {known}")
    wanted = _once([figure for figure in figures if figure.attribute == rule.attribute and _is_of(figure, rule.metric)])
    if not wanted:
        return question.answer(Verdict.INCONCLUSIVE, "no groups")
    missing = missing_groups(rule, wanted, expected)
    if missing:
        return question.answer(Verdict.FAILED, f"no row of {', '.join(missing)}, which production was evaluated on")
    verdict, to_blame = _verdict(wanted)
    sentence = "; ".join(map(_tell, to_blame)) or "every group is within the limits"
    return question.answer(verdict, sentence, value=_farthest(wanted))


def _is_there(attribute: str, attributes: Collection[str]) -> bool:
    return attribute in attributes or all(part in attributes for part in attributes_in(attribute))


def missing_groups(rule: CheckRule, figures: Iterable[GroupFigure], expected: Collection[tuple[str, str]]) -> list[str]:
    """Groups of the rule's attribute that are expected and have no figure; one may be among those told together."""
    there = {figure.group for figure in figures}
    if any(figure.pooled for figure in figures):
        return []
    return sorted(
        group for attribute, group in expected if attribute == rule.attribute and group not in (*there, POOLED)
    )


def _is_of(figure: GroupFigure, metric: str) -> bool:
    return figure.metric == metric or figure.metric.startswith(f"{metric}:")


def _once(figures: Sequence[GroupFigure]) -> list[GroupFigure]:
    """Without `recall` where `recall:<class>` says the same, as it does for the second of two classes."""
    by_class = {(figure.group, figure.n, figure.value) for figure in figures if ":" in figure.metric}
    return [one for one in figures if ":" in one.metric or (one.group, one.n, one.value) not in by_class]


def _verdict(figures: Sequence[GroupFigure]) -> tuple[Verdict, list[GroupFigure]]:
    """With the figures that are to blame for it."""
    outside = [figure for figure in figures if figure.verdict == "outside"]
    if outside:
        return Verdict.FAILED, outside
    unclear = [figure for figure in figures if figure.verdict != "within"]
    return (Verdict.INCONCLUSIVE if unclear else Verdict.PASSED), unclear


def _tell(figure: GroupFigure) -> str:
    told = f"{figure.metric} of {figure.group} {number(figure.value)}"
    if figure.verdict == "outside":
        return f"{told}, {_against_others(figure)}"
    if figure.verdict == "too few":
        together = f" in each of {figure.pooled:,}" if figure.pooled else f" ({figure.n})"
        return f"{told}, too few rows{together}"
    return f"{told}, undecided" + (f": about {figure.needed} rows would decide" if figure.needed is not None else "")


def _against_others(figure: GroupFigure) -> str:
    """By the difference where there is no ratio: the others are at 0, or the metric may lie below it."""
    if figure.ratio is None:
        bounds = [number(bound, sign="+") for bound in (figure.difference_low, figure.difference_high)]
        return f"{number(figure.difference, sign='+')} against {figure.reference} ({' to '.join(bounds)})"
    return f"{number(figure.ratio)} of {figure.reference} ({number(figure.ratio_low)} to {number(figure.ratio_high)})"


def _farthest(figures: Iterable[GroupFigure]) -> float | None:
    """The ratio that is farthest from 1."""
    ratios = [figure.ratio for figure in figures if figure.ratio is not None]
    return max(ratios, key=lambda ratio: max(ratio, 1 / ratio) if ratio > 0 else math.inf, default=None)
