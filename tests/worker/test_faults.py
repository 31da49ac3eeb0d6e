from __future__ import annotations

import errno

import pytest

from mltui.errors import MltuiError, Unreachable, WorkFailed
from mltui.worker.faults import GATEWAY_SILENT, full_disk_told, is_passing


def test_a_full_disk_passes_whoever_met_it() -> None:
    with pytest.raises(MltuiError, match="disk is full") as told, full_disk_told():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert is_passing(told.value)
    translated = WorkFailed("could not start d1.1", hint="look at the disk")
    translated.__cause__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    assert is_passing(translated)


def test_other_failures_of_files_are_faults() -> None:
    with pytest.raises(FileNotFoundError), full_disk_told():
        raise FileNotFoundError(errno.ENOENT, "No such file")
    assert not is_passing(WorkFailed("the step failed", hint="see its log"))


def test_an_engine_that_is_away_passes_and_a_silent_gateway_does_not() -> None:
    assert is_passing(Unreachable("could not start: Docker does not answer", hint="start it"))
    assert not is_passing(Unreachable("the gateway does not answer", hint="see its log", code=GATEWAY_SILENT))
