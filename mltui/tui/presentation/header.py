"""The header as two lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.names import release_name, version_name
from mltui.operations.environment_health import EnvironmentHealth
from mltui.operations.overview import Overview
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import ago
from mltui.tui.presentation.table import shortened

QUIET_SECONDS = 60
"""Ages below this are told as `just now`, so that an idle screen stays as it is."""


def header_lines(found: Overview | None, breadcrumbs: Sequence[str], *, width: int) -> list[Text]:
    if found is None:
        return [Text("mltui", "bold"), Text("reading …", "dim")]
    left = Text.assemble(
        (literal(found.project), "bold"), "  ", *(_crumbs(breadcrumbs)), overflow="ellipsis", no_wrap=True
    )
    right = Text(f"{found.engine or 'policy unreadable'} · {literal(found.actor)} ", "dim")
    return [_between(left, right, width), _between(_live(found), _waiting(found), width)]


def coarse_ago(at: datetime | None, now: datetime) -> str:
    """Steps of a minute, so that nothing changes more often than that."""
    if at is not None and (now - at).total_seconds() < QUIET_SECONDS:
        return "just now"
    return f"{ago(at, now)} ago"


def _crumbs(breadcrumbs: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (f"› {literal(crumb)} ", "bold" if index == len(breadcrumbs) - 1 else "dim")
        for index, crumb in enumerate(breadcrumbs)
    ]


def _live(found: Overview) -> Text:
    parts = [health_words(each, found.at) for each in found.environments[:1]]
    if not parts:
        parts = [Text("· nothing was released yet", "dim")]
    worker = Text()
    if not found.worker.is_alive and (found.running or found.releasing or parts):
        seen = f", seen {coarse_ago(found.worker.beat.at, found.at)}" if found.worker.beat else ""
        worker = Text(f"   ! no worker{seen}", "yellow")
    return Text.assemble(*parts, worker)


def health_words(environment: EnvironmentHealth, now: datetime) -> Text:
    """For instance `✓ v2 in production, smoked just now`."""
    name = literal(environment.name)
    live = version_name(environment.live.version_id) if environment.live else ""
    if environment.health == "stopped":
        return Text(f"■ {name} is stopped, answers 503", "yellow")
    if environment.health == "empty" or not live:
        return Text(f"· nothing in {name}", "dim")
    if environment.health == "red":
        since = ago(environment.ill_since or environment.smoked_at, now)
        return Text(f"✗ {live} in {name} ILL for {since}", "bold red")
    if environment.health == "unproven":
        return Text(f"· {live} in {name}, not smoked yet", "yellow")
    smoked = f"smoked {coarse_ago(environment.smoked_at, now)}"
    if environment.is_smoke_late:
        return Text(f"! {live} in {name}, {smoked}", "yellow")
    return Text(f"✓ {live} in {name}, {smoked}", "green")


def _waiting(found: Overview) -> Text:
    mine = found.waiting_for_actor
    first = (mine or found.waiting)[:1]
    if not first:
        return Text("nothing waits ", "dim")
    waiting = first[0]
    whom = "for you" if mine else "for others"
    more = f" (+{found.waiting_in_all - 1})" if found.waiting_in_all > 1 else ""
    since = coarse_ago(waiting.since, found.at).removesuffix(" ago")
    name = f"{release_name(waiting.release.id)} {version_name(waiting.release.version_id)}"
    return Text(f"? {name} waits {whom}, {since}{more} ", "bold yellow" if mine else "yellow")


def _between(left: Text, right: Text, width: int) -> Text:
    """What is on the left gives way, and what is on the right when nearly nothing would be left of it."""
    room = max(width - cell_len(right.plain) - 1, 0)
    if room < width // 3:
        return shortened(left, width)
    left = shortened(left, room)
    return Text.assemble(left, " " * (width - cell_len(left.plain) - cell_len(right.plain)), right)
