"""Takes in the bodies of requests to a model: each within a size and a time, all of them within a budget of memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from mltui.serving.bodies import BodyBudget, Headers, Receive, declared_bytes, read_body, too_many_bytes
from mltui.serving.description import InvalidInput

LEAST_BODIES = 4
"""Bodies of the largest size that are in flight together, at least; else two for each thread."""


class Intake:
    def __init__(self, *, max_bytes: int, threads: int, seconds: float) -> None:
        """`seconds` for a whole body, waiting for its turn included."""
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._budget = BodyBudget(max_bytes * max(LEAST_BODIES, 2 * threads))

    @asynccontextmanager
    async def body(self, headers: Headers, receive: Receive) -> AsyncIterator[bytes]:
        """With its share of the budget held until the block is left. Raises `InvalidInput`, `ClientGone`."""
        declared = declared_bytes(headers)
        if declared is not None and declared > self._max_bytes:
            raise too_many_bytes(self._max_bytes)
        async with AsyncExitStack() as held:
            yield await self._take_in(receive, held, self._max_bytes if declared is None else declared)

    async def _take_in(self, receive: Receive, held: AsyncExitStack, count: int) -> bytes:
        has_turn = False
        try:
            async with asyncio.timeout(self._seconds):
                await held.enter_async_context(self._budget.hold(count))
                has_turn = True
                return await read_body(receive, max_bytes=self._max_bytes)
        except TimeoutError as error:
            if has_turn:
                raise InvalidInput(408, "too_slow", "the body did not arrive in time") from error
            raise InvalidInput(429, "too_busy", "too many large bodies are being read; try again") from error
