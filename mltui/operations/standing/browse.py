"""Long lists in pages: runs, versions, releases, events and data, the newest first, filtered as a person types.

`matching` holds words that must all be there, and after a `!` words that must not (`night !bob`). A page follows
another by `before`, the key of the last row seen, or stands at `offset` of the whole filtered list, for one that is
scrolled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mltui.domain.data import DataVersion
from mltui.domain.event import Event
from mltui.domain.harm import Harm
from mltui.domain.metrics import find_metric
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import Run, WorkState
from mltui.domain.task import Task
from mltui.errors import UsageError
from mltui.operations.standing.answering import EnvironmentDetail
from mltui.operations.standing.matches import matches
from mltui.operations.standing.which import which
from mltui.registry import data_versions, deployments, environments, events, harms, releases, runs, version_facts
from mltui.registry.search import Words
from mltui.registry.version_facts import VersionFacts
from mltui.workspace import Workspace

_MAIN_METRICS: Mapping[Task, str] = {"classification": "accuracy", "regression": "rmse"}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as a list shows it; nothing of what is large about it."""

    facts: VersionFacts
    release: Release | None
    """Its newest."""
    live_in: tuple[str, ...]
    """Environments where it answers, by name."""
    matched: str = ""
    """Where the words stand that it was found by, for instance `note: too dark`; empty where its name says it."""
    harm: Harm | None = None
    """Against production, as its newest checks found it; None where nobody is harmed, or none were made."""


def main_metric(task: Task) -> str:
    """The one metric of a version that a list shows, where nobody asked for another."""
    return _MAIN_METRICS[task]


def list_runs(
    workspace: Workspace,
    *,
    matching: str = "",
    state: WorkState | None = None,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[Run]:
    """Words are looked for in number, version, commit, branch, message, author, asker, state and failure."""
    words = Words.parse(matching)
    conn = workspace.registry.read()
    return runs.list_runs(conn, state=state, words=words, limit=limit, before=before, offset=offset)


def count_runs(workspace: Workspace, *, matching: str = "", state: WorkState | None = None) -> int:
    return runs.count(workspace.registry.read(), state=state, words=Words.parse(matching))


def list_versions(
    workspace: Workspace,
    *,
    matching: str = "",
    sort: str | None = None,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
    until: datetime | None = None,
) -> list[VersionRow]:
    """`sort` is a metric: the best first, those without it last. `until` leaves out notes and checks of later.

    Words are the beginnings of words in commit, branch, author, asker, parameters and notes, or a name as `v7`. Raises
    `UsageError` for a metric that nobody knows.
    """
    words, conn = replace(Words.parse(matching), until=until), workspace.registry.read()
    if sort is None:
        found = version_facts.list_facts(conn, words=words, limit=limit, before=before, offset=offset)
    else:
        smallest_first = _is_smallest_best(sort)
        found = version_facts.list_by_metric(
            conn, sort, smallest_first=smallest_first, words=words, limit=limit, before=before, offset=offset
        )
    harmed = harms.of_versions(conn, [version.id for version in found], until=until)
    return _with_releases(workspace, found, matches(conn, words, found), harmed)


def count_versions(workspace: Workspace, *, matching: str = "") -> int:
    return version_facts.count(workspace.registry.read(), words=Words.parse(matching))


def list_releases(
    workspace: Workspace,
    *,
    matching: str = "",
    state: ReleaseState | None = None,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[Release]:
    """Words are looked for in the names of release and version, environment, state, opener and failure."""
    words = Words.parse(matching)
    conn = workspace.registry.read()
    return releases.list_releases(conn, state=state, words=words, limit=limit, before=before, offset=offset)


def count_releases(workspace: Workspace, *, matching: str = "", state: ReleaseState | None = None) -> int:
    return releases.count(workspace.registry.read(), state=state, words=Words.parse(matching))


def list_events(
    workspace: Workspace,
    *,
    matching: str = "",
    subject: str | None = None,
    until: datetime | None = None,
    limit: int = 20,
    before: int | None = None,
    offset: int = 0,
) -> list[Event]:
    """Words are the beginnings of words in kind, subject, actor and data."""
    return events.browse(
        workspace.registry.read(),
        words=Words.parse(matching),
        subject=subject,
        until=until,
        limit=limit,
        before=before,
        offset=offset,
    )


def count_events(
    workspace: Workspace, *, matching: str = "", subject: str | None = None, until: datetime | None = None
) -> int:
    return events.count(workspace.registry.read(), words=Words.parse(matching), subject=subject, until=until)


def list_data(
    workspace: Workspace, *, matching: str = "", limit: int = 20, before: str | None = None, offset: int = 0
) -> list[DataVersion]:
    """Words are looked for in name and source; `before` is a digest."""
    words = Words.parse(matching)
    return data_versions.list_data(workspace.registry.read(), limit, words=words, before=before, offset=offset)


def count_data(workspace: Workspace, *, matching: str = "") -> int:
    return data_versions.count(workspace.registry.read(), words=Words.parse(matching))


def list_environments(
    workspace: Workspace, *, matching: str = "", at: datetime | None = None, limit: int = 20
) -> list[EnvironmentDetail]:
    """By name, now or at a past time. Words are looked for in name, live version, endpoint and smoke failure."""
    words = Words.parse(matching)
    known = environments.list_environments(workspace.registry.read())
    found = (which(workspace, each.name, at=at) for each in known)
    return [each for each in found if words.fit(_text_of(each))][:limit]


def _text_of(found: EnvironmentDetail) -> str:
    environment, live = found.environment, found.deployment
    answering = "" if live is None else f"v{live.version_id} d{live.id}"
    state = "stopped" if environment.is_stopped else ""
    return " ".join((environment.name, answering, environment.endpoint, state, environment.smoke_failure or ""))


def _is_smallest_best(metric: str) -> bool:
    known = find_metric(metric)
    if known is None or '"' in metric:
        raise UsageError(f"“{metric}” is no metric", hint="mltui version show lists what there is")
    return known.direction == "lower"


def _with_releases(
    workspace: Workspace, found: Sequence[VersionFacts], matched: Mapping[int, str], harmed: Mapping[int, Harm]
) -> list[VersionRow]:
    conn = workspace.registry.read()
    newest = releases.newest_of_versions(conn, [version.id for version in found])
    live = deployments.live(conn)
    stopped = {each.name for each in environments.list_environments(conn) if each.is_stopped}
    return [
        VersionRow(
            facts=version,
            release=newest.get(version.id),
            live_in=tuple(
                each.environment for each in live if each.version_id == version.id and each.environment not in stopped
            ),
            matched=matched.get(version.id, ""),
            harm=harmed.get(version.id),
        )
        for version in found
    ]
