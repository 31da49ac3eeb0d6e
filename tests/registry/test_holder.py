"""Who is told of, and who is ended, while another process stands inside of a transaction."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from registry_processes import start
from registry_values import NOW

from mltui.errors import Conflict
from mltui.processes import is_stopped, start_ticks
from mltui.registry import Registry, meta, worker
from mltui.registry.holder import holder

HOLD = """
    registry = Registry.open(Path(sys.argv[1]))
    with registry.write() as tx:
        meta.put(tx, "half", "done")
        print("held", flush=True)
        sys.stdin.readline()
"""


@contextmanager
def holding(registry: Registry, *, beats: bool) -> Iterator[subprocess.Popen[str]]:
    """Another process stands inside of a transaction; where it beats, it is the worker."""
    with start(HOLD, registry.path) as process:
        try:
            if beats:
                with registry.write() as tx:
                    ticks = start_ticks(process.pid) or 0
                    worker.beat(tx, pid=process.pid, start_ticks=ticks, build="1", host="here", at=NOW)
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
    with holding(registry, beats=True) as process:
        assert holder(registry.path) == process.pid
        stop(process)
        assert is_stopped(process.pid)
        with registry.write() as tx:
            assert meta.get(tx, "half") is None
            meta.put(tx, "after", "it")
        assert process.wait(10) == -signal.SIGKILL
    assert holder(registry.path) is None
    assert meta.get(registry.read(), "after") == "it"


def test_a_worker_that_is_only_slow_is_waited_for(registry: Registry) -> None:
    with holding(registry, beats=True) as process:
        with pytest.raises(Conflict) as refusal, registry.write():
            pass
        assert refusal.value.code == "registry_busy"
        assert process.poll() is None


def test_another_process_that_is_stopped_is_named_and_left_alone(registry: Registry) -> None:
    with holding(registry, beats=False) as process:
        stop(process)
        with pytest.raises(Conflict, match=f"process {process.pid}, which is stopped") as refusal, registry.write():
            pass
        assert (refusal.value.code, process.poll()) == ("registry_busy", None)
