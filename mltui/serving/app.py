"""The ASGI application: routes, limits, and inference in a few threads. Whatever is sent to it, it answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from mltui.serving import protocol
from mltui.serving.answers import Answer, failure, head, refusal, request_id_of
from mltui.serving.bodies import ClientGone, Headers, Message, Receive, json_bytes, media_type
from mltui.serving.description import InvalidInput, ModelDescription, PictureInput, RowInput
from mltui.serving.intake import Intake
from mltui.serving.memory import peak_memory_bytes
from mltui.serving.metrics import CONTENT_TYPE, RequestMetrics
from mltui.serving.prediction import predict
from mltui.serving.protocol import ModelName
from mltui.serving.settings import ServerSettings

if TYPE_CHECKING:
    from mltui.serving.model import ServedModel

    Work: TypeAlias = Callable[[ServedModel, bytes], Answer]

Scope: TypeAlias = Mapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

MAX_ROW_BYTES = 1024 * 1024
NOT_PICTURES = frozenset({"application/json", "multipart/form-data"})
"""`application/x-www-form-urlencoded` is what curl says of any body that nobody named: there the bytes decide."""
QUICK_SECONDS = 0.0005
QUICK_BYTES = 2048
"""A row so short, for a table model that takes one in so little time, is answered without a thread: the way there and
back would take longer, and nobody else waits longer for that. A batch may hold hundreds."""
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
        self._intake = Intake(
            max_bytes=spec.max_bytes if isinstance(spec, PictureInput) else MAX_ROW_BYTES,
            threads=settings.cpus,
            seconds=settings.body_seconds,
        )
        self._threads = ThreadPoolExecutor(settings.cpus, thread_name_prefix="predict")
        self._model: ServedModel | None = None
        self._is_quick = False
        self._requests = 0
        self._metrics, self._metrics_of_looks = RequestMetrics(), RequestMetrics()
        self._name = ModelName(settings.model_name, self.version)
        self._looks = self._all_looks()
        self._works = {"/predict": self._predicting} | {
            f"{place}/infer": self._inferring for place in self._name.places
        }

    async def load(self) -> None:
        """Opens the model and predicts once with it; raises `ModelInvalid`."""
        self._model = await asyncio.get_running_loop().run_in_executor(self._threads, self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request_id = request_id_of(scope["headers"])
        metrics = self._metrics_of_looks if scope["path"] in self._looks else self._metrics
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
        in_its_words = scope["path"].startswith(protocol.ROOT)
        answer = protocol.in_words(answer) if in_its_words else answer
        body = answer.encoded(request_id)
        headers = head(answer, body, request_id=request_id, version=self.version)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body + answer.tail if answer.tail else body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if (prepare := self._works.get(path)) is not None:
            return await self._work(prepare, scope["headers"], receive) if method == "POST" else _only("POST")
        if (look := self._looks.get(path)) is not None:
            return look() if method in ("GET", "HEAD") else _only("GET, HEAD")
        known = ", ".join((*self._works, "/live", "/ready", "/metrics", protocol.ROOT))
        raise InvalidInput(404, "not_found", f"there are only {known}")

    async def _work(self, prepare: Callable[[Headers], Work], headers: Headers, receive: Receive) -> Answer:
        self._requests += 1
        if self._model is None:
            return NOT_READY
        work = prepare(headers)
        async with self._intake.body(headers, receive) as body:
            loop, started = asyncio.get_running_loop(), time.perf_counter()
            try:
                if self._is_quick and len(body) <= QUICK_BYTES and prepare == self._predicting:
                    return work(self._model, body)
                return await loop.run_in_executor(self._threads, work, self._model, body)
            finally:
                self._metrics.took(time.perf_counter() - started)

    def _predicting(self, headers: Headers) -> Work:
        self._check_media_type(media_type(headers))
        return partial(predict, self.version)

    def _inferring(self, headers: Headers) -> Work:
        return partial(self._inference, json_bytes(headers))

    def _check_media_type(self, given: str) -> None:
        if isinstance(self._description.input, PictureInput):
            if given in NOT_PICTURES or given.endswith("+json"):
                raise InvalidInput(415, "wrong_type", f"send the picture's bytes as they are, not {given}")
        elif given != "application/json" and given:
            raise InvalidInput(415, "wrong_type", "send the row as application/json")

    def _open(self) -> ServedModel:
        from mltui.serving.model import ServedModel  # onnxruntime takes a while; the socket answers meanwhile

        model = ServedModel.open(self._settings.model, threads=1)
        self._is_quick = isinstance(self._description.input, RowInput) and model.seconds() <= QUICK_SECONDS
        return model

    def _inference(self, json_length: int | None, model: ServedModel, body: bytes) -> Answer:
        from mltui.serving.inference import infer  # brings numpy

        return infer(model, self._name, body, json_length)

    def _all_looks(self) -> Mapping[str, Callable[[], Answer]]:
        """What answers at once, and is not counted among the requests."""
        looks: dict[str, Callable[[], Answer]] = {
            "/live": lambda: Answer(200, {"live": True}, has_request_id=False),
            "/ready": self._ready,
            "/metrics": self._tell_metrics,
            "/v2": protocol.about_server,
            "/v2/health/live": lambda: protocol.about_state("live", is_so=True),
            "/v2/health/ready": lambda: protocol.about_state("ready", is_so=self._model is not None),
        }
        for place in self._name.places:
            looks[place] = lambda: protocol.about_model(self._name, self._description)
            looks[f"{place}/ready"] = looks["/v2/health/ready"]
        return looks

    def _ready(self) -> Answer:
        identity = self._settings.identity
        state = {
            "ready": self._model is not None,
            "version": identity.version,
            "package": identity.package,
            "deployment": identity.deployment,
            "classes": list(self._description.classes) or None,
            "threshold": self._description.threshold,
            "peak_memory_bytes": peak_memory_bytes(),
            "requests": self._requests,
        }
        return Answer(200 if self._model is not None else 503, state, has_request_id=False)

    def _tell_metrics(self) -> Answer:
        text = self._metrics.text(self._settings.identity, peak_memory_bytes=peak_memory_bytes())
        return Answer(200, text, has_request_id=False, media_type=CONTENT_TYPE)


def _only(methods: str) -> Answer:
    return failure(405, "method_not_allowed", f"only {methods}", ((b"allow", methods.encode()),))
