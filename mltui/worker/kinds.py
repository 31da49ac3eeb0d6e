"""How each kind of job is carried, and how one that came to no good end is written down.

What carries runs and releases is loaded at the first of them: a worker that is started for a rollback is there sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mltui.domain.job import JobKind
from mltui.worker.environments.carry_rollback import carry_rollback, carry_start, carry_stop
from mltui.worker.environments.carry_share import carry_share
from mltui.worker.journal import Journal


def _carry_run(journal: Journal) -> Mapping[str, Any]:
    from mltui.worker.runs.carry_run import carry_run

    return carry_run(journal)


def _carry_release(journal: Journal) -> Mapping[str, Any]:
    from mltui.worker.releases.carry_release import carry_release

    return carry_release(journal)


def _end_run(journal: Journal, *, reason: str, is_cancelled: bool) -> None:
    from mltui.worker.runs.carry_run import end_run

    end_run(journal, reason=reason, is_cancelled=is_cancelled)


def _end_release(journal: Journal, *, reason: str, is_cancelled: bool) -> None:
    from mltui.worker.releases.carry_release import end_release

    end_release(journal, reason=reason, is_cancelled=is_cancelled)


CARRY: Mapping[JobKind, Callable[[Journal], Mapping[str, Any]]] = {
    JobKind.RUN: _carry_run,
    JobKind.RELEASE: _carry_release,
    JobKind.ROLLBACK: carry_rollback,
    JobKind.STOP: carry_stop,
    JobKind.START: carry_start,
    JobKind.SHARE: carry_share,
}

END: Mapping[JobKind, Callable[..., None]] = {JobKind.RUN: _end_run, JobKind.RELEASE: _end_release}
"""The other kinds leave nothing but their error."""
