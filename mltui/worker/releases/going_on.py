"""What follows a release that arrived somewhere in the middle of the order: the next one opens by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.domain.passable import unsatisfiable
from mltui.domain.way import next_stop
from mltui.operations.releases.open_release import add_release
from mltui.registry import Connection, releases
from mltui.worker.journal import WORKER
from mltui.worker.releases.release_work import ReleaseWork


def go_on(work: ReleaseWork) -> None:
    """Not where one of this version is on its way there already, or where nobody could ever pass the gate."""
    goal = next_stop(work.policy, work.goal)
    if goal is None or unsatisfiable(work.policy.environments[goal].gate, work.policy.operators):
        return

    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        if any(each.version_id == work.version.id for each in releases.unfinished(tx, environment=goal)):
            return
        by, at = work.release.opened_by, work.workspace.now()
        add_release(tx, version_id=work.version.id, environment=goal, opened_by=by, actor=WORKER, at=at)

    work.journal.note("gone on", commit)
