"""Who is told of, and who is ended, while another process stands inside of a transaction."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getuser

import pytest
from registry_processes import start
from registry_values import NOW

from mltui.errors import Conflict
from mltui.processes import is_stopped, start_ticks
from mltui.registry import Registry, meta, worker
from mltui.registry.holder import SILENT, holder

HOLD = """
    registry = Registry.open(Path(sys.argv[1]))
    with registry.write() as tx:
        meta.put(tx, "half", "done")
        print("held", flush=True)
        sys.stdin.readline()
"""


@contextmanager
def holding(registry: Registry, *, beat_at: datetime | None) -> Iterator[subprocess.Popen[str]]:
    """Another process stands inside of a transaction; where it beat, it is the worker."""
    with start(HOLD, registry.path) as process:
        try:
            if beat_at is not None:
                with registry.write() as tx:
                    ticks = start_ticks(process.pid) or 0
                    worker.beat(tx, pid=process.pid, start_ticks=ticks, build="1", host="here", at=beat_at)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "held\n"
            registry.read().execute("PRAGMA busy_timeout = 100")
            yield process
        finally:
            process.kill()


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


def test_a_worker_that_was_stopped_inside_of_a_transaction_is_ended_for_the_next_one(registry: Registry) -> None:
    with holding(registry, beat_at=NOW) as process:
        assert holder(registry.path) == process.pid
        stop(process)
        assert is_stopped(process.pid)
        with registry.write() as tx:
            assert meta.get(tx, "half") is None
            meta.put(tx, "after", "it")
        assert process.wait(10) == -signal.SIGKILL
    assert holder(registry.path) is None
    assert meta.get(registry.read(), "after") == "it"


def test_a_worker_that_hangs_inside_of_a_transaction_is_ended_when_it_has_not_beaten_for_long(
    registry: Registry,
) -> None:
    with holding(registry, beat_at=datetime.now(UTC) - SILENT) as process:
        with registry.write() as tx:
            assert meta.get(tx, "half") is None
        assert process.wait(10) == -signal.SIGKILL


def test_a_worker_that_is_only_slow_is_waited_for(registry: Registry) -> None:
    with holding(registry, beat_at=datetime.now(UTC)) as process:
        with pytest.raises(Conflict) as refusal, registry.write():
            pass
        assert refusal.value.code == "registry_busy"
        assert refusal.value.message == f"the registry is held by process {process.pid} of {getuser()}"
        assert f"kill -KILL {process.pid}" in refusal.value.hint
        assert process.poll() is None


def test_another_process_that_is_stopped_is_named_and_left_alone(registry: Registry) -> None:
    with holding(registry, beat_at=None) as process:
        stop(process)
        with (
            pytest.raises(Conflict, match=f"process {process.pid} of .*, which is stopped") as refusal,
            registry.write(),
        ):
            pass
        assert (refusal.value.code, process.poll()) == ("registry_busy", None)
