"""How the group that is worst off went over the versions, as lines for people."""

from __future__ import annotations

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.read import limit_of
from mltui.cli.text import figure, table
from mltui.domain.groups import crossed
from mltui.domain.names import version_name
from mltui.domain.version import GroupFigure
from mltui.errors import UsageError
from mltui.operations.versions.bias_trend import BiasHistory, TrendPoint, bias_history

_STANDINGS = {"live": "◆ answers", "before": "◇ answered", "never": ""}


def version_trend(call: Call) -> Answer:
    history = bias_history(call.workspace, environment=call.environment, limit=limit_of(call))
    attribute, metric = _shown(call, history)
    points = history.trend(attribute, metric)
    if not points:
        raise UsageError(
            f"no version has {metric} by {attribute}", hint="mltui version bias latest lists what there is"
        )
    data = {
        "attribute": attribute,
        "metric": metric,
        "environment": call.environment,
        "versions": [{**plain(each), "version": version_name(each.version)} for each in points],
        "problems": history.problems,
    }
    head = ("VERSION", "REGISTERED", call.environment.upper(), "WORST GROUP", "N", metric.upper(), "95 % INTERVAL")
    rows = [_cells(each) for each in points]
    return Answer(
        data,
        [
            *history.problems,
            f"{metric} of the group of {attribute} that is worst off in each version, each on its own held-out rows",
            *table(rows, head=(*head, "AGAINST OTHERS", "", "ALL ROWS", "")),
        ],
    )


def _shown(call: Call, history: BiasHistory) -> tuple[str, str]:
    """The figure that is worst in the newest version, as far as nobody named another."""
    attribute, metric = history.most_telling or ("", "")
    if call.by:
        named = crossed(call.by)
        metric = metric if named == attribute else "recall"
        attribute = named
    if not attribute:
        raise UsageError("the newest version has no groups", hint="name an attribute with --by")
    return attribute, call.metric or metric


def _cells(point: TrendPoint) -> tuple[str, ...]:
    name, day = version_name(point.version), f"{point.registered_at:%Y-%m-%d}"
    data, standing = "new data" if point.has_new_data else "", _STANDINGS[point.standing]
    worst = point.worst
    if worst is None:
        return (name, day, standing, "–", "", "–", "", "", "", figure(point.overall), data)
    span = _span(worst.low, worst.high)
    against, verdict = _against(worst), worst.verdict
    return (
        name, day, standing, worst.group, str(worst.n), figure(worst.value), span, against, verdict,
        figure(point.overall), data,
    )  # fmt: skip


def _against(worst: GroupFigure) -> str:
    """The ratio to the reference; the difference where the metric has no ratio."""
    if worst.ratio is not None:
        return f"{figure(worst.ratio)} times ({_span(worst.ratio_low, worst.ratio_high)})"
    if worst.difference is None:
        return "–"
    return f"{worst.difference:+.4f} ({_span(worst.difference_low, worst.difference_high)})"


def _span(low: float | None, high: float | None) -> str:
    return f"{figure(low)} to {figure(high)}"
