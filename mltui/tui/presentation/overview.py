"""The overview: places as lines, work as rows."""

from __future__ import annotations

from rich.text import Text

from mltui.domain.names import release_name, version_name
from mltui.operations.standing.environment_health import EnvironmentHealth
from mltui.operations.standing.overview import Overview, RunningRelease, RunningRun
from mltui.operations.standing.waiting import WaitingRelease
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.header import health_words
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.marks import mark
from mltui.tui.presentation.moments import ago
from mltui.tui.presentation.refusal import whose_decision
from mltui.tui.presentation.table import flow, shortened

Cells = tuple[Text | str, ...]


def place_lines(found: Overview, *, width: int) -> list[Text]:
    if found.policy_problem:
        return [shortened(Text(f"✗ the policy cannot be read: {literal(found.policy_problem)}", "red"), width)]
    lines: list[Text] = []
    for place in found.environments:
        lines += _place(place, found, width)
    return lines or [Text("· nothing was released yet", "dim")]


def _place(place: EnvironmentHealth, found: Overview, width: int) -> list[Text]:
    lines = flow([health_words(place, found.at), *_facts(place, found)], width=width)
    if place.smoke_failure:
        lines += [shortened(Text(f"  last smoke: {literal(place.smoke_failure)}", "red"), width)]
    if place.health == "red":
        lines += [Text("  b rolls back to the last known good version, S answers 503", "bold")]
    return lines


def _facts(place: EnvironmentHealth, found: Overview) -> list[Text]:
    facts = []
    if place.live is not None and place.live.live_from is not None:
        facts.append(f"live for {ago(place.live.live_from, found.at)}")
    if place.version is not None:
        facts += [f"{name} {figure(value)}" for name, value in list(place.version.metrics.items())[:1]]
    if place.endpoint and place.live is not None:
        facts.append(place.url)
    return [Text(literal(fact), "dim") for fact in facts]


def overview_rows(found: Overview) -> list[tuple[str, Cells]]:
    """Key `<screen> <subject>` and cells of all that waits, moves and runs, the most urgent first."""
    return [
        *(_waiting(each, found) for each in found.waiting),
        *(_releasing(each, found) for each in found.releasing),
        *(_running(each, found) for each in found.running),
    ]


def _waiting(waiting: WaitingRelease, found: Overview) -> tuple[str, Cells]:
    name = release_name(waiting.release.id)
    what = f"{name}  {version_name(waiting.release.version_id)} to {waiting.release.environment}"
    return f"release {name}", (
        Text("?", "bold yellow"),
        literal(what),
        ago(waiting.since, found.at),
        _waits_for(waiting),
    )


def _waits_for(waiting: WaitingRelease) -> Text:
    if waiting.stale:
        return Text(f"✗ {literal(waiting.stale)}", "bold red")
    if waiting.may_approve:
        return Text(f"waits for {whose_decision(waiting)}", "bold yellow")
    return Text(f"waits; not for you: {literal(waiting.why_not)}", "yellow")


def _releasing(moving: RunningRelease, found: Overview) -> tuple[str, Cells]:
    release = moving.release
    name = release_name(release.id)
    what = f"{name}  {version_name(release.version_id)} to {release.environment}"
    stands = (
        Text.assemble(f"{moving.stage.name} ", mark(moving.stage.state)) if moving.stage is not None else mark("queued")
    )
    if moving.progress is not None:
        stands = Text(moving.progress.words, "yellow" if moving.progress.state == "held" else "")
    return f"release {name}", (Text("…", "cyan"), literal(what), ago(release.opened_at, found.at), stands)


def _running(running: RunningRun, found: Overview) -> tuple[str, Cells]:
    run = running.run
    what = f"run {run.id}  {run.commit[:8]} {run.message.splitlines()[0] if run.message else ''}"
    stands = (
        Text.assemble(f"{running.step.step} ", mark(running.step.state))
        if running.step is not None
        else mark(run.state)
    )
    return f"run {run.id}", (
        Text("…", "cyan"),
        literal(what, width=44),
        ago(run.started_at or run.requested_at, found.at),
        stands,
    )
