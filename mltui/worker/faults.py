"""Which failures pass by themselves: the job that met one is carried again, and nothing of it is written down."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from mltui.errors import MltuiError, Unreachable

GATEWAY_SILENT = "gateway_silent"
"""Code of a gateway that does not do what it is told: an answer about the deployment, not about the engine."""
_PASSING = frozenset({"registry_busy", "registry_disk"})


def is_passing(error: MltuiError) -> bool:
    """The registry is locked, the disk full, or the engine does not answer."""
    is_away = isinstance(error, Unreachable) and error.code != GATEWAY_SILENT
    return is_away or error.code in _PASSING or _is_full(error.__cause__)


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Raises the passing failure that it is where a file cannot be written for want of room."""
    try:
        yield
    except OSError as error:
        if not _is_full(error):
            raise
        raise MltuiError("the workspace's disk is full", hint="free space on it", code="disk_full") from error


def _is_full(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
