"""Takes in the bodies of requests to a model: each within a size and a time, all of them within a budget of memory."""

from __future__ import annotations

import asyncio

from mltui.serving.bodies import BodyBudget, Headers, Receive, declared_bytes, is_complete, read_body, too_many_bytes
from mltui.serving.description import InvalidInput

LEAST_BODIES = 4
"""Bodies of the largest size that are in flight together, at least; else two for each thread."""


class Intake:
    def __init__(self, *, max_bytes: int, threads: int, seconds: float) -> None:
        """`seconds` for a whole body, waiting for its turn included."""
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.budget = BodyBudget(max_bytes * max(LEAST_BODIES, 2 * threads))

    def body(self, headers: Headers, receive: Receive) -> HeldBody:
        """Raises `InvalidInput` for one that says itself that it is too large."""
        declared = declared_bytes(headers)
        if declared is not None and declared > self.max_bytes:
            raise too_many_bytes(self.max_bytes)
        return HeldBody(self, receive, self.max_bytes if declared is None else declared)


class HeldBody:
    """A body within a block, and its share of the budget as long as that lasts. A class of its own, for every request
    goes through it and a generator takes its time."""

    __slots__ = ("_count", "_intake", "_receive")

    def __init__(self, intake: Intake, receive: Receive, count: int) -> None:
        self._intake = intake
        self._receive = receive
        self._count = count

    async def __aenter__(self) -> bytes:
        """Raises `InvalidInput`, `ClientGone`."""
        has_turn = self._intake.budget.try_take(self._count)
        try:
            if has_turn and is_complete(self._receive):
                return await read_body(self._receive, max_bytes=self._intake.max_bytes)
            async with asyncio.timeout(self._intake.seconds):
                if not has_turn:
                    await self._intake.budget.take(self._count)
                    has_turn = True
                return await read_body(self._receive, max_bytes=self._intake.max_bytes)
        except BaseException as error:
            if has_turn:
                self._intake.budget.give_back(self._count)
            if not isinstance(error, TimeoutError):
                raise
            if has_turn:
                raise InvalidInput(408, "too_slow", "the body did not arrive in time") from error
            raise InvalidInput(429, "too_busy", "too many large bodies are being read; try again") from error

    async def __aexit__(self, *failure: object) -> None:
        self._intake.budget.give_back(self._count)
