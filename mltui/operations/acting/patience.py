"""For those who wait for work: sees to it that a worker is there meanwhile."""

from __future__ import annotations

import time
from datetime import timedelta

from mltui.errors import MltuiError, Unreachable
from mltui.operations.acting.wake import HANGS_AFTER, wake_worker, worker_is_there
from mltui.workspace import WORKER_LOG_FILE, Workspace

SILENT_SECONDS = 30.0
"""Without any worker for this long, waiting ends with an error."""
START_SECONDS = 3.0
"""How long a worker that was started may take until it beats, before another is."""


class WorkerPatience:
    """Looks once a second whether a worker is there: starts one when there is none, gives up when none stays.

    Begins right after an act, which has started one already if there was none.
    """

    def __init__(self, workspace: Workspace, *, hangs_after: timedelta = HANGS_AFTER) -> None:
        self._workspace, self._hangs_after = workspace, hangs_after
        self._looked = self._seen = self._started = time.monotonic()

    def look(self) -> None:
        now = time.monotonic()
        if now - self._looked < 1:
            return
        self._looked = now
        if worker_is_there(self._workspace, hangs_after=self._hangs_after):
            self._seen = now
            return
        if now - self._seen > SILENT_SECONDS:
            log = self._workspace.folder / WORKER_LOG_FILE
            raise Unreachable("the worker does not start", hint=f"its log is {log}", code="worker_missing")
        if now - self._started > START_SECONDS and self._can_beat():
            self._started = now
            wake_worker(self._workspace, hangs_after=self._hangs_after)

    def _can_beat(self) -> bool:
        """Whether the registry takes a heartbeat at all: while another holds it, a silent worker does not hang."""
        try:
            with self._workspace.registry.write():
                return True
        except MltuiError:
            return False
