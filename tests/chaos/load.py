"""Callers on the endpoint for as long as the world lasts, none of which tries twice; what each of them saw."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stories.load import ANSWER_SECONDS, SECONDS_BETWEEN, Caller, Record

CALLERS = 4


@dataclass(frozen=True, slots=True)
class Load:
    callers: tuple[Caller, ...]

    def since(self, moment: float) -> list[Record]:
        """Requests that were answered, or lost, after that monotonic moment, by the end of each."""
        found = [record for caller in self.callers for record in _newest(caller.records, moment)]
        return sorted(found, key=lambda record: record[1])

    def lost_since(self, moment: float) -> int:
        return sum(not _is_answer(record) for record in self.since(moment))

    def reasons_since(self, moment: float) -> set[str]:
        """Status, or what the connection died of."""
        lost = [record for record in self.since(moment) if not _is_answer(record)]
        return {f"{record[2]}" if record[2] else record[3] for record in lost}

    def silent_seconds(self, moment: float) -> float:
        """From that moment to the first answer after the last request that was lost; 0 where none was."""
        records = self.since(moment)
        last_lost = max((record[1] for record in records if not _is_answer(record)), default=None)
        if last_lost is None:
            return 0.0
        return min((record[1] for record in records if record[1] > last_lost), default=time.monotonic()) - moment


def _is_answer(record: Record) -> bool:
    return record[2] == 200


def _newest(records: list[Record], moment: float) -> Iterator[Record]:
    for position in range(len(records) - 1, -1, -1):
        if records[position][1] <= moment:
            return
        yield records[position]


@contextmanager
def load_on(endpoint: str, picture: bytes) -> Iterator[Load]:
    """Half of the callers keep their connection."""
    host, _, port = endpoint.rpartition(":")
    is_over = threading.Event()
    callers = tuple(
        Caller(
            (host, int(port)),
            picture,
            is_kept=number % 2 == 0,
            is_over=is_over,
            first_pause=number * SECONDS_BETWEEN / CALLERS,
        )
        for number in range(CALLERS)
    )
    for caller in callers:
        caller.start()
    try:
        yield Load(callers)
    finally:
        is_over.set()
        for caller in callers:
            caller.join(ANSWER_SECONDS)
