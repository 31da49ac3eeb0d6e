"""All checks of an environment over all that was found about a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mltui.domain.bias import decide_bias
from mltui.domain.checks import (
    CheckResult,
    GateReport,
    Interval,
    Verdict,
    decide_changed,
    decide_floor_and_ceiling,
    decide_loss,
    decide_profile,
)
from mltui.domain.comparison import PairedComparison
from mltui.domain.data_bias import DataBias, decide_data
from mltui.domain.group_checks import GroupComparisons, decide_groups
from mltui.domain.groups import attributes_in
from mltui.domain.metrics import CHANGED_PREDICTIONS, OF_DATA, find_metric
from mltui.domain.policy import CheckRule, Gate
from mltui.domain.task import Task
from mltui.domain.version import GroupFigure


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks look at."""

    task: Task
    metrics: Mapping[str, float | None]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    """All that the evaluation table has."""
    groups: Sequence[GroupFigure] = ()
    held: Mapping[tuple[str, str], Sequence[GroupFigure]] = field(default_factory=dict)
    """By attribute and reference, for the rules that name one."""
    comparisons: Mapping[str, PairedComparison] | None = None
    """Metric → comparison; None when nothing is in production."""
    changed_predictions: float | None = None
    """Share of the rows that are answered otherwise than by production."""
    group_comparisons: GroupComparisons | None = None
    """By group; None when nothing is in production."""
    expected_groups: frozenset[tuple[str, str]] = frozenset()
    """Attribute and group of all that production was evaluated on."""
    profile: Mapping[str, float | None] = field(default_factory=dict)
    """`latency_p95_ms` and `peak_memory_mb`; empty where no profile was taken."""
    data: DataBias = field(default_factory=DataBias)
    """What the version was trained on says of groups."""
    production_profile: Mapping[str, float | None] | None = None
    """None when nothing is in production; empty where what is there has none."""


def decide_gate(gate: Gate, rules: Iterable[CheckRule], findings: Findings) -> GateReport:
    return GateReport(tuple(found for rule in rules for found in decide_rule(rule, findings)), gate.inconclusive)


def decide_rule(rule: CheckRule, findings: Findings) -> tuple[CheckResult, ...]:
    """One result for each limit of the rule. A metric of the other task, and a rule without any limit, fail."""
    metric = find_metric(rule.metric)
    if metric is not None and metric.task not in (None, findings.task):
        return (_failed(rule, f"{rule.metric} is no metric of a {findings.task}"),)
    if rule.metric == CHANGED_PREDICTIONS:
        return (decide_changed(rule, findings.changed_predictions, is_baseline=findings.comparisons is not None),)
    if rule.metric in OF_DATA:
        return (decide_data(rule, findings.data),)
    if metric is not None and metric.is_from_profile and rule.attribute is None:
        found = decide_profile(rule, findings.profile.get(rule.metric), production=findings.production_profile)
    else:
        found = _decide_measured(rule, findings)
    return found or (_failed(rule, "the rule names no floor, ceiling, allowed loss or attribute"),)


def compared_metrics(rules: Iterable[CheckRule]) -> tuple[str, ...]:
    """Which metrics need a comparison with production on the same rows."""
    names = dict.fromkeys(rule.metric for rule in rules if rule.allowed_loss is not None and rule.attribute is None)
    known = ((name, find_metric(name)) for name in names)
    return tuple(name for name, metric in known if metric is not None and not metric.is_from_profile)


def needs_comparison(rules: Iterable[CheckRule]) -> bool:
    """Whether a rule cannot be decided without production's answers to the same rows."""
    known = tuple(rules)
    is_asked = any(rule.metric == CHANGED_PREDICTIONS for rule in known)
    return is_asked or bool(compared_metrics(known) or compared_groups(known))


def compared_groups(rules: Iterable[CheckRule]) -> tuple[tuple[str, str], ...]:
    """Metric and attribute of those that need a comparison with production by group."""
    found = ((rule.metric, rule.attribute) for rule in rules if rule.attribute and rule.allowed_loss is not None)
    return tuple(dict.fromkeys(found))


def reference_of(rule: CheckRule) -> tuple[str, str]:
    """Of a rule that names one."""
    return rule.attribute or "", rule.reference or ""


def grouped_metrics(rules: Iterable[CheckRule]) -> tuple[str, ...]:
    """Which metrics need figures by group."""
    named = (rule.metric for rule in rules if rule.attribute is not None)
    return tuple(dict.fromkeys(name for name in named if name not in OF_DATA))


def grouped_attributes(rules: Iterable[CheckRule]) -> tuple[str, ...]:
    """Which attributes, and intersections of them, need figures by group."""
    return tuple(dict.fromkeys(rule.attribute for rule in rules if rule.attribute is not None))


def _decide_measured(rule: CheckRule, findings: Findings) -> tuple[CheckResult, ...]:
    if rule.attribute is not None and rule.has_limit:
        return decide_groups(rule, findings.groups, findings.group_comparisons, expected=findings.expected_groups)
    if rule.attribute is not None:
        known = findings.attributes
        figures = findings.held.get(reference_of(rule)) if rule.reference else findings.groups
        if figures is None and known.issuperset(attributes_in(rule.attribute)):
            return (_failed(rule, f"{rule.attribute} has no group “{rule.reference}” with enough rows"),)
        return (decide_bias(rule, figures or (), attributes=known, expected=findings.expected_groups),)
    value, interval = findings.metrics.get(rule.metric), findings.intervals.get(rule.metric)
    found = list(decide_floor_and_ceiling(rule, value, interval=interval))
    if rule.allowed_loss is not None:
        comparisons = findings.comparisons
        missing = PairedComparison(rule.metric, 0)
        found.append(decide_loss(rule, None if comparisons is None else comparisons.get(rule.metric, missing)))
    return tuple(found)


def _failed(rule: CheckRule, sentence: str) -> CheckResult:
    return CheckResult(rule.metric, Verdict.FAILED, None, "", None, sentence, rule.inconclusive, rule.dry_run)
