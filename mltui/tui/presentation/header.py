"""The header as two lines, and a third where something has to be said aloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from mltui.domain.names import release_name, version_name
from mltui.operations.standing.environment_health import EnvironmentHealth
from mltui.operations.standing.overview import Overview
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.moments import ago
from mltui.tui.presentation.refusal import role_words
from mltui.tui.presentation.table import shortened

QUIET_SECONDS = 60
"""Ages below this are told as `just now`, so that an idle screen stays as it is."""


def header_lines(found: Overview | None, breadcrumbs: Sequence[str], *, width: int) -> list[Text]:
    if found is None:
        return [Text("mltui", "bold"), Text("reading …", "dim")]
    right = _who(found, width)
    room = _room(right, width)
    left = _where(literal(found.project), breadcrumbs, width=room or width)
    return [_between(left, right, width), _now(found, width), *_alarm(found, width)]


def _alarm(found: Overview, width: int) -> list[Text]:
    """One line, said on every screen until a person has dealt with it."""
    more = f" (+{len(found.alarms) - 1})" if len(found.alarms) > 1 else ""
    return [
        shortened(Text(f"! {literal(alarm.sentence)}{more} ", "bold white on red"), width) for alarm in found.alarms[:1]
    ]


def coarse_ago(at: datetime | None, now: datetime) -> str:
    """Steps of a minute, so that nothing changes more often than that."""
    if at is not None and (now - at).total_seconds() < QUIET_SECONDS:
        return "just now"
    return f"{ago(at, now)} ago"


def _who(found: Overview, width: int) -> Text:
    """With who may decide, for a person who may not; the whole sentence where it leaves half of the line."""
    told = f"{found.engine or 'policy unreadable'} · {literal(found.actor)}"
    role = role_words(found)
    whole = f"{told} · {role} "
    if not role or cell_len(whole) <= width // 2:
        return Text(whole if role else f"{told} ", "dim")
    return Text(f"{told} · may not decide ", "dim")


def _where(project: str, breadcrumbs: Sequence[str], *, width: int) -> Text:
    """The way to this screen; where it is too long, `…` stands for the crumbs after the first, the oldest first."""
    crumbs = [literal(crumb) for crumb in breadcrumbs]
    line = Text()
    for gone in range(max(len(crumbs) - 1, 1)):
        kept = crumbs if not gone else [*crumbs[:1], "…", *crumbs[1 + gone :]]
        line = Text.assemble((project, "bold"), "  ", *_crumbs(kept))
        line.rstrip()
        if cell_len(line.plain) <= width:
            break
    return line


def _crumbs(crumbs: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"› {crumb} ", "bold" if index == len(crumbs) - 1 else "dim") for index, crumb in enumerate(crumbs)]


def _now(found: Overview, width: int) -> Text:
    """What answers, the worker, what waits; of a worker that is missed the word alone where there is no more room."""
    live = next((health_words(each, found.at) for each in found.environments), None)
    live = live or Text("· nothing was released yet", "dim")
    waiting, worker = _waiting(found), _worker(found)
    room = _room(waiting, width)
    if worker is not None and cell_len(f"{live.plain}   {worker.plain}") > room:
        is_missed = not found.worker.is_alive and _needs_worker(found)
        short = Text("! no worker", "yellow") if is_missed else Text()
        worker, live = short, _without_age(live) if cell_len(f"{live.plain}   {short.plain}") > room else live
    return _between(Text.assemble(live, "   ", worker) if worker else live, waiting, width)


def _without_age(live: Text) -> Text:
    return live[: live.plain.index(", smoked")] if ", smoked" in live.plain else live


def _worker(found: Overview) -> Text | None:
    """A worker ends by itself when there is nothing to do, and the next act starts another."""
    if found.worker.is_alive:
        is_live = any(each.live is not None for each in found.environments)
        return Text("! no worker after a reboot", "yellow") if is_live and not found.worker.comes_back else None
    if not _needs_worker(found):
        return Text("worker: none, starts with the next act", "dim")
    seen = f", seen {coarse_ago(found.worker.beat.at, found.at)}" if found.worker.beat else ""
    return Text(f"! no worker{seen}", "yellow")


def _needs_worker(found: Overview) -> bool:
    """Whether work stands still, or something answers that nobody smokes."""
    is_unsmoked = any(
        each.live is not None and (each.is_smoke_late or each.health == "unproven") for each in found.environments
    )
    return bool(found.running or found.queued or found.releasing or is_unsmoked)


def health_words(environment: EnvironmentHealth, now: datetime) -> Text:
    """For instance `✓ v2 in production, smoked just now`."""
    name = literal(environment.name)
    live = version_name(environment.live.version_id) if environment.live else ""
    if environment.health == "stopped":
        return Text(f"■ {name} is stopped, {'answers 503' if environment.endpoint else 'does not run'}", "yellow")
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
    if waiting.stale:
        return Text(f"✗ {name} is stale{more} ", "bold red")
    return Text(f"? {name} waits {whom}, {since}{more} ", "bold yellow" if mine else "yellow")


def _between(left: Text, right: Text, width: int) -> Text:
    """What is on the left gives way, and what is on the right when nearly nothing would be left of it."""
    room = _room(right, width)
    if not room:
        return shortened(left, width)
    left = shortened(left, room)
    return Text.assemble(left, " " * (width - cell_len(left.plain) - cell_len(right.plain)), right)


def _room(right: Text, width: int) -> int:
    """Cells for what is on the left; 0 where it takes the whole line."""
    room = max(width - cell_len(right.plain) - 1, 0)
    return 0 if room < width // 3 else room
