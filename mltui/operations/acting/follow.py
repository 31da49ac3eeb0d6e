"""Follows work as a stream of events, until it is over or waits for somebody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from mltui.domain.event import Event
from mltui.domain.names import release_name, version_name
from mltui.domain.release import Release
from mltui.domain.run import Run
from mltui.errors import NotFound
from mltui.operations.acting.patience import WorkerPatience
from mltui.registry import events, releases, runs
from mltui.workspace import Workspace

Until = Callable[[Release], bool]

POLL_SECONDS = 0.1


def follow_run(workspace: Workspace, run_id: int) -> Iterator[Event]:
    """Events of the run and of the release that it opens, until that waits for a decision or is over."""
    after = _before(workspace, "RunRequested", str(run_id))
    yield from _follow(
        workspace, lambda: _is_run_settled(workspace, run_id), _subjects_of_run(workspace, run_id), after=after
    )


def follow_release(workspace: Workspace, release_id: int, *, until: Until, after: int = 0) -> Iterator[Event]:
    """From its opening on, or from after the event `after` where that is later."""
    after = max(after, _before(workspace, "ReleaseOpened", release_name(release_id)))
    yield from _follow(
        workspace, lambda: until(_release(workspace, release_id)), lambda: {release_name(release_id)}, after=after
    )


def _follow(
    workspace: Workspace, is_settled: Callable[[], bool], subjects: Callable[[], set[str]], *, after: int
) -> Iterator[Event]:
    patience = WorkerPatience(workspace)
    while True:
        settled = is_settled()
        found = events.list_events(workspace.registry.read(), after=after, limit=1000)
        wanted = subjects()  # after the events: what they made known is known then
        for event in found:
            after = event.sequence
            if event.subject in wanted:
                yield event
        if settled and not found:
            return
        patience.look()
        time.sleep(POLL_SECONDS)


def _before(workspace: Workspace, kind: str, subject: str) -> int:
    """Sequence number of the event before the first of this kind."""
    first = events.list_events(workspace.registry.read(), kind=kind, subject=subject, limit=1)
    return first[0].sequence - 1 if first else 0


def _is_run_settled(workspace: Workspace, run_id: int) -> bool:
    run = require_run(workspace, run_id)
    if not run.state.is_over:
        return False
    release = _release_of(workspace, run)
    return release is None or release.state.value != "running"


def _subjects_of_run(workspace: Workspace, run_id: int) -> Callable[[], set[str]]:
    def subjects() -> set[str]:
        run = require_run(workspace, run_id)
        release = _release_of(workspace, run)
        names = {str(run_id)}
        if run.version_id is not None:
            names.add(version_name(run.version_id))
        if release is not None:
            names.add(release_name(release.id))
        return names

    return subjects


def _release_of(workspace: Workspace, run: Run) -> Release | None:
    if run.version_id is None:
        return None
    found = releases.list_releases(workspace.registry.read(), version_id=run.version_id, limit=100)
    return found[-1] if found else None


def require_run(workspace: Workspace, run_id: int) -> Run:
    run = runs.find(workspace.registry.read(), run_id)
    if run is None:
        raise NotFound(f"there is no run {run_id}", hint="mltui run list shows what there is")
    return run


def _release(workspace: Workspace, release_id: int) -> Release:
    release = releases.find(workspace.registry.read(), release_id)
    if release is None:
        raise NotFound(f"there is no {release_name(release_id)}", hint="mltui release list shows what there is")
    return release
