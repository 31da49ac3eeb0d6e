"""Smoke: known inputs with known answers, asked of a running server."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mltui.domain.project import SmokeCase


@dataclass(frozen=True, slots=True)
class SmokeAnswer:
    """What a server said to one case, and whether that is right."""

    case: str
    expected: str
    answered: str
    score: float | None
    milliseconds: float
    is_right: bool
    reason: str
    """Why it is wrong; empty when it is right."""


@dataclass(frozen=True, slots=True)
class SmokeReport:
    answers: tuple[SmokeAnswer, ...]
    share_right: float
    """The smallest share that passes."""

    def of(self, version: str) -> SmokeReport:
        """Where others are asked beside it: its cases by the name of the version."""
        return replace(self, answers=tuple(replace(each, case=f"{version}: {each.case}") for each in self.answers))

    @property
    def right(self) -> int:
        return sum(answer.is_right for answer in self.answers)

    @property
    def is_green(self) -> bool:
        """Without cases nothing is proven, so nothing is green."""
        return bool(self.answers) and self.right >= self.share_right * len(self.answers)

    @property
    def has_silence(self) -> bool:
        """Whether a case was not answered at all."""
        return any(answer.milliseconds == 0 for answer in self.answers)

    @property
    def latency_p95_ms(self) -> float | None:
        """Of what was answered at all, by nearest rank; None when nothing was."""
        known = sorted(answer.milliseconds for answer in self.answers if answer.milliseconds > 0)
        return known[math.ceil(0.95 * len(known)) - 1] if known else None

    @property
    def sentence(self) -> str:
        if not self.answers:
            return "there are no smoke cases"
        wrong = [answer for answer in self.answers if not answer.is_right]
        count = f"{self.right} of {len(self.answers)} right"
        return f"{count}; {wrong[0].case}: {wrong[0].reason}" if wrong else count


def judge(
    case: SmokeCase, answer: Mapping[str, Any], *, status: int, milliseconds: float, name: str, limit_ms: float
) -> SmokeAnswer:
    """One answer held against its case: label or value, smallest score, latency bound."""
    said, score = _said(answer)
    reason = _fault(case, answer, status=status, milliseconds=milliseconds, limit_ms=limit_ms)
    return SmokeAnswer(
        case=name,
        expected=case.expect if isinstance(case.expect, str) else f"{case.expect:.8g}",
        answered=said if status == 200 else f"status {status}",
        score=score,
        milliseconds=round(milliseconds, 2),
        is_right=not reason,
        reason=reason,
    )


def judge_all(answers: Sequence[SmokeAnswer], *, share_right: float) -> SmokeReport:
    return SmokeReport(tuple(answers), share_right)


def _said(answer: Mapping[str, Any]) -> tuple[str, float | None]:
    if "value" in answer:
        value = answer["value"]
        return f"{value:.8g}" if isinstance(value, float | int) else str(value), None
    score = answer.get("score")
    return str(answer.get("label", "")), score if isinstance(score, float | int) else None


def _fault(case: SmokeCase, answer: Mapping[str, Any], *, status: int, milliseconds: float, limit_ms: float) -> str:
    if status != 200:
        return f"answered with status {status}"
    if isinstance(case.expect, str):
        label, score = answer.get("label"), answer.get("score")
        if label != case.expect:
            return f"expected {case.expect}, got {label}"
        if not isinstance(score, float | int) or not score >= case.minimum_score:
            return f"score {score} is below {case.minimum_score}"
    else:
        fault = _value_fault(case, answer.get("value"))
        if fault:
            return fault
    if milliseconds > limit_ms:
        return f"took {milliseconds:.0f} ms, limit {limit_ms:.0f} ms"
    return ""


def _value_fault(case: SmokeCase, value: object) -> str:
    if not isinstance(value, float | int) or not math.isfinite(value):
        return f"expected {case.expect}, got {value}"
    allowed = abs(float(case.expect)) * (case.tolerance if case.tolerance is not None else 0.0)
    if abs(value - float(case.expect)) > allowed:
        return f"expected {case.expect} ± {allowed:g}, got {value:g}"
    return ""
