"""What /proc tells of a process. Imports only what starts quickly, for the shim."""

from __future__ import annotations


def stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third on (state, ppid, pgrp, session, …); None without such a process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].decode("ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when gone or a zombie. Tells reused pids apart."""
    fields = stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[19])


def is_stopped(pid: int) -> bool:
    """Whether it was stopped, by SIGSTOP or by its terminal, and waits for somebody to let it go on."""
    fields = stat_fields(pid)
    return fields is not None and fields[0] in "Tt"
