"""One version in full: head, metrics, groups, lineage, smoke, notes and releases as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from mltui.domain.metrics import find_metric
from mltui.domain.names import data_name, release_name, version_name
from mltui.domain.release import Release
from mltui.domain.threshold import threshold_in
from mltui.domain.version import GroupFigure, ModelVersion, Note
from mltui.operations.standing.state import VersionDetail
from mltui.operations.versions.compare import Comparison
from mltui.operations.versions.paired import MetricPair
from mltui.tui.presentation import marks
from mltui.tui.presentation.curve import ACCURACIES, LOSSES, learning_curve
from mltui.tui.presentation.figures import difference, figure
from mltui.tui.presentation.group_bars import group_bars
from mltui.tui.presentation.lineage import key_values
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import ago, moment
from mltui.tui.presentation.table import columns, flow, shortened
from mltui.tui.presentation.wrapping import folded, wrapped

CURVE_HEIGHT = 12
_LIBRARIES = ("python", "torch", "torchvision", "scikit-learn", "skl2onnx", "onnx", "onnxscript", "numpy")
"""That matter; a version from the process engine knows all that was installed."""


def head_lines(found: VersionDetail, live_in: Sequence[str], *, now: datetime, width: int) -> list[Text]:
    version = found.version
    newest = next(iter(found.releases), None)
    parts = [
        Text(version_name(version.id), "bold"),
        Text(literal(version.task)),
        Text(f"from run {version.run_id}"),
        Text(f"{ago(version.created_at, now)} ago ({moment(version.created_at)})"),
        Text.assemble("live in ", (", ".join(literal(name) for name in live_in), "bold green"))
        if live_in
        else Text("· live nowhere", "dim"),
        Text("· never released", "dim")
        if newest is None
        else Text.assemble(f"{release_name(newest.id)} to {literal(newest.environment)} ", marks.mark(newest.state)),
        Text(f"trained on {data_name(version.data)}", "dim"),
        *_threshold(version),
    ]
    lines = flow(parts, width=width)
    if newest is not None and newest.failure:
        lines += wrapped(f"  {literal(newest.failure)}", width=width, style="red")
    return lines + _files(found, now=now, width=width)


def _threshold(version: ModelVersion) -> list[Text]:
    threshold = threshold_in(version.parameters)
    if threshold is None or len(version.classes) != 2:
        return []
    return [Text(f"{literal(version.classes[1])} from a score of {threshold:g}")]


def _files(found: VersionDetail, *, now: datetime, width: int) -> list[Text]:
    """What keeps them, or who took them away."""
    lines: list[Text] = []
    if found.pin is not None:
        told = f"◆ pinned by {literal(found.pin.author)}: {literal(found.pin.reason)}"
        lines += wrapped(told, width=width, style="yellow")
    if found.pruned is not None:
        told = f"! its model was pruned {ago(found.pruned.at, now)} ago by {literal(found.pruned.author)}"
        lines += wrapped(told, width=width, style="yellow")
    return lines


def metric_lines(version: ModelVersion, against: Comparison | None, problem: str, *, width: int) -> list[Text]:
    """`against` is the comparison with production's; without one, `problem` says why."""
    pairs = {} if against is None else {pair.metric: pair for pair in against.metrics}
    rows = []
    for name, value in version.metrics.items():
        low, high = version.intervals.get(name, (None, None))
        interval = "" if low is None else f"{figure(low)} to {figure(high)}"
        rows.append((Text(literal(name)), figure(value), interval, difference_of(pairs.get(name))))
    head = ("metric", "value", "95 % interval", "" if against is None else f"to {version_name(against.baseline)}")
    told = columns(rows, head=head, align="<>><", width=width, flexible=(0, 3))
    return [*told, *(shortened(line, width) for line in _basis(against, problem))]


def difference_of(pair: MetricPair | None) -> Text:
    """Of the rows that both answered, where there are any; without them nothing is said of noise."""
    if pair is None:
        return Text()
    wanted = {"higher": True, "lower": False}.get(pair.direction)
    paired = pair.paired
    if paired is None or paired.candidate is None or paired.production is None:
        return difference(pair.candidate, pair.baseline, higher_is_better=wanted)
    return difference(paired.candidate, paired.production, higher_is_better=wanted, low=paired.low, high=paired.high)


def _basis(against: Comparison | None, problem: str) -> list[Text]:
    if against is None:
        return [Text(literal(problem), "dim")] if problem else []
    if against.rows_problem:
        return [Text(f"! each on its own rows: {literal(against.rows_problem)}", "yellow")]
    return [Text(f"difference on the {against.common_rows:,} rows that both were evaluated on", "dim")]


def attributes_of(groups: Sequence[GroupFigure]) -> list[str]:
    return list(dict.fromkeys(group.attribute for group in groups))


def metrics_of(groups: Sequence[GroupFigure], attribute: str) -> list[str]:
    return list(dict.fromkeys(group.metric for group in groups if group.attribute == attribute))


def groups_title(groups: Sequence[GroupFigure], shown: tuple[str, str] | None) -> str:
    """Where `[`, `]` and `m` have got to: `bias by sex (1 of 2), recall (2 of 5)`."""
    if shown is None:
        return "bias"
    attributes, metrics = attributes_of(groups), metrics_of(groups, shown[0])
    attribute = f"{literal(shown[0])} ({attributes.index(shown[0]) + 1} of {len(attributes)})"
    return f"bias by {attribute}, {literal(shown[1])} ({metrics.index(shown[1]) + 1} of {len(metrics)})"


def group_lines(version: ModelVersion, shown: tuple[str, str] | None, *, width: int) -> list[Text]:
    if shown is None:
        return [Text("· no groups: data.groups of the project names none", "dim")]
    attribute, metric = shown
    chosen = [group for group in version.groups if (group.attribute, group.metric) == (attribute, metric)]
    lines = [*group_bars(chosen, overall=version.metrics.get(metric), width=width), *_ratios(chosen, width)]
    more = shortened(Text("B: every group by every metric, and the rows behind a figure", "dim"), width)
    return [*lines, *_verdicts(version.groups, width), *_meaning(metric, width), more]


def _meaning(metric: str, width: int) -> list[Text]:
    known = find_metric(metric)
    return [] if known is None else wrapped(f"{literal(metric)}: {known.sentence}", width=width, style="dim")


def _ratios(groups: Sequence[GroupFigure], width: int) -> list[Text]:
    told = [
        f"{literal(group.group)} {figure(group.ratio)} ({figure(group.ratio_low)} to {figure(group.ratio_high)})"
        for group in groups
        if group.ratio is not None
    ]
    return flow([Text("ratio to all others:"), *told], width=width) if told else []


def _verdicts(groups: Sequence[GroupFigure], width: int) -> list[Text]:
    """Of all attributes and metrics together, what is outside by name."""
    outside = [f"{literal(each.metric)} of {literal(each.group)}" for each in groups if each.verdict == "outside"]
    counts = {each.verdict: sum(other.verdict == each.verdict for other in groups) for each in groups}
    told = [Text.assemble(marks.mark(verdict), f" {count}") for verdict, count in counts.items()]
    lines = flow([Text(f"all {len(groups)}:"), *told], width=width)
    return lines + (flow([Text("outside:", "red"), *outside], width=width) if outside else [])


def curve_lines(version: ModelVersion, *, is_accuracy: bool, width: int) -> list[Text]:
    series = ACCURACIES if is_accuracy else LOSSES
    epochs = version.learning_curve
    height = CURVE_HEIGHT if len(epochs) > 1 else 2  # the figures of a single epoch say all
    return learning_curve(epochs, width=width, height=height, series=series, higher_is_better=is_accuracy)


def lineage_lines(found: VersionDetail, *, width: int) -> list[Text]:
    version = found.version
    dirty = "   ! with changes that no commit has" if version.is_dirty else ""
    packages = [each.package for each in found.releases if each.package]
    others = len([name for name in version.environment if name not in _LIBRARIES])
    values: dict[str, object] = {
        "commit": f"{version.commit[:12]} on {version.branch or 'no branch'}{dirty}",
        "author": f"{version.author_name} <{version.author_email}>",
        "asked for by": version.requested_by,
        "data": f"{data_name(version.data)}: {', '.join(f'{name} {count:,}' for name, count in version.rows.items())}",
        "package": packages[0][:12] if packages else "none yet",
        "engine": version.engine,
        "classes": ", ".join(version.classes) or "–",
        **_parameters(version.parameters),
        "image": {step: _image(image) for step, image in version.images.items()},
        "library": {name: version.environment[name] for name in _LIBRARIES if name in version.environment},
    }
    lines = key_values({name: value for name, value in values.items() if value != {}}, width=width)
    return lines + ([Text(f"and {others} other packages", "dim")] if others else [])


def _parameters(parameters: Mapping[str, Any]) -> dict[str, object]:
    """Those that a person chose; a step without any goes without a line."""
    chosen = {
        step: values["parameters"]
        for step, values in parameters.items()
        if isinstance(values, Mapping) and isinstance(values.get("parameters"), Mapping) and values["parameters"]
    }
    split = parameters.get("prepare", {}).get("split") if isinstance(parameters.get("prepare"), Mapping) else None
    return {**chosen, **({"split": split} if isinstance(split, Mapping) else {})}


def _image(image: str) -> str:
    kind, _, digest = image.partition(":")
    return f"{kind}:{digest[:12]}" if digest else image


def note_lines(notes: Sequence[Note], *, now: datetime, width: int) -> list[Text]:
    if not notes:
        return [Text("· none; n adds one", "dim")]
    lines = []
    for note in notes:
        lines += [shortened(Text(f"{literal(note.author)}, {ago(note.at, now)} ago:", "dim"), width)]
        lines += [Text(f"  {line}") for line in folded(note.text, width - 2)]
    return lines


def release_lines(releases: Sequence[Release], *, now: datetime, width: int) -> list[Text]:
    if not releases:
        return [Text("· none; p opens one", "dim")]
    rows = [
        (
            release_name(each.id),
            literal(each.environment),
            marks.mark(each.state),
            f"{ago(each.opened_at, now)} ago",
            literal(each.opened_by),
            literal(each.failure or ""),
        )
        for each in releases
    ]
    return columns(rows, width=width, flexible=(5,))
