"""Automatic checks: how a figure is judged against its rule. Nothing unknown or undefined is ever passed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

from mltui.domain.comparison import PairedComparison
from mltui.domain.metrics import Metric, find_metric
from mltui.domain.policy import CheckRule, InconclusiveRule

Interval = tuple[float, float]


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"
    """There was nothing to compare with; holds nothing."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    name: str
    """Stable; an approver acknowledges by it."""
    verdict: Verdict
    value: float | None
    """What was judged; of a bias check the ratio farthest from 1. None where it is undefined."""
    limit: str
    """What the rule asks for, in words."""
    baseline: float | None
    """Production's value, for comparisons."""
    sentence: str
    inconclusive_rule: InconclusiveRule | None = None
    """The check rule's own, which overrides the gate's."""
    is_dry_run: bool = False
    """Reported only; whatever its verdict, it holds and stops nothing."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """All checks of one gate, and what they mean together."""

    checks: tuple[CheckResult, ...]
    inconclusive_rule: InconclusiveRule = "hold"
    """The gate's."""

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """With the inconclusive ones that policy makes block."""
        counted = (check for check in self.checks if not check.is_dry_run)
        return tuple(c for c in counted if c.verdict is Verdict.FAILED or self._is_inconclusive(c, "block"))

    @property
    def inconclusive(self) -> tuple[CheckResult, ...]:
        """Those that hold the release until they are acknowledged by name."""
        return tuple(check for check in self.checks if self._is_inconclusive(check, "hold"))

    @property
    def verdict(self) -> Verdict:
        if self.failed:
            return Verdict.FAILED
        return Verdict.INCONCLUSIVE if self.inconclusive else Verdict.PASSED

    def as_json(self) -> dict[str, Any]:
        return {"inconclusive_rule": self.inconclusive_rule, "checks": [asdict(check) for check in self.checks]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GateReport:
        """What `as_json` wrote."""
        checks = (CheckResult(**{**check, "verdict": Verdict(check["verdict"])}) for check in data["checks"])
        return cls(tuple(checks), data["inconclusive_rule"])

    def _is_inconclusive(self, check: CheckResult, rule: InconclusiveRule) -> bool:
        is_held = check.verdict is Verdict.INCONCLUSIVE and not check.is_dry_run
        return is_held and (check.inconclusive_rule or self.inconclusive_rule) == rule


@dataclass(frozen=True, slots=True)
class Question:
    """What one check asks; every answer to it bears its name."""

    rule: CheckRule
    name: str
    limit: str

    def answer(
        self, verdict: Verdict, sentence: str, *, value: float | None = None, baseline: float | None = None
    ) -> CheckResult:
        rule = self.rule
        return CheckResult(self.name, verdict, value, self.limit, baseline, sentence, rule.inconclusive, rule.dry_run)

    def answer_unknown(self) -> CheckResult:
        return self.answer(Verdict.FAILED, f"there is no metric “{self.rule.metric}”")


def decide_floor_and_ceiling(
    rule: CheckRule, value: float | None, *, interval: Interval | None = None
) -> tuple[CheckResult, ...]:
    """One result for each of the two that the rule sets. The value decides; the 95 % interval is told beside it."""
    found = []
    if rule.floor is not None:
        question = Question(rule, f"{rule.metric} floor", f"at least {number(rule.floor)}")
        found.append(_decide_bound(question, value, interval, least=rule.floor, most=math.inf))
    if rule.ceiling is not None:
        question = Question(rule, f"{rule.metric} ceiling", f"at most {number(rule.ceiling)}")
        found.append(_decide_bound(question, value, interval, least=-math.inf, most=rule.ceiling))
    return tuple(found)


def decide_changed(rule: CheckRule, share: float | None, *, is_baseline: bool) -> CheckResult:
    """The share of answers that change against production; a lower one is no better, only a smaller step."""
    limit = rule.ceiling if rule.ceiling is not None else math.inf
    question = Question(rule, "changed predictions", f"at most {number(limit)}")
    if not is_baseline:
        return question.answer(Verdict.SKIPPED, "no baseline: nothing is in production")
    if share is None:
        return question.answer(Verdict.INCONCLUSIVE, "no row was answered by both")
    verdict = Verdict.PASSED if _at_most(share, limit) else Verdict.FAILED
    return question.answer(verdict, f"{number(share)} of the common rows are answered otherwise", value=share)


def worst(results: Sequence[CheckResult]) -> CheckResult:
    """The first of those with the worst verdict."""
    order = (Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.PASSED, Verdict.SKIPPED)
    return min(results, key=lambda result: order.index(result.verdict))


def decide_loss(rule: CheckRule, comparison: PairedComparison | None) -> CheckResult:
    """Failed when the whole interval lies beyond the allowed loss, inconclusive when only the estimate does.

    `comparison` is None when nothing is in production; that is skipped and holds nothing. A rule without `allowed_loss`
    allows none.
    """
    question, metric = _loss_question(rule), find_metric(rule.metric)
    if metric is None:
        return question.answer_unknown()
    if metric.direction == "neither":
        return question.answer(Verdict.FAILED, f"{rule.metric} is better neither high nor low, so no loss can be told")
    if comparison is None:
        return question.answer(Verdict.SKIPPED, "no baseline: nothing is in production")
    return _decide_paired_loss(question, metric, comparison)


def decide_profile(
    rule: CheckRule, value: float | None, *, production: Mapping[str, float | None] | None = None
) -> tuple[CheckResult, ...]:
    """For `latency_p95_ms` and `peak_memory_mb`: floor, ceiling, and the loss against production's own profile.

    `production` is None when nothing is there, and empty where what is there has no profile.
    """
    found = decide_floor_and_ceiling(rule, value)
    if rule.allowed_loss is not None:
        found = (*found, _decide_profile_loss(rule, value, production))
    return found


def number(value: float | None, *, sign: Literal["-", "+"] = "-") -> str:
    """Four significant digits, and all that stand before the point; `sign` as in a format specification."""
    if value is None:
        return "undefined"
    return f"{value:{sign}.0f}" if abs(value) >= 999.95 else f"{value:{sign}.4g}"


def defined(value: float | None) -> float | None:
    """None for what is no finite number."""
    return value if value is not None and math.isfinite(value) else None


def _decide_bound(
    question: Question, value: float | None, interval: Interval | None, *, least: float, most: float
) -> CheckResult:
    if find_metric(question.rule.metric) is None:
        return question.answer_unknown()
    known = defined(value)
    if known is None:
        return question.answer(Verdict.INCONCLUSIVE, f"{question.rule.metric} is undefined")
    is_held = _at_most(least, known) and _at_most(known, most)
    span = f" ({number(interval[0])} to {number(interval[1])})" if interval else ""
    sentence = f"{number(known)}{span}, asked for is {question.limit}"
    return question.answer(Verdict.PASSED if is_held else Verdict.FAILED, sentence, value=known)


def _loss_question(rule: CheckRule) -> Question:
    return Question(
        rule, f"{rule.metric} against production", f"at most {number(_allowed(rule))} worse than production"
    )


def _allowed(rule: CheckRule) -> float:
    return 0.0 if rule.allowed_loss is None else rule.allowed_loss


def _decide_paired_loss(question: Question, metric: Metric, comparison: PairedComparison) -> CheckResult:
    value, baseline = defined(comparison.candidate), defined(comparison.production)
    difference, low, high = (defined(x) for x in (comparison.difference, comparison.low, comparison.high))
    if value is None or baseline is None or difference is None or low is None or high is None:
        sentence = f"{metric.name} cannot be compared on {comparison.n} common rows"
        return question.answer(Verdict.INCONCLUSIVE, sentence, value=value, baseline=baseline)
    loss, least = (-difference, -high) if metric.direction == "higher" else (difference, low)
    return question.answer(
        _loss_verdict(loss, least, _allowed(question.rule)),
        f"{number(value)} against {number(baseline)} on {comparison.n} common rows, "
        f"difference {number(difference, sign='+')} ({number(low, sign='+')} to {number(high, sign='+')})",
        value=value,
        baseline=baseline,
    )


def _decide_profile_loss(
    rule: CheckRule, value: float | None, production: Mapping[str, float | None] | None
) -> CheckResult:
    question, metric = _loss_question(rule), find_metric(rule.metric)
    if metric is None or not metric.is_from_profile:
        return question.answer(Verdict.FAILED, f"there is no metric “{rule.metric}” in a profile")
    known = defined(value)
    if production is None:
        return question.answer(Verdict.SKIPPED, "no baseline: nothing is in production", value=known)
    before = defined(production.get(rule.metric))
    if before is None:
        return question.answer(Verdict.INCONCLUSIVE, "no baseline: what is in production has no profile", value=known)
    if known is None:
        return question.answer(Verdict.INCONCLUSIVE, f"{rule.metric} is undefined", baseline=before)
    loss = metric.loss(known, before)
    verdict = _loss_verdict(loss, loss, _allowed(rule))
    return question.answer(verdict, f"{number(known)} against {number(before)}", value=known, baseline=before)


def _loss_verdict(loss: float, least: float, allowed: float) -> Verdict:
    """`least` is the bound of the loss's interval that is kindest to the candidate."""
    if _at_most(loss, allowed):
        return Verdict.PASSED
    return Verdict.INCONCLUSIVE if _at_most(least, allowed) else Verdict.FAILED


def _at_most(value: float, limit: float) -> bool:
    """With room for rounding: 0.80 is 0.01 worse than 0.81. False for a limit that is no number."""
    return value <= limit or math.isclose(value, limit, rel_tol=1e-9, abs_tol=1e-12)
