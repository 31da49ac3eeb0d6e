"""Tells programs outside of events: a thread for each, so that a slow one holds up neither the work nor the others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from mltui.config.policy import POLICY_FILE
from mltui.domain.policy import Notifier
from mltui.errors import ConfigInvalid, MltuiError
from mltui.operations.acting.listeners import begin_telling, is_begun
from mltui.operations.workspaces.telling import is_due, take_up, tell_next
from mltui.workspace import Workspace

log = logging.getLogger("mltui.worker")

FINISH_SECONDS = 2.0


class Notifying:
    """Called once a loop."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._threads: dict[str, threading.Thread] = {}
        self._stopping = threading.Event()
        self._notifiers: Mapping[str, Notifier] = {}
        self._read = (0, 0)
        """Of the policy that was read: time of its last change and size."""

    def tick(self) -> None:
        self._reread()
        self._threads = {name: thread for name, thread in self._threads.items() if thread.is_alive()}
        for name, notifier in self._notifiers.items():
            if name not in self._threads and is_due(self._workspace, name):
                thread = threading.Thread(target=self._tell, args=(name, notifier), name=f"notify {name}", daemon=True)
                self._threads[name] = thread
                thread.start()

    def finish(self) -> None:
        """Gives the programs that run a moment; what is killed then is told again by the next worker."""
        deadline = time.monotonic() + FINISH_SECONDS
        for thread in self._threads.values():
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        self._stopping.set()
        for thread in self._threads.values():
            thread.join(timeout=FINISH_SECONDS)

    def _reread(self) -> None:
        """While the policy cannot be read, those that it named last are told."""
        try:
            stat = (self._workspace.folder / POLICY_FILE).stat()
            if (stat.st_mtime_ns, stat.st_size) == self._read:
                return
            policy = self._workspace.policy()
        except (OSError, ConfigInvalid):
            return
        if not is_begun(self._workspace.registry.read(), policy):
            with self._workspace.registry.write() as tx:
                begin_telling(tx, policy)
        self._notifiers, self._read = policy.notify, (stat.st_mtime_ns, stat.st_size)

    def _tell(self, name: str, notifier: Notifier) -> None:
        try:
            take_up(self._workspace, name, notifier)
            while tell_next(self._workspace, name, notifier, is_stopping=self._stopping.is_set):
                pass
        except MltuiError as error:
            log.warning("%s is not told: %s", name, error.message)
        except Exception:
            log.exception("telling %s", name)
        finally:
            self._workspace.registry.release()
