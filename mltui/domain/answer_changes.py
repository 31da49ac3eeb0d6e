"""What a candidate answers otherwise than a baseline on the same rows, by group, and whether that is chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mltui.domain.groups import attributes_in

Effect = Literal["better", "worse", "slight", "noise", "too few"]
"""slight: no noise, but less than matters."""
ALPHA = 0.05
"""A change with a p below it is no noise; of groups after Holm (1979), so that where no group changes, one is called
better or worse in at most so many comparisons, however many groups there are."""


@dataclass(frozen=True, slots=True)
class Change:
    """The answers of both on the same rows. Fixed: the candidate is right, or nearer to the truth, where the baseline
    was not; broken: the reverse."""

    n: int
    changed: int
    fixed: int
    broken: int
    before: float | None
    """The baseline's share of right answers, or its mean absolute error; None without rows."""
    after: float | None
    """The candidate's."""
    low: float | None
    high: float | None
    """Bounds of the 95 % interval of after less before; each for itself, whatever else is looked at."""
    p_value: float | None
    """Exact McNemar test (1947) of right answers, paired t-test of absolute errors, two-sided; None where there are
    too few rows."""

    @property
    def net(self) -> int:
        return self.fixed - self.broken

    @property
    def difference(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class GroupChange:
    attribute: str
    group: str
    change: Change
    adjusted_p: float | None
    """`change.p_value` after Holm over all groups of all attributes that were tested; those of two attributes are
    tested together for a small part of the chance, so that they take little from the others."""
    effect: Effect

    @property
    def is_crossed(self) -> bool:
        """Of two attributes together."""
        return len(attributes_in(self.attribute)) > 1


@dataclass(frozen=True, slots=True)
class AnswerChanges:
    metric: Literal["accuracy", "mae"]
    """What `before` and `after` are."""
    whole: Change
    effect: Effect
    """Of all rows together."""
    groups: tuple[GroupChange, ...]
    """Those of two attributes only where they are large enough to be tested."""
    least: float = 0.0
    """Changes of less are slight."""

    @property
    def share(self) -> float | None:
        """Of the rows that are answered otherwise."""
        return self.whole.changed / self.whole.n if self.whole.n else None

    @property
    def tested(self) -> int:
        """Groups with rows enough."""
        return sum(each.adjusted_p is not None for each in self.groups)

    @property
    def is_better(self) -> bool:
        """On the average of all rows, be that chance or not."""
        return self.loss(self.whole) < 0

    def loss(self, change: Change) -> float:
        """How much worse the candidate is; 0 where that cannot be told."""
        difference = change.difference or 0.0
        return difference if self.metric == "mae" else -difference

    @property
    def harms_all_alike(self) -> bool:
        """All rows together get worse, and so does each tested group of one attribute, none surely by more or less."""
        told = [each.change for each in self.groups if each.adjusted_p is not None and not each.is_crossed]
        return self.effect == "worse" and all(self.loss(each) > 0 and _holds(each, self.whole) for each in told)

    @property
    def harmed(self) -> tuple[GroupChange, ...]:
        """Groups that get worse by more than noise, the worst first; those of two attributes after all others."""
        worse = [each for each in self.groups if each.effect == "worse"]
        return tuple(
            sorted(worse, key=lambda each: (each.is_crossed, -self.loss(each.change), each.attribute, each.group))
        )


def _holds(part: Change, whole: Change) -> bool:
    if part.low is None or part.high is None or whole.difference is None:
        return False
    return part.low <= whole.difference <= part.high


def effect_of(p: float | None, *, loss: float, least: float) -> Effect:
    if p is None:
        return "too few"
    if p >= ALPHA or loss == 0:
        return "noise"
    if abs(loss) < least:
        return "slight"
    return "worse" if loss > 0 else "better"


def harm_sentence(found: AnswerChanges | None, *, candidate: str, baseline: str, is_for_everybody: bool = False) -> str:
    """Whom the candidate serves worse, which an average hides; empty where nobody is, but for noise.

    `is_for_everybody`: without the words of statistics.
    """
    harmed = () if found is None else found.harmed
    if found is None or not harmed:
        return ""
    if found.harms_all_alike:
        return _everybody(found, f"{candidate} is worse than {baseline}", is_for_everybody=is_for_everybody)
    worst = harmed[0]
    others = f" and {_counted(len(harmed) - 1, 'more group')}" if len(harmed) > 1 else ""
    whole, together = found.whole, f"all {found.whole.n:,} rows together"
    rest = f"while {together} get better, from" if found.is_better else f"and {together} go from"
    test = f"; {p_words(worst.adjusted_p)} after Holm over {_counted(found.tested, 'group')}"
    return (
        f"{candidate} is worse than {baseline} for {worst.group} ({worst.attribute}){others}: "
        f"{_told(found.metric, worst.change)} ({worst.change.broken:,} broken, {worst.change.fixed:,} fixed"
        f"{', more than chance explains' if is_for_everybody else test}), "
        f"{rest} {value_words(found.metric, whole.before)} to {value_words(found.metric, whole.after)}."
    )


def _everybody(found: AnswerChanges, head: str, *, is_for_everybody: bool) -> str:
    whole = found.whole
    test = ", more than chance explains" if is_for_everybody else f"; {p_words(whole.p_value)}"
    counts = f"({whole.broken:,} broken, {whole.fixed:,} fixed{test})"
    return f"{head} for everybody about alike: {_told(found.metric, whole)} {counts}."


def method_sentence(found: AnswerChanges) -> str:
    """How noise is told from change, and what a change is measured in."""
    over = f"after Holm over {_counted(found.tested, 'group')}, intervals each for itself{_limits(found)}"
    if found.metric == "mae":
        return (
            f"change: of the mean absolute error, p: paired t-test {over}; "
            "fixed and broken: moved by a tenth of the truth's spread, nearer to it or not"
        )
    return f"change: of the share of right answers, p: exact McNemar test {over}"


def _limits(found: AnswerChanges) -> str:
    told = "; groups of two attributes have a fifth of the 5 %, and are told where they change"
    crossed = told if any(each.is_crossed for each in found.groups) else ""
    return f"{crossed}; less than {found.least:.4g} is slight" if found.least else crossed


def _told(metric: str, change: Change) -> str:
    before, after = value_words(metric, change.before), value_words(metric, change.after)
    if metric == "mae":
        return f"off by {after} on its {change.n:,} rows instead of {before}"
    return f"right on {after} of its {change.n:,} rows instead of {before}"


def value_words(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if metric == "mae" else f"{100 * value:.1f} %"


def p_words(p: float | None) -> str:
    if p is None:
        return "p –"
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"


def worst_first(found: AnswerChanges) -> Sequence[GroupChange]:
    """The order in which groups are looked at: those that are harmed, then by what each gets worse. Of two attributes
    those alone that change."""
    rank = {"worse": 0, "too few": 2}
    told = [each for each in found.groups if not each.is_crossed or each.effect in ("worse", "better")]
    return sorted(told, key=lambda each: (rank.get(each.effect, 1), each.is_crossed, -found.loss(each.change)))
