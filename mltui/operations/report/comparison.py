"""What a report tells of a version beside the one that was in production: cells of its tables. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mltui.domain.answer_changes import AnswerChanges, Change, method_sentence, p_words, value_words, worst_first
from mltui.domain.names import version_name
from mltui.operations.report.charts import figure
from mltui.operations.versions.paired import MetricPair, Paired

_WORDS = {"better": "better", "worse": "worse", "noise": "within noise", "untold": ""}
_VERDICTS = {
    "better": "passed",
    "worse": "failed",
    "slight": "faint",
    "noise": "faint",
    "too few": "few",
    "untold": "faint",
}
"""How each is coloured, as the verdict of that name."""


@dataclass(frozen=True, slots=True)
class Line:
    cells: tuple[str, ...]
    """The first is a name, the others are figures."""
    said: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ComparisonPart:
    baseline: str
    rows: str
    """What was compared on what."""
    metrics: tuple[Line, ...]
    answers: tuple[Line, ...]
    method: str


def comparison_part(compared: Paired | None, answers: AnswerChanges | None) -> ComparisonPart | None:
    if compared is None:
        return None
    is_told = answers is not None and answers.whole.n > 0
    return ComparisonPart(
        version_name(compared.baseline),
        compared.problem or f"differences on the {compared.rows:,} rows that both were evaluated on",
        tuple(map(_metric, compared.metrics)),
        tuple(_answers(answers)) if answers is not None and is_told else (),
        method_sentence(answers) if answers is not None and is_told else "",
    )


def _metric(pair: MetricPair) -> Line:
    low, high = (None, None) if pair.paired is None else (pair.paired.low, pair.paired.high)
    cells = (pair.metric, figure(pair.candidate), figure(pair.baseline), _signed(pair.difference), _span(low, high))
    return Line(cells, _WORDS[pair.tendency], _VERDICTS[pair.tendency])


def _answers(found: AnswerChanges) -> Iterator[Line]:
    """All rows, then each group, those that are harmed first."""
    yield Line(
        ("all rows", *_counts(found.metric, found.whole, found.whole.p_value)), found.effect, _VERDICTS[found.effect]
    )
    for each in worst_first(found):
        name = f"{each.group} ({each.attribute})"
        cells = _counts(found.metric, each.change, each.adjusted_p)
        yield Line((name, *cells), each.effect, _VERDICTS[each.effect])


def _counts(metric: str, change: Change, p: float | None) -> tuple[str, ...]:
    return (
        f"{change.n:,}",
        f"{change.fixed:,}",
        f"{change.broken:,}",
        f"{change.net:+,}",
        f"{value_words(metric, change.before)} → {value_words(metric, change.after)}",
        p_words(p).removeprefix("p "),
    )


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{_signed(low)} to {_signed(high)}"


def _signed(value: float | None) -> str:
    return f"+{figure(value)}" if value is not None and value > 0 else figure(value)
