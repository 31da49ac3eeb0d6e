"""A release as a decision needs it: who may decide, its stages, checks, what changes, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.checks import CheckResult, GateReport
from mltui.domain.names import version_name
from mltui.domain.release import STAGES, Approval, Stage, place_of
from mltui.domain.rollout import StepProgress
from mltui.operations.releases.release_page import ReleasePage
from mltui.operations.standing.waiting import WaitingRelease
from mltui.tui.presentation import marks
from mltui.tui.presentation.answer_changes import harm_lines
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.marks import mark
from mltui.tui.presentation.moments import ago, duration
from mltui.tui.presentation.pipeline_graph import GraphStep, pipeline_graph
from mltui.tui.presentation.refusal import whose_decision
from mltui.tui.presentation.table import columns, flow, shortened
from mltui.tui.presentation.wrapping import wrapped

_SENTENCE = 30
"""Cells from which on the sentence of a check stands beside its figures."""


def decision_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """Whom it would harm, what it is, and what waits for whom."""
    release = found.release
    what = Text.assemble(
        (f"{version_name(release.version_id)} to {literal(release.environment)}", "bold"), "  ", mark(release.state)
    )
    opened = Text(f"opened {ago(release.opened_at, found.at)} ago by {literal(release.opened_by)}", "dim")
    lines = harm_lines(found.harm, width=width) + flow([what, opened, *_times(found)], width=width)
    if release.failure:
        lines += wrapped(f"{literal(release.failure)}", width=width, style="red")
    if found.waiting is not None:
        lines += _waiting(found.waiting, found.report, width)
        if found.bias is not None and found.bias.is_unseen:
            lines += wrapped(f"! {literal(found.bias.head)}", width=width, style="yellow")
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
        told = f"✗ {waiting.why_not}" if waiting.stale else f"? not for you: {waiting.why_not}"
        lines = wrapped(literal(told), width=width, style="bold red" if waiting.stale else "yellow")
        lines += [Text(literal(asked), "dim")] if asked and not waiting.may_reject else []
        return lines + ([Text("x rejects it", "bold")] if waiting.may_reject else [])
    held = len(report.inconclusive) if report is not None else 0
    keys = "a approves   x rejects" if not held else f"a approves ({held} to be acknowledged)   x rejects"
    return flow(
        [Text(f"? waits for {whose_decision(waiting)}", "bold yellow"), Text(keys, "bold"), literal(asked)], width=width
    )


def stage_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """All that every release has and what this one passed besides, in their order: on as few lines as they need."""
    known = {stage.name: stage for stage in found.detail.stages}
    names = sorted([*STAGES, *(name for name in known if name not in STAGES)], key=place_of)
    steps = [_step(name, known.get(name), found) for name in names]
    lines = pipeline_graph(steps, width=width)
    if len(lines) > 1:
        lines = _flowing(steps, width)
    if found.progress is not None:
        lines += progress_lines(found.progress, width=width)
    failed = [stage for stage in found.detail.stages if stage.failure and stage.failure != found.release.failure]
    for stage in failed:
        lines += wrapped(f"✗ {stage.name}: {literal(stage.failure)}", width=width, style="red")
    return lines


def progress_lines(progress: StepProgress, *, width: int) -> list[Text]:
    is_held = progress.state == "held"
    lines = wrapped(f"{'?' if is_held else '…'} {progress.words}", width=width, style="yellow" if is_held else "")
    return lines + ([Text("o lets it go on", "bold")] if is_held else [])


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
    """Faint too for a failure that only a dry run found: it holds nothing up."""
    is_quiet = check.verdict == "passed" or (check.is_dry_run and check.verdict == "failed")
    return "dim" if is_quiet else marks.style(check.verdict)


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
