"""Turns what the file system says into errors that a person can act on; the only place that does."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from mltui.errors import MltuiError, Refused

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def translated() -> Iterator[None]:
    """Raises `Refused` where writing is forbidden, `MltuiError` with the code `disk_full` or `store_failed` else."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise MltuiError("the store's disk is full", hint="free space on it", code="disk_full") from error
        if error.errno in _FORBIDDEN:
            hint = "are you in the workspace's group, and is its disk writable?"
            raise Refused(f"the store cannot be used: {error}", hint=hint, code="store_forbidden") from error
        raise MltuiError(f"the store failed: {error}", hint="look at its disk", code="store_failed") from error
