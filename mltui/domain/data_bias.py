"""What the data of a version says of groups before a model does: who is missing where, and which features tell them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TypedDict

from mltui.domain.checks import CheckResult, Question, Verdict, defined, number
from mltui.domain.groups import crossed, group_name
from mltui.domain.metrics import PROXY_AUC
from mltui.domain.policy import CheckRule

_MOST_LABELS = 3
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class DataGroup:
    """Rows with one value of an attribute, or with one of each of two."""

    group: Mapping[str, str]
    """Attribute → value."""
    splits: Mapping[str, int]
    """Split → rows."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """Class → rows; empty in a regression."""
    mean: float | None = None
    deviation: float | None = None
    """Of what a regression predicts, in its own unit."""
    pooled: int = 0
    """Groups with few rows that are told together here; 0: it is one."""
    fewest: Mapping[str, int] = field(default_factory=dict)
    """Split → rows of the one of them that has fewest there."""

    @property
    def attribute(self) -> str:
        return crossed(self.group)

    @property
    def name(self) -> str:
        return group_name(tuple(self.group.values()))

    @property
    def rows(self) -> int:
        return sum(self.splits.values())

    @property
    def missing(self) -> tuple[str, ...]:
        """Splits without any such row."""
        return tuple(split for split, rows in self.splits.items() if rows == 0)


class Feature(TypedDict):
    name: str
    auc: float | None
    """That it has alone."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """How well the features tell a group that the model is not to know."""

    attribute: str
    group: str
    rows: int
    auc: float | None
    """Cross-validated; 0.5 is chance. None with too few rows."""
    features: Sequence[Feature]
    """The best ones, the best first."""
    deviation: float | None = None
    """Standard deviation around 0.5 of scores that know nothing, and are independent of one another."""

    def is_above_chance(self, groups: int) -> bool:
        """At 2.5 % for all `groups` of the attribute together (Bonferroni)."""
        if self.auc is None or self.deviation is None:
            return False
        return self.auc > 0.5 + NormalDist().inv_cdf(1 - 0.025 / groups) * self.deviation


@dataclass(frozen=True, slots=True)
class DataBias:
    groups: tuple[DataGroup, ...] = ()
    """Of single attributes first, then of two at once."""
    proxies: tuple[Proxy, ...] = ()

    def singles(self, attribute: str) -> list[DataGroup]:
        return [each for each in self.groups if each.attribute == attribute]

    def share(self, group: DataGroup) -> float:
        """Of the rows that have a value of the attribute."""
        return group.rows / max(sum(each.rows for each in self.singles(group.attribute)), 1)

    def label_rates(self, group: DataGroup) -> list[tuple[str, float]]:
        """Of two classes the second one's share of the group, of more the most frequent ones, of a regression none."""
        classes = sorted({label for each in self.groups for label in each.labels})
        if len(classes) == 2:
            return [(classes[1], group.labels.get(classes[1], 0) / max(group.rows, 1))]
        ranked = sorted(group.labels.items(), key=lambda item: -item[1])
        return [(label, count / max(group.rows, 1)) for label, count in ranked[:_MOST_LABELS]]

    def told_by_features(self) -> Iterator[Proxy]:
        """Those above chance, the plainest first."""
        of = {proxy.attribute: self.of(proxy.attribute) for proxy in self.proxies}
        found = [proxy for proxy in self.proxies if proxy.is_above_chance(len(of[proxy.attribute]))]
        yield from sorted(found, key=lambda proxy: -(proxy.auc or 0))

    def of(self, attribute: str) -> list[Proxy]:
        return [proxy for proxy in self.proxies if proxy.attribute == attribute]


def decide_data(rule: CheckRule, bias: DataBias) -> CheckResult:
    """`proxy_auc` with a ceiling, `split_rows` with a floor; of the rule's attribute, the worst group decides."""
    return _decide_proxies(rule, bias) if rule.metric == PROXY_AUC else _decide_rows(rule, bias)


def _decide_proxies(rule: CheckRule, bias: DataBias) -> CheckResult:
    ceiling = math.inf if rule.ceiling is None else rule.ceiling
    question = Question(rule, f"proxy_auc ceiling by {rule.attribute}", f"at most {number(ceiling)} for each group")
    proxies = bias.of(rule.attribute or "")
    if not proxies:
        return question.answer(Verdict.INCONCLUSIVE, f"nothing tells how well the features know {rule.attribute}")
    known = [proxy for proxy in proxies if defined(proxy.auc) is not None]
    worst = max(known, key=lambda proxy: proxy.auc or 0, default=None)
    if worst is not None and (worst.auc or 0) > ceiling:
        return question.answer(Verdict.FAILED, _told(worst), value=worst.auc)
    few = [f"{proxy.group} ({proxy.rows})" for proxy in proxies if defined(proxy.auc) is None]
    if worst is None or few:
        return question.answer(
            Verdict.INCONCLUSIVE, f"too few rows of {_some(few)}", value=worst.auc if worst else None
        )
    return question.answer(Verdict.PASSED, _told(worst), value=worst.auc)


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _told(proxy: Proxy) -> str:
    carried = ", ".join(f"{each['name']} {number(each['auc'])}" for each in proxy.features)
    return f"the features tell {proxy.group} from all others with an AUC of {number(proxy.auc)} (alone: {carried})"


def _decide_rows(rule: CheckRule, bias: DataBias) -> CheckResult:
    floor = rule.floor or 0.0
    question = Question(
        rule, f"split_rows floor by {rule.attribute}", f"at least {number(floor)} of each group a split"
    )
    groups = bias.singles(rule.attribute or "")
    if not groups:
        return question.answer(Verdict.INCONCLUSIVE, f"the data has no groups of {rule.attribute}")
    rows, split, name = min(
        (rows, split, _named(each)) for each in groups for split, rows in (each.fewest or each.splits).items()
    )
    verdict = Verdict.FAILED if rows < floor else Verdict.PASSED
    return question.answer(verdict, f"{rows} rows of {name} in {split}, the fewest", value=rows)


def _named(group: DataGroup) -> str:
    return f"one of {group.pooled:,} rare groups" if group.pooled else group.name
