"""A release as a decision needs it: who may decide, its stages, checks, what changes, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.checks import CheckResult, GateReport
from mltui.domain.names import data_name, version_name
from mltui.domain.release import STAGES, Approval, Stage
from mltui.domain.version import ModelVersion
from mltui.operations.release_page import ReleasePage
from mltui.operations.waiting import WaitingRelease
from mltui.tui.presentation import marks
from mltui.tui.presentation.figures import figure, milliseconds, percent, size
from mltui.tui.presentation.group_bars import group_bars
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.marks import mark
from mltui.tui.presentation.moments import ago, duration
from mltui.tui.presentation.pipeline_graph import GraphStep, pipeline_graph
from mltui.tui.presentation.table import columns, flow, shortened

_SENTENCE = 30
"""Cells from which on the sentence of a check stands beside its figures."""


def decision_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """What it is, and what waits for whom."""
    release = found.release
    what = Text.assemble(
        (f"{version_name(release.version_id)} to {literal(release.environment)}", "bold"), "  ", mark(release.state)
    )
    opened = Text(f"opened {ago(release.opened_at, found.at)} ago by {literal(release.opened_by)}", "dim")
    lines = flow([what, opened, *_times(found)], width=width)
    if release.failure:
        lines += wrapped(f"{literal(release.failure)}", width=width, style="red")
    if found.waiting is not None:
        lines += _waiting(found.waiting, found.report, width)
    if found.others:
        names = ", ".join(sorted({literal(each.login) for each in found.others}))
        lines.append(shortened(Text(f"! {names} has this decision open too", "yellow"), width))
    live = found.live
    if release.state.is_over and live is not None and live.version_id != release.version_id:
        told = f"{version_name(live.version_id)} answers in {literal(release.environment)} now"
        lines.append(shortened(Text(told, "dim"), width))
    for problem in found.problems:
        lines += wrapped(f"! {literal(problem)}", width=width, style="yellow")
    return lines


def _times(found: ReleasePage) -> Iterator[Text]:
    if found.waiting is not None:
        yield Text(f"waits for {ago(found.waiting.since, found.at)}", "dim")
        if found.waiting.expires_at is not None:
            left = (found.waiting.expires_at - found.at).total_seconds()
            yield Text(f"expires in {duration(left)}" if left > 0 else "expired", "dim" if left > 0 else "red")
    elif found.release.ended_at is not None:
        yield Text(f"ended {ago(found.release.ended_at, found.at)} ago", "dim")


def _waiting(waiting: WaitingRelease, report: GateReport | None, width: int) -> list[Text]:
    missing = waiting.missing
    asked = "" if missing is None else f"{missing} approval{'s' if missing != 1 else ''} missing"
    if not waiting.may_approve:
        lines = wrapped(f"? not for you: {literal(waiting.why_not)}", width=width, style="yellow")
        lines += [Text(literal(asked), "dim")] if asked and not waiting.may_reject else []
        return lines + ([Text("x rejects it", "bold")] if waiting.may_reject else [])
    held = len(report.inconclusive) if report is not None else 0
    keys = "a approves   x rejects" if not held else f"a approves ({held} to be acknowledged)   x rejects"
    return [
        shortened(Text.assemble(("? waits for your decision   ", "bold yellow"), (keys, "bold"), f"   {asked}"), width)
    ]


def stage_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """All nine, in their order: on one line, or on as few as they need."""
    known = {stage.name: stage for stage in found.detail.stages}
    steps = [_step(name, known.get(name), found) for name in STAGES]
    lines = pipeline_graph(steps, width=width)
    if len(lines) > 1:
        lines = _flowing(steps, width)
    failed = [stage for stage in found.detail.stages if stage.failure and stage.failure != found.release.failure]
    for stage in failed:
        lines += wrapped(f"✗ {stage.name}: {literal(stage.failure)}", width=width, style="red")
    return lines


def _flowing(steps: Sequence[GraphStep], width: int) -> list[Text]:
    boxes = [line for step in steps for line in pipeline_graph([step], width=width)[:1]]
    lines = [Text()]
    for index, box in enumerate(boxes):
        link = " ─ " if index else ""
        if cell_len(lines[-1].plain) + len(link) + cell_len(box.plain) > width:
            lines.append(Text("  "))
            link = "─ "
        lines[-1].append(link, "dim").append_text(box)
    return [shortened(line, width) for line in lines]


def _step(name: str, stage: Stage | None, found: ReleasePage) -> GraphStep:
    usual = found.usual_seconds.get(name)
    if stage is None:
        state = "skipped" if found.release.state.is_over else "queued"
        return GraphStep(name, state, usual_seconds=usual if state == "queued" and name != "approval" else None)
    if name == "approval" and found.waiting is not None:
        return GraphStep(name, "waiting")
    end = stage.ended_at or found.at
    seconds = None if stage.started_at is None else (end - stage.started_at).total_seconds()
    return GraphStep(name, stage.state, seconds, usual)


def check_lines(report: GateReport | None, *, width: int) -> list[Text]:
    """Mark, name, value, limit and sentence; narrow, the sentence only where it tells more than these."""
    if report is None or not report.checks:
        return [Text("· not judged yet" if report is None else "· the gate asks for no check", "dim")]
    rows = [_check_cells(check) for check in report.checks]
    figures = columns(rows, head=("CHECK", "", "VALUE", "LIMIT"), align="<<><", width=width, flexible=(3, 1))
    beside = max(cell_len(line.plain) for line in figures) + 2
    if width - beside >= _SENTENCE:
        sentences = ["SENTENCE", *(literal(check.sentence) for check in report.checks)]
        styles = ["bold", *(_sentence_style(check) for check in report.checks)]
        told = [
            _beside(line, wrapped(sentence, width=width - beside, style=style), beside)
            for line, sentence, style in zip(figures, sentences, styles, strict=True)
        ]
        return [line for lines in told for line in lines]
    lines = figures[:1]
    for check, line in zip(report.checks, figures[1:], strict=True):
        lines.append(line)
        if check.verdict != "passed" or check.baseline is not None:
            lines += wrapped(f"  {literal(check.sentence)}", width=width, style=_sentence_style(check))
    return lines


def _sentence_style(check: CheckResult) -> str:
    return "dim" if check.verdict == "passed" else marks.style(check.verdict)


def _beside(line: Text, sentence: Sequence[Text], start: int) -> list[Text]:
    lefts = [line, *(Text() for _ in sentence[1:])]
    return [
        Text.assemble(left, " " * (start - cell_len(left.plain)), right)
        for left, right in zip(lefts, sentence, strict=True)
    ]


def _check_cells(check: CheckResult) -> tuple[Text | str, ...]:
    state = mark(check.verdict)
    if check.is_dry_run:
        state.append(" (dry run)", "dim")
    limit = literal(check.limit).removesuffix(" than production")
    return (state, literal(check.name), figure(check.value), limit)


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


def bias_lines(version: ModelVersion | None, judged: Sequence[tuple[str, str]], *, width: int) -> list[Text]:
    """Of the attributes and metrics that the policy's bias checks ask for."""
    groups = () if version is None else version.groups
    lines: list[Text] = []
    for attribute, metric in judged:
        chosen = [each for each in groups if (each.attribute, each.metric) == (attribute, metric)]
        if version is not None and chosen:
            lines += [Text()] if lines else []
            lines += group_bars(chosen, overall=version.metrics.get(metric), width=width)
        else:
            lines.append(shortened(Text(f"! no groups by {literal(attribute)} for {literal(metric)}", "yellow"), width))
    return lines or [Text("· the policy asks for no bias check", "dim")]


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
    return [shortened(told, width), *columns(rows, head=head, align="<<<<>>", width=width, flexible=(1, 6))]


def _answer_cells(answer: Mapping[str, Any]) -> tuple[Text | str, ...]:
    is_right = bool(answer.get("is_right"))
    return (
        Text("✓ right", "green") if is_right else Text("✗ wrong", "red"),
        literal(answer.get("case", "")),
        literal(answer.get("expected", "")),
        literal(answer.get("answered", "")),
        figure(answer.get("score")),
        milliseconds(answer.get("milliseconds")),
        Text("" if is_right else literal(answer.get("reason", "")), "red"),
    )


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


def approval_lines(approvals: Sequence[Approval], found: ReleasePage, *, width: int) -> list[Text]:
    lines: list[Text] = []
    for each in approvals:
        state = Text("✓ approved", "green") if each.decision == "approved" else Text("✗ rejected", "red")
        note = f" ({literal(each.note)})" if each.note else ""
        lines.append(
            shortened(Text.assemble(state, f" by {literal(each.person)}{note}, {ago(each.at, found.at)} ago"), width)
        )
        lines += wrapped(f"  “{literal(each.comment)}”" if each.comment else "  no comment", width=width, indent=2)
        if each.acknowledged:
            lines += wrapped(f"  acknowledged: {', '.join(map(literal, each.acknowledged))}", width=width, indent=2)
    return lines or [Text("· nobody decided yet", "dim")]


def wrapped(text: str, *, width: int, style: str = "", indent: int = 2) -> list[Text]:
    """Literal text on as many lines as it needs, broken at blanks where there are some."""
    bare = text.lstrip(" ")
    lines, line = [], " " * (len(text) - len(bare))
    for word in bare.split(" "):
        joined = f"{line} {word}" if line.strip() else line + word
        if line.strip() and cell_len(joined) > width:
            lines.append(line)
            joined = " " * indent + word
        while cell_len(joined) > width > indent:
            fit = next(cut for cut in range(len(joined), 0, -1) if cell_len(joined[:cut]) <= width)
            lines.append(joined[:fit])
            joined = " " * indent + joined[fit:]
        line = joined
    return [Text(each, style) for each in [*lines, line]]
