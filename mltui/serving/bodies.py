"""Takes request bodies in: within a size, within a time, and all of them together within a budget of memory."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, TypeAlias

import orjson
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mltui.serving.answers import JSON_LENGTH
from mltui.serving.description import InvalidInput

Message: TypeAlias = MutableMapping[str, Any]
Headers: TypeAlias = list[tuple[bytes, bytes]]
Receive: TypeAlias = Callable[[], Awaitable[Message]]


class ClientGone(Exception):
    """The caller hung up before its request was complete."""


class BodyBudget:
    """Bytes that all bodies in flight may hold together, given out first come, first served."""

    def __init__(self, total_bytes: int) -> None:
        self._free = total_bytes
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def try_take(self, count: int) -> bool:
        """Whether there is room now, with nobody waiting for it; whoever takes gives it back."""
        has_room = not self._waiting and count <= self._free
        if has_room:
            self._free -= count
        return has_room

    async def take(self, count: int) -> None:
        """`count` may not pass the total, or it waits for ever."""
        if self.try_take(count):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(count)
            self._serve_next()
            raise

    def give_back(self, count: int) -> None:
        self._free += count
        self._serve_next()

    def _serve_next(self) -> None:
        while self._waiting:
            count, turn = self._waiting[0]
            if not turn.done():
                if count > self._free:
                    return
                self._free -= count
                turn.set_result(None)
            self._waiting.popleft()


def is_complete(receive: Receive) -> bool:
    """Whether the whole body is there already, as nearly always with a small one; then no deadline need be set."""
    cycle = getattr(receive, "__self__", None)
    return isinstance(cycle, RequestResponseCycle) and not cycle.more_body


async def read_body(receive: Receive, *, max_bytes: int) -> bytes:
    """Raises `InvalidInput` 413 as soon as there are more, `ClientGone` when the caller hangs up."""
    chunks: list[bytes] = []
    count = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        count += len(chunk)
        if count > max_bytes:
            raise too_many_bytes(max_bytes)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def too_many_bytes(max_bytes: int) -> InvalidInput:
    return InvalidInput(413, "too_many_bytes", f"the body has more than the {max_bytes} bytes that are allowed")


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    for key, value in headers:
        if key == name:
            return value
    return None


def declared_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Content-Length, which the HTTP parser has checked; None for a chunked body."""
    value = header(headers, b"content-length")
    return int(value) if value is not None and value.isdigit() else None


def json_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """How much of the body is JSON, where raw tensors follow it; raises `InvalidInput`."""
    value = header(headers, JSON_LENGTH)
    if value is not None and not (value.isdigit() and len(value) < 16):
        raise InvalidInput(400, "not_a_tensor", "Inference-Header-Content-Length is not a number of bytes")
    return None if value is None else int(value)


def media_type(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Lower case, without parameters; empty where none was given."""
    value = header(headers, b"content-type") or b""
    if value == b"application/json":
        return "application/json"
    return value.split(b";", 1)[0].strip().lower().decode("latin-1")


def parse_object(body: bytes) -> Mapping[str, Any]:
    """Strict JSON, one object; numbers beyond a double and NaN are 422, everything else that is no JSON 400."""
    try:
        row = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if _holds_no_finite_number(body):
            raise InvalidInput(
                422, "not_finite", "NaN, Infinity and numbers beyond a double are not allowed"
            ) from error
        raise InvalidInput(400, "not_json", f"the body is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidInput(422, "not_an_object", "the body is JSON, but not an object")
    return row


class _NotFinite(Exception):
    pass


def _holds_no_finite_number(body: bytes) -> bool:
    """Whether the body would be JSON but for its numbers. Asked only about what the strict parser has refused."""
    try:
        json.loads(body, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_finite)
    except _NotFinite:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _refuse_constant(name: str) -> float:
    raise _NotFinite(name)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _NotFinite(text)
    return value
