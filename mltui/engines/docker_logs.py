"""Docker's multiplexed log stream as lines: frames in, `LogLine` out."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

from mltui.engines.base import LogLine
from mltui.engines.docker_client import CONNECT_SECONDS, docker_errors
from mltui.engines.shim_log import MAX_LINE_BYTES

_HEADER = struct.Struct(">BxxxL")
_STDERR_KINDS = (2, 3)


SILENCE_SECONDS = 30
"""After so long without a line the log is asked for anew, so that a connection that died in silence is noticed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a container's log. A line beyond 16 KiB comes in several, and only the last ends with a newline."""

    stream: Literal["stdout", "stderr"]
    nanoseconds: int
    payload: bytes


def read_frames(api: Any, container: str, *, since_nanoseconds: int, is_followed: bool) -> Iterator[Frame]:
    """Ends with the log, when the container ends, or after a long silence. Nothing for a container that is gone."""
    with docker_errors(f"read the log of {container}"):
        answer = api.get(
            f"{api.base_url}/v{api.api_version}/containers/{container}/logs",
            params={
                "stdout": 1,
                "stderr": 1,
                "timestamps": 1,
                "follow": int(is_followed),
                "since": f"{since_nanoseconds // 1_000_000_000}.{since_nanoseconds % 1_000_000_000:09d}",
            },
            stream=True,
            timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
        )
    with answer:
        if answer.status_code != HTTPStatus.NOT_FOUND:
            yield from frames(_chunks(answer, doing=f"read the log of {container}"))


def _chunks(answer: Any, *, doing: str) -> Iterator[bytes]:
    import docker.errors
    from requests.exceptions import ConnectionError as BrokenConnection
    from requests.exceptions import HTTPError
    from urllib3.exceptions import ReadTimeoutError

    sdk_errors: Any = docker.errors
    chunks = answer.iter_content(None)
    while True:
        with docker_errors(doing):
            try:
                answer.raise_for_status()
                chunk = next(chunks, None)
            except HTTPError as error:
                raise sdk_errors.create_api_error_from_http_exception(error) from error
            except BrokenConnection as error:
                if not isinstance(error.args[0], ReadTimeoutError):
                    raise
                chunk = None
        if chunk is None:
            return
        yield chunk


def frames(chunks: Iterable[bytes]) -> Iterator[Frame]:
    """Cuts a byte stream, however it was chunked; an unfinished frame at its end is dropped.

    https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
    """
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(buffer)
            if len(buffer) < _HEADER.size + length:
                break
            entry = bytes(buffer[_HEADER.size : _HEADER.size + length])
            del buffer[: _HEADER.size + length]
            yield _frame("stderr" if kind in _STDERR_KINDS else "stdout", entry)


def _frame(stream: Literal["stdout", "stderr"], entry: bytes) -> Frame:
    stamp, _, payload = entry.partition(b" ")
    return Frame(stream, _nanoseconds(stamp), payload)


def _nanoseconds(stamp: bytes) -> int:
    text = stamp.decode("ascii", errors="replace").removesuffix("Z")
    whole, _, fraction = text.partition(".")
    try:
        seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
        return seconds * 1_000_000_000 + int(fraction.ljust(9, "0")[:9] or 0)
    except ValueError:
        return 0


class LineJoiner:
    """Joins frames to lines and gives each a time of its own.

    Two frames may bear the same time, or the two streams' times may cross by microseconds: each frame counts as at
    least one nanosecond later than the one before it. That depends only on the frames just before, so a second reader
    who starts a few seconds earlier gets the same times and can tell what it has.
    """

    def __init__(self, *, after_nanoseconds: int) -> None:
        self._after = after_nanoseconds
        self._seen = 0
        self._partial: dict[Literal["stdout", "stderr"], bytes] = {"stdout": b"", "stderr": b""}
        self._clock = 0

    @property
    def last_nanoseconds(self) -> int:
        """Time of the last frame taken, or what the reader started after."""
        return max(self._seen, self._after)

    def rewind(self) -> None:
        """The stream is about to be read again from a few seconds before `last_nanoseconds`."""
        self._clock = 0

    def feed(self, frame: Frame) -> Iterator[LogLine]:
        self._clock = max(frame.nanoseconds, self._clock + 1)
        if self._clock <= self._seen:
            return
        self._seen = self._clock
        data = self._partial[frame.stream] + frame.payload
        is_whole = data.endswith(b"\n") or len(data) >= MAX_LINE_BYTES
        self._partial[frame.stream] = b"" if is_whole else data
        if is_whole:
            yield from self._line(frame.stream, data)

    def flush(self) -> Iterator[LogLine]:
        """What stood in a last line without a newline."""
        for stream in ("stdout", "stderr"):
            data, self._partial[stream] = self._partial[stream], b""
            if data:
                self._clock += 1
                yield from self._line(stream, data)

    def _line(self, stream: Literal["stdout", "stderr"], data: bytes) -> Iterator[LogLine]:
        if self._clock > self._after:
            yield LogLine(self._clock, stream, data.removesuffix(b"\n").decode("utf-8", errors="replace"))
