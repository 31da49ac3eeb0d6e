"""A run: its steps as a graph with their usual times, what it is made from, and its log lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rich.text import Text

from mltui.domain.names import data_name, version_name
from mltui.domain.run import StepAttempt
from mltui.operations.runs.run_log import StepLogLine
from mltui.operations.standing.durations import UsualSeconds
from mltui.operations.standing.progress import Progress
from mltui.operations.standing.state import RunDetail
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.marks import mark
from mltui.tui.presentation.moments import ago, duration
from mltui.tui.presentation.pipeline_graph import GraphStep, pipeline_graph
from mltui.tui.presentation.table import flow, shortened

ORDER = ("prepare", "train", "evaluate", "register")


def run_lines(
    detail: RunDetail, progress: Progress | None, usual: UsualSeconds, *, now: datetime, width: int
) -> list[Text]:
    run = detail.run
    facts: list[Text | str] = [mark(run.state), f"asked for {ago(run.requested_at, now)} ago by {run.requested_by}"]
    if run.started_at is not None:
        took = duration(((run.ended_at or now) - run.started_at).total_seconds())
        facts.append(f"took {took}" if run.ended_at else f"runs for {took}")
        facts += [f"usually {duration(usual.run)}"] if usual.run is not None and run.ended_at is None else []
    facts += [version_name(run.version_id)] if run.version_id is not None else []
    lines = flow(facts, width=width)
    lines += flow(
        [f"commit {run.commit[:10]}", run.message.split("\n", 1)[0], data_name(run.data), run.engine], width=width
    )
    if run.failure:
        lines.append(shortened(Text(f"✗ {literal(run.failure)}", "red"), width))
    lines += pipeline_graph(_graph(detail, usual, now), width=width)
    if progress is not None and not run.state.is_over:
        lines.append(progress_line(progress, width=width))
    return lines


def progress_line(progress: Progress, *, width: int) -> Text:
    """For instance `train ██████░░░░░░ epoch 6 of 12   train_loss 0.155`."""
    share = min(max(progress.done / progress.total, 0.0), 1.0) if progress.total > 0 else 0.0
    filled = round(12 * share)
    bar = "█" * filled + "░" * (12 - filled)
    figures = "  ".join(f"{name} {value:.3f}" for name, value in progress.scores.items())
    text = f"{progress.step} {bar} {progress.unit} {progress.done:g} of {progress.total:g}   {figures}"
    return shortened(Text(literal(text)), width)


def _graph(detail: RunDetail, usual: UsualSeconds, now: datetime) -> list[GraphStep]:
    last: dict[str, StepAttempt] = {attempt.step: attempt for attempt in detail.steps}
    names = [*ORDER, *(name for name in last if name not in ORDER)]
    return [_step(name, last, usual.steps, now) for name in names]


def _step(name: str, last: Mapping[str, StepAttempt], usual: Mapping[str, float], now: datetime) -> GraphStep:
    attempt = last.get(name)
    if attempt is None:
        return GraphStep(name, "queued", None, usual.get(name))
    if attempt.cached_from is not None:
        return GraphStep(f"{name} (cached from run {attempt.cached_from})", attempt.state)
    spent = (attempt.ended_at or now) - attempt.started_at if attempt.started_at is not None else None
    return GraphStep(name, attempt.state, spent.total_seconds() if spent is not None else None, usual.get(name))


def log_row(line: StepLogLine, *, shift: int = 0) -> tuple[Text, Text]:
    """`shift` characters at the line's beginning are left out, and `…` stands for them."""
    told = literal(line.text)
    shown = f"…{told[shift + 1 :]}" if shift and len(told) > shift else told if not shift else ""
    return Text(line.step, "dim"), Text(shown, "red" if line.stream == "stderr" else "")


def matches(line: StepLogLine, matching: str) -> bool:
    """Every word is in the line or is its step, and none after a `!`."""
    text = f"{line.step} {line.text}".casefold()
    words = matching.casefold().split()
    return all((word[1:] not in text or word == "!") if word.startswith("!") else word in text for word in words)
