"""What the server says: bodies and headers of its answers as values, and nothing of how they travel."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from mltui.serving.description import InvalidInput

JSON_LENGTH = b"inference-header-content-length"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers: version (`v7`), package digest (hex), deployment (`d18`)."""

    version: str
    package: str
    deployment: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, object] | str
    """JSON, with `request_id` put in front when it is sent; or a text, as it is."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    has_request_id: bool = field(default=True, kw_only=True)
    media_type: bytes = field(default=b"application/json", kw_only=True)
    tail: bytes | None = field(default=None, kw_only=True)
    """Raw tensors behind the JSON; a header then tells where they begin, even if they are empty."""

    def encoded(self, request_id: str) -> bytes:
        if isinstance(self.body, str):
            return self.body.encode()
        return orjson.dumps({"request_id": request_id, **self.body} if self.has_request_id else self.body)


def refusal(error: InvalidInput, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    return failure(error.status, error.code, error.message, headers)


def failure(status: int, code: str, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    return Answer(status, {"error": {"code": code, "message": _printable(message)}}, headers)


def head(answer: Answer, body: bytes, *, request_id: str, version: str) -> list[tuple[bytes, bytes]]:
    """`body` is the JSON alone."""
    tail = answer.tail
    framing = () if tail is None else ((JSON_LENGTH, str(len(body)).encode()),)
    return [
        (b"content-type", answer.media_type),
        (b"content-length", str(len(body) + len(tail or b"")).encode()),
        *framing,
        (b"x-request-id", request_id.encode()),
        (b"x-mltui-version", version.encode()),
        *answer.headers,
    ]


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's own where it can stand in a header and a log line as it is, else a new one.

    It names a request and guards nothing, so it need not come from the system's slow source of randomness.
    """
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode()
    return f"{random.getrandbits(64):016x}"


def _printable(message: str) -> str:
    """orjson refuses lone surrogates, which a broken picture's metadata may hold."""
    return message.encode("utf-8", "replace").decode()
