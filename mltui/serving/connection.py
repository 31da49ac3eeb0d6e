"""Uvicorn's HTTP connection with what it leaves open: a deadline and a size for heads, and JSON for broken ones."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mltui.serving.answers import Answer, failure, head, request_id_of

OVERHEAD_BYTES = 1024 * 1024
"""Of one request, beside its body: head, chunk sizes and extensions, trailers."""


class GuardedConnection(HttpToolsProtocol):
    """The application it serves has a `version` for the headers, and `head_seconds`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._waits_since: float | None = None
        self._is_in_head = False
        self._overhead = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        self._look_in(self.app.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._overhead += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._overhead > OVERHEAD_BYTES:
            self._refuse(431, "head_too_large", f"more than {OVERHEAD_BYTES} bytes beside the body")
        elif self._waits_since is None and self._is_idle():
            self._waits_since = self.loop.time()

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._overhead = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._waits_since = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._overhead -= len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "not_http", "the request is not valid HTTP")

    def _unsupported_upgrade_warning(self) -> None:
        """Said by anyone who likes, so not worth a line in the log."""

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _look_in(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._on_deadline)

    def _on_deadline(self) -> None:
        """One timer a connection, that looks how long a head is waited for: one a request would cost more than that."""
        left = self.app.head_seconds
        if self._waits_since is not None:
            left -= self.loop.time() - self._waits_since
        if left > 0:
            self._look_in(left)
            return
        if self._is_in_head:
            self._refuse(408, "too_slow", "the request's head did not arrive in time")
        else:
            self.transport.close()

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Closes; answers in place of the application where the answer would be that of the broken request."""
        if not self._is_idle() and not self.cycle.more_body:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        if not self.pipeline and (self._is_in_head or self.cycle is None or not self.cycle.response_complete):
            self._write(failure(status, code, message))
        self.transport.close()

    def _write(self, answer: Answer) -> None:
        request_id = request_id_of(())
        body = answer.encoded(request_id)
        lines = head(answer, body, request_id=request_id, version=self.app.version)
        fields = [name + b": " + value + b"\r\n" for name, value in [*lines, (b"connection", b"close")]]
        self.transport.write(b"".join([STATUS_LINE[answer.status], *fields, b"\r\n", body]))
