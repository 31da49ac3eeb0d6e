"""Callers that are slow, endless or rude cost the server neither time nor memory without end."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from serving_models import make_picture_model, picture_spec, plain
from serving_processes import RunningServer, connected, wait_until

from mltui.serving.bodies import BodyBudget
from mltui.serving.memory import peak_memory_bytes

HEAD = b"POST /predict HTTP/1.1\r\nhost: x\r\n"


def rest_of(connection: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            received += chunk
    return received


def refusal(connection: socket.socket) -> tuple[int, str]:
    with closing(http.client.HTTPResponse(connection)) as response:
        response.begin()
        body = json.loads(response.read())
        assert response.getheader("x-request-id") == body["request_id"]
        assert response.getheader("x-mltui-version") == "v7"
        return response.status, body["error"]["code"]


def drip(connection: socket.socket, piece: bytes) -> Iterator[None]:
    """Sends the piece over and over until the other side has had enough."""
    connection.settimeout(0.05)
    with suppress(BrokenPipeError, ConnectionResetError):
        while True:
            with suppress(TimeoutError):  # it does not read just now
                connection.sendall(piece)
            yield


@pytest.mark.parametrize("begun", [b"GET /re", HEAD, HEAD + b"x-long: a"])
def test_a_head_that_does_not_end_is_ended(hasty: RunningServer, begun: bytes) -> None:
    with connected(hasty.folder) as connection:
        connection.sendall(begun)
        assert refusal(connection) == (408, "too_slow")


@pytest.mark.parametrize("begun", [b"", b"\r\n"])
def test_a_connection_that_says_nothing_is_closed(hasty: RunningServer, begun: bytes) -> None:
    with connected(hasty.folder) as connection:
        connection.sendall(begun)
        assert rest_of(connection) == b""


@pytest.mark.parametrize("piece", [b"\r\n", b"x-a: b\r\n"])
def test_dripping_does_not_gain_time(hasty: RunningServer, piece: bytes) -> None:
    started = time.monotonic()
    with connected(hasty.folder) as connection:
        connection.sendall(b"" if piece == b"\r\n" else HEAD)
        for _ in drip(connection, piece):
            assert time.monotonic() - started < 10
            with suppress(TimeoutError, ConnectionResetError):
                connection.recv(1, socket.MSG_PEEK)


def test_a_second_request_has_a_deadline_as_well(hasty: RunningServer) -> None:
    with connected(hasty.folder) as connection:
        connection.sendall(b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n")
        with closing(http.client.HTTPResponse(connection)) as response:
            response.begin()
            assert (response.status, json.loads(response.read())) == (200, {"live": True})
        connection.sendall(b"GET /li")
        assert refusal(connection) == (408, "too_slow")


@pytest.mark.parametrize(
    "framing", [b"content-length: 1000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"]
)
def test_a_body_that_does_not_end_is_ended(hasty: RunningServer, framing: bytes) -> None:
    with connected(hasty.folder) as connection:
        connection.sendall(HEAD + framing + b"")
        assert refusal(connection) == (408, "too_slow")


@pytest.mark.parametrize("path", [b"/nowhere", b"/predict"])
def test_a_body_that_goes_on_after_a_refusal_is_cut_off(hasty: RunningServer, path: bytes) -> None:
    started = time.monotonic()
    with connected(hasty.folder) as connection:
        connection.sendall(b"POST " + path + b" HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n")
        assert connection.recv(65536).split()[1] in (b"404", b"413")
        for _ in drip(connection, b"x" * 1000):
            assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "endless",
    [b"x-a: " + b"y" * 10_000, b"x-a: b\r\n" * 1000, b"GET /" + b"y" * 10_000],
    ids=["value", "fields", "path"],
)
def test_an_endless_head_is_refused_by_size(pictures: RunningServer, endless: bytes) -> None:
    with connected(pictures.folder) as connection:
        connection.sendall(b"" if endless.startswith(b"GET") else HEAD)
        sent = 0
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < 50_000_000:
                connection.sendall(endless)
                sent += len(endless)
        assert sent < 10_000_000
        assert refusal(connection) in [(431, "head_too_large"), (400, "not_http")]


@pytest.mark.parametrize("piece", [b"1;" + b"x" * 5000 + b"\r\na\r\n", b"0\r\n" + b"x-a: b\r\n" * 1000])
def test_endless_words_around_a_chunked_body_are_cut_off(pictures: RunningServer, piece: bytes) -> None:
    with connected(pictures.folder) as connection:
        connection.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        sent = 0
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < 50_000_000:
                connection.sendall(piece if sent == 0 or piece.startswith(b"1;") else b"x-a: b\r\n" * 1000)
                sent += len(piece)
        assert sent < 10_000_000


def test_a_caller_that_hangs_up_leaves_no_trace(pictures: RunningServer) -> None:
    for cut in (10, 40, 100):
        with connected(pictures.folder) as connection:
            connection.sendall((HEAD + b"content-length: 1000\r\n\r\n" + b"x" * 100)[:cut])
    assert pictures.client().predict(plain("red")).status == 200
    assert pictures.said() == ""


def test_large_bodies_wait_for_their_turn(tmp_path: Path, start_server) -> None:
    """Of one cpu four bodies of the largest size are in flight together; a fifth waits for its turn."""
    model = make_picture_model(tmp_path / "model", spec=picture_spec(max_bytes=1_000_000))
    server = start_server(tmp_path / "d18.1", model, cpus=1, settings="body_seconds=1.0")
    head = HEAD + b"content-length: 1000000\r\n\r\n"
    holders = [connected(server.folder) for _ in range(4)]
    for holder in holders:
        holder.sendall(head + b"x")
    wait_until(lambda: server.client().ready()["requests"] == 4, "four bodies in flight")
    late = connected(server.folder)
    late.sendall(head + b"x")
    received = [refusal(connection) for connection in (*holders, late)]
    assert received[:4] == [(408, "too_slow")] * 4
    assert received[4] in [(429, "too_busy"), (408, "too_slow")]
    assert server.client().predict(plain("red")).status == 200
    for connection in (*holders, late):
        connection.close()


def test_many_large_bodies_do_not_pile_up_in_memory(tmp_path: Path, start_server) -> None:
    model = make_picture_model(tmp_path / "model", spec=picture_spec(max_bytes=20_000_000))
    server = start_server(tmp_path / "d18.1", model, cpus=1, settings="body_seconds=1.0")
    before = server.client().ready()["peak_memory_bytes"]
    senders = [connected(server.folder) for _ in range(16)]
    for sender in senders:
        sender.settimeout(0.05)
        with suppress(OSError):
            sender.sendall(HEAD + b"content-length: 20000000\r\n\r\n" + b"x" * 19_000_000)
    assert server.client().ready()["peak_memory_bytes"] - before < 8 * 20_000_000
    for sender in senders:
        sender.close()


def test_the_budget_serves_in_turn_and_loses_nothing() -> None:
    async def story() -> list[str]:
        budget, told = BodyBudget(10), []

        async def worker(name: str, count: int, leave: asyncio.Event) -> None:
            await budget.take(count)
            told.append(name)
            await leave.wait()
            budget.give_back(count)

        first, rest = asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(worker("first", 8, first))]
        await asyncio.sleep(0)
        for name, count in (("large", 9), ("cancelled", 5), ("small", 1)):
            tasks.append(asyncio.create_task(worker(name, count, rest)))
            await asyncio.sleep(0)
        assert told == ["first"]
        tasks[2].cancel()
        await asyncio.sleep(0)
        first.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert told == ["first", "large", "small"]
        rest.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert budget.try_take(10)
        assert not budget.try_take(1)
        return told

    assert asyncio.run(story()) == ["first", "large", "small"]


def test_the_peak_is_in_bytes() -> None:
    assert 10_000_000 < peak_memory_bytes() < 100_000_000_000
