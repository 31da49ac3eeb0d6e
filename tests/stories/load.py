"""Eight callers on one endpoint, over raw sockets, none of which tries twice.

`load.py HOST:PORT PICTURE OUT kept|new SECONDS`

Runs until a line on stdin says how many requests are enough, and these are made; at the end it writes a line a request
to OUT: monotonic seconds when it was sent, and when its answer was there; status (0 when there was none); version.
After SECONDS it ends, whatever it was told.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path

CALLERS = 8
SECONDS_BETWEEN = 0.044
"""From one request of a caller to its next, unless the answer takes longer: 16 callers ask 360 times a second."""
MOST_REQUESTS = 60_000
"""Of each process, as long as it is not told how many are enough."""
ANSWER_SECONDS = 20.0

Record = tuple[float, float, int, str]


class Caller(threading.Thread):
    def __init__(
        self,
        endpoint: tuple[str, int],
        picture: bytes,
        *,
        is_kept: bool,
        is_over: threading.Event,
        first_pause: float,
    ) -> None:
        super().__init__(daemon=True)
        self._endpoint, self._is_kept, self._is_over = endpoint, is_kept, is_over
        self._first_pause = first_pause
        connection = "keep-alive" if is_kept else "close"
        head = f"POST /predict HTTP/1.1\r\nhost: test\r\nconnection: {connection}\r\ncontent-type: image/png\r\n"
        self._request = f"{head}content-length: {len(picture)}\r\n\r\n".encode() + picture
        self._connection: socket.socket | None = None
        self.records: list[Record] = []

    def run(self) -> None:
        time.sleep(self._first_pause)
        while not self._is_over.is_set():
            sent = time.monotonic()
            status, version = self._ask()
            ended = time.monotonic()
            self.records.append((sent, ended, status, version))
            time.sleep(max(0.0, sent + SECONDS_BETWEEN - ended))
        self._hang_up()

    def _ask(self) -> tuple[int, str]:
        try:
            if self._connection is None:
                self._connection = socket.create_connection(self._endpoint, timeout=ANSWER_SECONDS)
            self._connection.sendall(self._request)
            status, version, is_closed = _read_answer(self._connection)
        except (OSError, ValueError) as error:
            self._hang_up()
            return 0, repr(error).replace(" ", "_")
        if is_closed or not self._is_kept:
            self._hang_up()
        return status, version

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _read_answer(connection: socket.socket) -> tuple[int, str, bool]:
    """Status, version, and whether the other side hangs up now. Raises `ValueError` for half an answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _chunk(connection, had=len(data))
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    missing = int(headers["content-length"]) - len(body)
    while missing > 0:
        missing -= len(_chunk(connection, had=len(data)))
    status = int(status_line.split(" ")[1])
    return status, headers.get("x-mltui-version", "-"), headers.get("connection", "").lower() == "close"


def _chunk(connection: socket.socket, *, had: int) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise ValueError(f"broken off after {had} bytes")
    return chunk


def main() -> None:
    endpoint, picture, out, kind, longest_seconds = sys.argv[1:]
    host, _, port = endpoint.rpartition(":")
    is_over = threading.Event()
    body = Path(picture).read_bytes()
    callers = [
        Caller(
            (host, int(port)),
            body,
            is_kept=kind == "kept",
            is_over=is_over,
            first_pause=number * SECONDS_BETWEEN / CALLERS,
        )
        for number in range(CALLERS)
    ]
    deadline = time.monotonic() + float(longest_seconds)
    for caller in callers:
        caller.start()
    enough: list[int] = []
    threading.Thread(target=lambda: enough.append(int(sys.stdin.readline() or 0)), daemon=True).start()
    while time.monotonic() < deadline:
        made = sum(len(caller.records) for caller in callers)
        if made >= (enough[0] if enough else MOST_REQUESTS):
            break
        time.sleep(0.02)
    is_over.set()
    for caller in callers:
        caller.join(ANSWER_SECONDS + 5)
    records = [record for caller in callers for record in caller.records]
    lines = (f"{sent:.6f} {ended:.6f} {status} {version}\n" for sent, ended, status, version in records)
    Path(out).write_text("".join(lines))


if __name__ == "__main__":
    main()
