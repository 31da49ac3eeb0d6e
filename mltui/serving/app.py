"""The ASGI application: routes, limits, and inference in a few threads. Whatever is sent to it, it answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeAlias

from mltui.serving.answers import Answer, failure, head, refusal, request_id_of
from mltui.serving.bodies import (
    BodyBudget,
    ClientGone,
    Message,
    Receive,
    declared_bytes,
    media_type,
    parse_row,
    read_body,
    too_many_bytes,
)
from mltui.serving.description import InvalidInput, ModelDescription, PictureInput
from mltui.serving.memory import peak_memory_bytes
from mltui.serving.metrics import CONTENT_TYPE, RequestMetrics
from mltui.serving.settings import ServerSettings

if TYPE_CHECKING:
    from mltui.serving.model import Input, ServedModel

Scope: TypeAlias = Mapping[str, Any]
Headers: TypeAlias = list[tuple[bytes, bytes]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Handler: TypeAlias = Callable[[Headers, Receive], Awaitable[Answer]]

MAX_ROW_BYTES = 1024 * 1024
LEAST_BODIES = 4
"""Bodies of the largest size that are in flight together, at least; else two for each thread."""
NOT_PICTURES = frozenset({"application/json", "multipart/form-data"})
"""`application/x-www-form-urlencoded` is what curl says of any body that nobody named: there the bytes decide."""
PROBES = frozenset({"/live", "/ready", "/metrics"})
"""What watchers ask; not counted among the requests."""
NOT_READY = failure(503, "not_ready", "the model is not loaded yet")

log = logging.getLogger("mltui.serving")


class Application:
    """Serves one model, once `load` has brought it in."""

    def __init__(self, settings: ServerSettings, description: ModelDescription) -> None:
        self.version = settings.identity.version
        self.head_seconds = settings.head_seconds
        self._settings = settings
        self._description = description
        spec = description.input
        self._max_bytes = spec.max_bytes if isinstance(spec, PictureInput) else MAX_ROW_BYTES
        self._budget = BodyBudget(self._max_bytes * max(LEAST_BODIES, 2 * settings.cpus))
        self._threads = ThreadPoolExecutor(settings.cpus, thread_name_prefix="predict")
        self._model: ServedModel | None = None
        self._requests = 0
        self._metrics, self._metrics_of_probes = RequestMetrics(), RequestMetrics()
        self._routes: Mapping[str, tuple[tuple[str, ...], Handler]] = {
            "/predict": (("POST",), self._predict),
            "/live": (("GET", "HEAD"), self._live),
            "/ready": (("GET", "HEAD"), self._ready),
            "/metrics": (("GET",), self._tell_metrics),
        }

    async def load(self) -> None:
        """Opens the model and predicts once with it; raises `ModelInvalid`."""
        self._model = await asyncio.get_running_loop().run_in_executor(self._threads, self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request_id = request_id_of(scope["headers"])
        metrics = self._metrics_of_probes if scope["path"] in PROBES else self._metrics
        metrics.in_flight += 1
        try:
            answer = await self._answer(scope, receive)
        except InvalidInput as error:
            answer = refusal(error)
        except ClientGone:
            return
        except Exception:
            log.exception("request %s failed", request_id)
            answer = failure(500, "internal", "a fault of the server; its log says more")
        finally:
            metrics.in_flight -= 1
        metrics.answered(answer.status)
        await self._send(send, answer, request_id)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        route = self._routes.get(scope["path"])
        if route is None:
            raise InvalidInput(404, "not_found", f"there are only {', '.join(self._routes)}")
        methods, handler = route
        if scope["method"] not in methods:
            allowed = ", ".join(methods)
            return failure(405, "method_not_allowed", f"only {allowed}", ((b"allow", allowed.encode()),))
        return await handler(scope["headers"], receive)

    async def _send(self, send: Send, answer: Answer, request_id: str) -> None:
        body = answer.encoded(request_id)
        headers = head(answer, body, request_id=request_id, version=self.version)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, headers: Headers, receive: Receive) -> Answer:
        return Answer(200, {"live": True}, has_request_id=False)

    async def _ready(self, headers: Headers, receive: Receive) -> Answer:
        identity = self._settings.identity
        state = {
            "ready": self._model is not None,
            "version": identity.version,
            "package": identity.package,
            "deployment": identity.deployment,
            "classes": list(self._description.classes) or None,
            "peak_memory_bytes": peak_memory_bytes(),
            "requests": self._requests,
        }
        return Answer(200 if self._model is not None else 503, state, has_request_id=False)

    async def _tell_metrics(self, headers: Headers, receive: Receive) -> Answer:
        text = self._metrics.text(self._settings.identity, peak_memory_bytes=peak_memory_bytes())
        return Answer(200, text, has_request_id=False, media_type=CONTENT_TYPE)

    async def _predict(self, headers: Headers, receive: Receive) -> Answer:
        self._requests += 1
        if self._model is None:
            return NOT_READY
        self._check_media_type(media_type(headers))
        declared = declared_bytes(headers)
        if declared is not None and declared > self._max_bytes:
            raise too_many_bytes(self._max_bytes)
        async with AsyncExitStack() as held:
            body = await self._take_in(receive, held, self._max_bytes if declared is None else declared)
            loop, started = asyncio.get_running_loop(), time.perf_counter()
            try:
                return await loop.run_in_executor(self._threads, self._prediction, self._model, body)
            finally:
                self._metrics.took(time.perf_counter() - started)

    async def _take_in(self, receive: Receive, held: AsyncExitStack, count: int) -> bytes:
        """The body, with its share of the budget held until `held` is left."""
        has_turn = False
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                await held.enter_async_context(self._budget.hold(count))
                has_turn = True
                return await read_body(receive, max_bytes=self._max_bytes)
        except TimeoutError as error:
            if has_turn:
                raise InvalidInput(408, "too_slow", "the body did not arrive in time") from error
            raise InvalidInput(429, "too_busy", "too many large bodies are being read; try again") from error

    def _check_media_type(self, given: str) -> None:
        if isinstance(self._description.input, PictureInput):
            if given in NOT_PICTURES or given.endswith("+json"):
                raise InvalidInput(415, "wrong_type", f"send the picture's bytes as they are, not {given}")
        elif given != "application/json" and given:
            raise InvalidInput(415, "wrong_type", "send the row as application/json")

    def _open(self) -> ServedModel:
        from mltui.serving.model import ServedModel  # onnxruntime takes a while; the socket answers meanwhile

        return ServedModel.open(self._settings.model, threads=1)

    def _prediction(self, model: ServedModel, body: bytes) -> Answer:
        """Runs in a thread. The clock runs over parsing, decoding and inference."""
        started = time.perf_counter()
        given: Input = body if isinstance(self._description.input, PictureInput) else parse_row(body)
        scores = model.predict([given])[0]
        milliseconds = round((time.perf_counter() - started) * 1000, 3)
        return Answer(200, {"version": self.version, **self._said(scores), "milliseconds": milliseconds})

    def _said(self, scores: Any) -> dict[str, object]:
        classes = self._description.classes
        if not classes:
            return {"value": float(scores)}
        top = int(scores.argmax())
        named = dict(zip(classes, scores.tolist(), strict=True))
        return {"label": classes[top], "score": named[classes[top]], "scores": named}
