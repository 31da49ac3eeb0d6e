"""Environments as rows, and the history of one."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.text import Text

from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name, release_name, version_name
from mltui.domain.release import Release
from mltui.domain.rollback import Standing
from mltui.domain.rollout import StepProgress
from mltui.operations.standing.environment_health import EnvironmentHealth
from mltui.operations.standing.overview import RunningRelease
from mltui.tui.presentation.header import coarse_ago
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.marks import mark
from mltui.tui.presentation.moments import NONE, ago
from mltui.tui.presentation.table import flow
from mltui.tui.presentation.wrapping import wrapped

WEIGHTS_FROM, ENDPOINT_FROM, REASON_FROM = 90, 110, 100
"""Cells of the screen from which on there is room for it; the panel below tells it at every width."""
ENVIRONMENT_FLEXIBLE = (3, 4)
HISTORY_HEAD = ("DEPLOYMENT", "VERSION", "SERVER", "BY", "SINCE", "FOR", "GOOD")
HISTORY_FLEXIBLE = (6,)

_HEALTH = {
    "green": ("✓ healthy", "green"),
    "red": ("✗ ILL", "bold red"),
    "unproven": ("· not smoked yet", "yellow"),
    "stopped": ("■ stopped", "yellow"),
    "empty": ("· empty", "dim"),
}


def environment_head(width: int) -> tuple[str, ...]:
    more = (("WEIGHTS", WEIGHTS_FROM), ("ENDPOINT", ENDPOINT_FROM))
    head = ("ENVIRONMENT", "HEALTH", "ANSWERS", "SINCE", "SMOKED")
    return head + tuple(title for title, least in more if width >= least)


def environment_cells(place: EnvironmentHealth, now: datetime, *, width: int) -> tuple[Text | str, ...]:
    live = place.live
    weights = [f"{version_name(each.version_id)} {each.percent} %" for each in place.weights if each.percent]
    more = ((", ".join(weights) or NONE, WEIGHTS_FROM), (literal(place.endpoint or NONE), ENDPOINT_FROM))
    return (
        literal(place.name),
        health_text(place),
        NONE if live is None else version_name(live.version_id),
        NONE if live is None else ago(live.live_from, now),
        NONE if place.smoked_at is None else coarse_ago(place.smoked_at, now),
        *(cell for cell, least in more if width >= least),
    )


def health_text(place: EnvironmentHealth) -> Text:
    words, style = _HEALTH[place.health]
    return Text("! smoke is late", "yellow") if place.is_smoke_late and place.health == "green" else Text(words, style)


def place_lines(
    place: EnvironmentHealth,
    now: datetime,
    *,
    chosen: Deployment | None = None,
    why_not: str = "",
    moving: RunningRelease | None = None,
    width: int,
) -> list[Text]:
    """What the rows have no room for: why it is ill, what can be done, why the chosen deployment was withdrawn.

    `why_not` says why the person may not decide on what comes here, `moving` whose traffic goes over to it in steps.
    """
    lines: list[Text] = []
    if place.health == "red":
        lines += wrapped(
            f"✗ ill for {ago(place.ill_since, now)}: {literal(place.smoke_failure)}", width=width, style="red"
        )
        lines.append(Text("b rolls back to the last known good version, S answers 503", "bold"))
    if place.health == "stopped":
        last = "" if place.last is None else f" from {version_name(place.last.version_id)}"
        stands = "answers 503" if place.endpoint else "does not run since the workspace was restored,"
        told = f"■ {stands} for {ago(place.stopped_at, now)}; R starts the answers{last} again"
        lines += wrapped(told, width=width, style="yellow")
    parts = [f"endpoint {place.url}" if place.endpoint else "no endpoint yet"]
    parts += [f"a version passes {place.after} first"] if place.after else []
    servers = [
        f"{version_name(each.version_id)} ({deployment_name(each.deployment_id)}) {each.percent} %"
        for each in place.weights
    ]
    parts += [f"servers {', '.join(servers)}"] if servers else ["no server runs"]
    lines += flow([literal(part) for part in parts], width=width, indent=0)
    if moving is not None and moving.progress is not None:
        lines += _step_lines(moving.release, moving.progress, now, width)
    if why_not:
        lines += wrapped(f"you may look, not decide: {literal(why_not)}", width=width, style="dim")
    if chosen is not None and chosen.withdrawn_reason is not None:
        name = deployment_name(chosen.id)
        lines += wrapped(f"{name} {withdrawn_words(chosen).removeprefix('! ')}", width=width, style="yellow")
    return lines


def _step_lines(release: Release, progress: StepProgress, now: datetime, width: int) -> list[Text]:
    """Which step it is in, and when the two versions are compared next."""
    is_held = progress.state == "held"
    ends_at = progress.began_at + timedelta(seconds=progress.seconds)
    due = "" if is_held else f"; compared {f'in {ago(now, ends_at)}' if ends_at > now else 'now'}"
    told = f"{release_name(release.id)} with {version_name(release.version_id)}: {literal(progress.words)}{due}"
    hint = "; o lets it go on" if is_held else ""
    return wrapped(f"{'?' if is_held else '…'} {told}{hint}", width=width, style="yellow" if is_held else "")


def history_cells(deployment: Deployment, standing: Standing, now: datetime, *, width: int) -> tuple[Text | str, ...]:
    """`standing` is that of its place, which a rollback back to it keeps."""
    is_withdrawn, is_narrow = deployment.withdrawn_reason is not None, width < REASON_FROM
    span = _span(deployment, now)
    since = ago(deployment.live_from, now)
    return (
        deployment_name(deployment.id),
        version_name(deployment.version_id),
        mark(deployment.state),
        _by(deployment),
        _coarse(since) if is_narrow else since,
        _coarse(span) if is_narrow else span,
        Text("! withdrawn" if is_narrow else withdrawn_words(deployment), "yellow") if is_withdrawn else good(standing),
    )


def withdrawn_words(deployment: Deployment) -> str:
    """Empty for one that was never rolled back from."""
    reason = deployment.withdrawn_reason
    return "" if reason is None else f"! withdrawn: {literal(reason) or 'no reason given'}"


def _by(deployment: Deployment) -> str:
    if deployment.restores_id is not None:
        return f"restores {deployment_name(deployment.restores_id)}"
    return NONE if deployment.release_id is None else release_name(deployment.release_id)


def _coarse(span: str) -> str:
    """`1 h` of `1 h 54 min`."""
    return " ".join(span.split(" ")[:2])


def _span(deployment: Deployment, now: datetime) -> str:
    return NONE if deployment.live_from is None else ago(deployment.live_from, deployment.live_until or now)


def good(standing: Standing) -> Text:
    """Whether a rollback may come back to it."""
    if standing.is_baked:
        return Text("✓ baked", "green")
    if standing.was_healthy:
        return Text("✓ was healthy", "green")
    return Text("· not proven", "dim")
