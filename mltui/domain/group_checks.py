"""Limits that every group of an attribute has to keep: floor, ceiling, and the loss against production."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from mltui.domain.bias import missing_groups
from mltui.domain.checks import CheckResult, Question, Verdict, decide_loss, number, worst
from mltui.domain.comparison import PairedComparison
from mltui.domain.metrics import find_metric
from mltui.domain.policy import CheckRule
from mltui.domain.version import GroupFigure
from mltui.pooling import LEAST_ROWS

GroupComparisons = Mapping[tuple[str, str], Mapping[str, PairedComparison]]
"""(metric, attribute) → group → comparison with production on the group's rows."""


def decide_groups(
    rule: CheckRule,
    figures: Sequence[GroupFigure],
    comparisons: GroupComparisons | None,
    *,
    expected: Collection[tuple[str, str]] = (),
) -> tuple[CheckResult, ...]:
    """One result for each limit; the worst group decides and is named. A group that is missing fails.

    `comparisons` is None when nothing is in production; that is skipped and holds nothing.
    """
    wanted = [each for each in figures if (each.attribute, each.metric) == (rule.attribute, rule.metric)]
    mine = [each for each in wanted if rule.group in (None, each.group)]
    gone = _gone(rule, wanted, expected)
    return tuple(
        question.answer(Verdict.FAILED, gone) if gone else _decide(question, kind, mine, comparisons)
        for question, kind in _questions(rule)
    )


def _questions(rule: CheckRule) -> Iterator[tuple[Question, str]]:
    whom = f"of {rule.group}" if rule.group else f"by {rule.attribute}"
    if rule.floor is not None:
        yield Question(rule, f"{rule.metric} floor {whom}", f"at least {number(rule.floor)} in each group"), "floor"
    if rule.ceiling is not None:
        yield (
            Question(rule, f"{rule.metric} ceiling {whom}", f"at most {number(rule.ceiling)} in each group"),
            "ceiling",
        )
    if rule.allowed_loss is not None:
        limit = f"at most {number(rule.allowed_loss)} worse than production in each group"
        yield Question(rule, f"{rule.metric} {whom} against production", limit), "loss"


def _gone(rule: CheckRule, wanted: Sequence[GroupFigure], expected: Collection[tuple[str, str]]) -> str:
    if rule.group is not None:
        is_there = any(each.group == rule.group for each in wanted)
        return "" if is_there else f"the evaluation has no group {rule.group} of {rule.attribute} for {rule.metric}"
    if not wanted:
        return f"the evaluation has no groups of {rule.attribute} for {rule.metric}"
    missing = missing_groups(rule, wanted, expected)
    return f"no row of {', '.join(missing)}, which production was evaluated on" if missing else ""


def _decide(
    question: Question, kind: str, figures: Sequence[GroupFigure], comparisons: GroupComparisons | None
) -> CheckResult:
    rule = question.rule
    if kind == "loss":
        if comparisons is None:
            return question.answer(Verdict.SKIPPED, "no baseline: nothing is in production")
        known = comparisons.get((rule.metric, rule.attribute or ""), {})
        return _all(question, [_loss(question, each, known.get(each.group)) for each in figures])
    least = rule.floor if kind == "floor" and rule.floor is not None else -math.inf
    most = rule.ceiling if kind == "ceiling" and rule.ceiling is not None else math.inf
    return _all(question, [_bound(question, each, least=least, most=most) for each in figures])


def _bound(question: Question, figure: GroupFigure, *, least: float, most: float) -> CheckResult:
    told = f"{figure.group} {number(figure.value)}"
    if figure.pooled or figure.value is None or figure.n < LEAST_ROWS:
        few = f"in each of {figure.pooled:,}" if figure.pooled else f"({figure.n})"
        return question.answer(Verdict.INCONCLUSIVE, f"{told}, too few rows {few}", value=figure.value)
    is_kept = least <= figure.value <= most
    span = f" ({number(figure.low)} to {number(figure.high)}) on {figure.n} rows"
    return question.answer(Verdict.PASSED if is_kept else Verdict.FAILED, told + span, value=figure.value)


def _loss(question: Question, figure: GroupFigure, comparison: PairedComparison | None) -> CheckResult:
    found = comparison or PairedComparison(question.rule.metric, 0)
    if figure.pooled or found.n < LEAST_ROWS:
        few = f"in each of {figure.pooled:,}" if figure.pooled else f"({found.n})"
        sentence = f"{figure.group}: too few common rows {few}"
        return question.answer(Verdict.INCONCLUSIVE, sentence, value=found.candidate, baseline=found.production)
    decided = decide_loss(question.rule, found)
    sentence = f"{figure.group}: {decided.sentence}"
    return question.answer(decided.verdict, sentence, value=decided.value, baseline=decided.baseline)


def _badness(rule: CheckRule, result: CheckResult) -> float:
    """Larger for a group that is worse off, where that can be told."""
    if result.value is None:
        return -math.inf
    metric = find_metric(rule.metric)
    if result.baseline is not None and metric is not None:
        return metric.loss(result.value, result.baseline)
    return result.value if rule.floor is None else -result.value


def _all(question: Question, results: Sequence[CheckResult]) -> CheckResult:
    """The worst group's, with a sentence of every group that has its verdict."""
    decides = worst(sorted(results, key=lambda result: -_badness(question.rule, result)))
    if decides.verdict is Verdict.PASSED:
        return replace(decides, sentence=f"every group keeps it: {'; '.join(each.sentence for each in results)}")
    blamed = [each.sentence for each in results if each.verdict is decides.verdict]
    return replace(decides, sentence="; ".join(blamed))
