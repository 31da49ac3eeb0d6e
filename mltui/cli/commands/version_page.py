"""A version as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from mltui.cli.commands.data_page import bias_lines
from mltui.cli.text import age, figure, table
from mltui.domain.model_card import ModelCard
from mltui.domain.names import data_name, release_name, version_name
from mltui.domain.threshold import threshold_in
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.operations.standing.state import VersionDetail
from mltui.operations.versions.data_bias import try_data_bias

_SHOWN = ("python", "torch", "torchvision", "scikit-learn", "skl2onnx", "onnx", "onnxscript", "numpy")


def version_lines(found: VersionDetail, *, card: ModelCard, now: datetime) -> list[str]:
    version = found.version
    lines = [
        f"{version_name(version.id)}   {version.task}   from run {version.run_id}, {age(version.created_at, now)} ago",
        f"commit {version.commit[:12]}{' (dirty work tree)' if version.is_dirty else ''}"
        f" by {version.author_name} <{version.author_email}>, asked for by {version.requested_by}",
        f"data {data_name(version.data)}: {', '.join(f'{name} {count}' for name, count in version.rows.items())}",
        f"model {version.model[:12]}   engine {_engine(version.engine)}"
        + (f"   classes {', '.join(version.classes)}" if version.classes else "")
        + _threshold(version),
        *(f"package {each.package}" for each in found.releases[:1] if each.package),
        "",
        *_metrics(version),
    ]
    lines += _confusion(version) + group_lines(version.groups) + _curve(version)
    lines += bias_lines(*try_data_bias(version))
    lines += [
        "",
        "parameters",
        *(f"  {step}: {_flat(values)}" for step, values in version.parameters.items() if _flat(values)),
    ]
    lines += ["images", *(f"  {step}: {image[:30]}" for step, image in version.images.items())]
    lines += _trained_with(version.environment)
    lines += _card(card)
    if found.pin is not None:
        lines.append(f"pinned by {found.pin.author}, {age(found.pin.at, now)} ago: {found.pin.reason}")
    if found.pruned is not None:
        lines.append(f"its model was pruned by {found.pruned.author} on {found.pruned.at:%Y-%m-%d}: train it again")
    lines += [f"note by {note.author}, {age(note.at, now)} ago: {note.text}" for note in found.notes]
    lines += [f"release {release_name(each.id)} to {each.environment}: {each.state.value}" for each in found.releases]
    return lines


def _threshold(version: ModelVersion) -> str:
    threshold = threshold_in(version.parameters)
    return "" if threshold is None else f"   {version.classes[-1]} from a score of {threshold:g}"


def _card(card: ModelCard) -> list[str]:
    written = [f"  {each.field}: {each.text}" for each in card if each.text]
    return ["model card", *written] if written else []


def _engine(name: str) -> str:
    return name if name == "docker" else f"{name} (without containers: isolation and limits not enforced)"


def _trained_with(environment: Mapping[str, str]) -> list[str]:
    """The libraries that matter; a version from the process engine knows all that was installed."""
    shown = [f"{name} {number}" for name, number in environment.items() if name in _SHOWN]
    others = len(environment) - len(shown)
    return [f"trained with {', '.join(shown)}" + (f" and {others} other packages" if others else "")] if shown else []


def _metrics(version: ModelVersion) -> list[str]:
    rows = []
    for name, value in version.metrics.items():
        low, high = version.intervals.get(name, (None, None))
        rows.append((name, figure(value), f"{figure(low)} to {figure(high)}" if low is not None else ""))
    return table(rows, head=("METRIC", "VALUE", "95 % INTERVAL"))


def _confusion(version: ModelVersion) -> list[str]:
    if not version.confusion:
        return []
    head = ("TRUTH \\ ANSWER", *version.classes)
    return [
        "",
        *table(
            [(name, *map(str, row)) for name, row in zip(version.classes, version.confusion, strict=True)], head=head
        ),
    ]


def group_lines(figures: Iterable[GroupFigure]) -> list[str]:
    rows = [
        (each.attribute, each.group, each.metric, str(each.n), figure(each.value),
         f"{figure(each.low)} to {figure(each.high)}", figure(each.ratio),
         each.verdict + (f", {each.needed} rows would decide" if each.needed else "")
         + (f" in each of {each.pooled:,}" if each.pooled else ""))
        for each in figures
    ]  # fmt: skip
    return (
        ["", *table(rows, head=("ATTRIBUTE", "GROUP", "METRIC", "N", "VALUE", "95 % INTERVAL", "RATIO", "VERDICT"))]
        if rows
        else []
    )


def _curve(version: ModelVersion) -> list[str]:
    if len(version.learning_curve) < 2:
        return []
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    rows = [
        (str(int(each.get("epoch", 0))), *(figure(each.get(name)) for name in names)) for each in version.learning_curve
    ]
    return ["", *table(rows, head=("EPOCH", "TRAIN LOSS", "TRAIN ACC", "VALID LOSS", "VALID ACC"))]


def _flat(values: object) -> str:
    parameters = values.get("parameters", {}) if isinstance(values, dict) else {}
    return ", ".join(f"{name} {value}" for name, value in parameters.items())
