"""The threshold of a version: what another one would do, and taking one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.change import follow_run
from mltui.cli.text import figure, table
from mltui.domain.groups import crossed
from mltui.domain.names import release_name, version_name
from mltui.errors import UsageError

if TYPE_CHECKING:
    from mltui.analysis.thresholds import GroupRates, Moment
    from mltui.operations.versions.thresholds import Explored

_HEADS = {
    "selection_rate": "SELECTED",
    "recall": "TPR",
    "false_positive_rate": "FPR",
    "false_negative_rate": "FNR",
    "precision": "PRECISION",
    "accuracy": "ACCURACY",
}


def version_thresholds(call: Call) -> Answer:
    from mltui.operations.versions.thresholds import explore_thresholds

    explored = explore_thresholds(call.workspace, call.version, attribute=crossed(call.by) or None, label=call.of)
    threshold = explored.start if call.at is None else call.at
    moment = explored.rates.at(threshold, metric=call.metric, apart=_apart(call.apart))
    data = {
        "version": version_name(explored.version),
        "positive": explored.rates.positive,
        "of": explored.rates.label,
        "attribute": explored.rates.attribute,
        "own_threshold": explored.threshold,
        "threshold": threshold,
        "is_what_if": moment.is_what_if,
        **plain(moment),
        "curve": _curve(explored, call.metric),
    }
    return Answer(data, _lines(explored, moment, threshold))


def version_threshold(call: Call) -> Answer:
    from mltui.operations.releases.overtaken import overtaken_by_a_new_version
    from mltui.operations.versions.thresholds import take_threshold

    overtaken = [release_name(each.id) for each in overtaken_by_a_new_version(call.workspace)]
    requested = take_threshold(call.workspace, call.version, call.threshold)
    run = requested.run
    if call.follow:
        return follow_run(call, run)
    how = "asked for" if requested.is_new else "is there already"
    lines = [
        f"run {run.id} {how}: {call.version} with the threshold {call.threshold:g}; its training comes from the cache",
        f"follow it: mltui version threshold {call.version} {call.threshold} --follow",
    ]
    lines += [f"! its release will supersede {name}, which waits for a decision" for name in overtaken]
    data = {"run": run.id, "is_new": requested.is_new, "state": run.state, "commit": run.commit}
    return Answer({**data, "supersedes": overtaken}, lines)


def _apart(words: Sequence[str]) -> dict[str, float]:
    found = {}
    for word in words:
        group, equals, value = word.rpartition("=")
        try:
            found[group] = float(value)
        except ValueError:
            equals = ""
        if not (group and equals):
            raise UsageError(f"“{word}” does not say GROUP=SCORE", hint="for instance --apart female=0.55")
    return found


def _curve(explored: Explored, metric: str) -> list[dict[str, Any]]:
    """At each threshold the chosen rate, and both rates of the ROC, by group; all rows together have the name ""."""
    grid = explored.rates.grid()
    drawn = {name: explored.rates.over(name, grid) for name in dict.fromkeys((metric, "recall", "false_positive_rate"))}
    return [
        {
            "threshold": threshold,
            **{name: {each.group: each.values[at] for each in lines} for name, lines in drawn.items()},
        }
        for at, threshold in enumerate(grid.tolist())
    ]


def _lines(explored: Explored, moment: Moment, threshold: float) -> list[str]:
    own = "the highest score" if explored.threshold is None else f"a threshold of {explored.threshold:g}"
    named = version_name(explored.version)
    rows = [_row("all rows", moment.overall), *(_row(each.group, each) for each in moment.groups)]
    judged = f"VERDICT ON {moment.metric.upper()}" if moment.groups else ""
    head = (explored.rates.attribute.upper() or "ROWS", "AT", "N", *_HEADS.values(), judged)
    ends = (
        ["thresholds for groups of their own only show what would be: none can be taken"]
        if moment.is_what_if
        else [f"take it: mltui version threshold {named} {threshold:g}"]
    )
    return [
        f"{named} answers {explored.rates.positive} by {own}; here from a score of {threshold:g} on",
        f"rates of {explored.rates.label}:",
        "",
        *table(rows, head=head),
        "",
        *ends,
    ]


def _row(name: str, each: GroupRates) -> tuple[str, ...]:
    at = "" if each.threshold is None else f"{each.threshold:g}"
    rates: Mapping[str, float | None] = each.rates
    return (name, at, f"{each.n:,}", *(figure(rates[rate]) for rate in _HEADS), each.verdict)
