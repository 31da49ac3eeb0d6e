"""What a release was judged on: what changes, groups, smoke answers, profile, and the hashes that seal it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.model_card import ModelCard
from mltui.domain.names import data_name, version_name
from mltui.domain.release import Stage
from mltui.operations.releases.release_page import ReleasePage
from mltui.operations.versions.answer_changes import CheckedChanges
from mltui.tui.presentation.answer_changes import changes_lines
from mltui.tui.presentation.figures import figure, milliseconds, percent, size
from mltui.tui.presentation.group_bars import group_bars
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import columns, flow, shortened
from mltui.tui.presentation.wrapping import folded, wrapped


def change_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """Against production: version, commit, data, parameters."""
    new, old = found.version, found.baseline
    if new is None:
        return [Text("· the version is not there", "dim")]
    if old is None:
        return [Text(f"· nothing was in {literal(found.release.environment)} before", "dim")]
    rows: list[tuple[Text | str, ...]] = [
        ("version", version_name(old.id), Text("→"), version_name(new.id)),
        ("commit", old.commit[:12], Text("→" if old.commit != new.commit else "=", "bold"), new.commit[:12]),
        ("data", data_name(old.data), Text("→" if old.data != new.data else "="), data_name(new.data)),
    ]
    before, after = dict(_flat(old.parameters)), dict(_flat(new.parameters))
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    rows += [(literal(name), _told(before, name), Text("→"), _told(after, name)) for name in changed]
    lines = columns(rows, head=("", "PRODUCTION", "", "THIS"), width=width, flexible=(0, 1, 3))
    return lines if changed else [*lines, Text("same parameters", "dim")]


def _flat(values: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", value


def _told(values: Mapping[str, Any], name: str) -> str:
    return literal(values[name]) if name in values else "–"


def bias_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """How all groups stand, and those of the attributes and metrics that the policy's bias checks ask for."""
    version, lines = found.version, _in_sight(found, width)
    groups = () if version is None else version.groups
    for attribute, metric in found.judged:
        chosen = [each for each in groups if (each.attribute, each.metric) == (attribute, metric)]
        if version is not None and chosen:
            lines += [Text()] if lines else []
            lines += group_bars(chosen, overall=version.metrics.get(metric), width=width)
        else:
            lines.append(shortened(Text(f"! no groups by {literal(attribute)} for {literal(metric)}", "yellow"), width))
    return lines if found.judged else [*lines, Text("· the policy asks for no bias check", "dim")]


def _in_sight(found: ReleasePage, width: int) -> list[Text]:
    bias = found.bias
    if bias is None:
        return []
    style = "yellow" if bias.outside else ""
    worst = [line for each in bias.worst for line in wrapped(f"  {literal(each)}", width=width, indent=4)]
    return [*wrapped(literal(bias.head), width=width, style=style), *worst]


def changed_lines(found: CheckedChanges | None, *, width: int) -> list[Text]:
    """Which answers change against production, by group; every row stands in the evidence."""
    if found is None or not found.changes.whole.n:
        return [Text("· not compared: nothing was in production before", "dim")]
    return changes_lines(found.changes, width=width)


def card_lines(card: ModelCard, *, width: int) -> list[Text]:
    """What was written of it, and what was not."""
    lines: list[Text] = []
    for each in card:
        if each.text:
            lines += [Text(each.field, "bold"), *(Text(f"  {line}") for line in folded(each.text, width - 2))]
    missing = [each.field for each in card if not each.text]
    return lines + (wrapped(f"· not written: {', '.join(missing)}", width=width, style="dim") if missing else [])


def smoke_lines(stages: Sequence[Stage], *, width: int) -> list[Text]:
    """The wrong ones first; what the newest smoke of this release found."""
    found = [stage for stage in stages if stage.data.get("answers") and "smoke" in stage.name]
    if not found:
        return [Text("· not smoked yet", "dim")]
    stage = found[-1]
    answers = sorted(stage.data["answers"], key=lambda each: bool(each.get("is_right")))
    told = Text(f"{stage.name}: {literal(stage.data.get('sentence', ''))}", "bold")
    rows = [_answer_cells(each) for each in answers]
    head = ("", "CASE", "EXPECTED", "ANSWERED", "SCORE", "TOOK", "")
    return [shortened(told, width), *columns(rows, head=head, align="<<<<>>", width=width, flexible=(6,))]


def _answer_cells(answer: Mapping[str, Any]) -> tuple[Text | str, ...]:
    is_right = bool(answer.get("is_right"))
    return (
        Text("✓ right", "green") if is_right else Text("✗ wrong", "red"),
        literal(answer.get("case", "")),
        literal(answer.get("expected", "")),
        literal(answer.get("answered", "")),
        figure(answer.get("score")),
        milliseconds(answer.get("milliseconds")),
        Text("" if is_right else literal(_reason(answer)), "red"),
    )


def _reason(answer: Mapping[str, Any]) -> str:
    """Empty where it says no more than the columns do."""
    reason = str(answer.get("reason", ""))
    return "" if reason == f"expected {answer.get('expected')}, got {answer.get('answered')}" else reason


def profile_lines(stages: Sequence[Stage], *, width: int) -> list[Text]:
    data = next((stage.data for stage in stages if stage.name == "profile"), {})
    if not data:
        return [Text("· not profiled", "dim")]
    peak, limit = data.get("peak_memory_bytes"), data.get("memory_limit_bytes")
    share = percent(peak / limit) if peak and limit else "–"
    parts = [
        f"p50 {milliseconds(data.get('latency_p50_ms'))}",
        f"p95 {milliseconds(data.get('latency_p95_ms'))}",
        f"peak {size(peak)} ({share} of the limit)",
        f"limit {size(limit)}",
        f"{figure(data.get('requests_per_second'))} requests/s",
    ]
    return flow(parts, width=width, indent=0)


def seal_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """The hashes whole, for they are compared; on two lines where they do not fit."""
    release, lines = found.release, []
    for name, value in (("evidence", release.evidence), ("package", release.package)):
        told = literal(value) or "· not sealed yet"
        if cell_len(f"{name}  {told}") <= width:
            lines.append(Text.assemble((f"{name:<8}  ", "dim"), told))
        else:
            lines += [Text(name, "dim"), *wrapped(told, width=width)]
    return lines
