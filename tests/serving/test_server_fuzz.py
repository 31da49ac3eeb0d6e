"""Whatever is sent, the server answers 2xx or 4xx or closes, fails nowhere inside, and serves whoever comes next."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hostile_requests import broken_request, picture_request, row_request
from serving_models import make_picture_model, make_row_model, plain
from serving_processes import RunningServer, connected, raw

SEED = 20261123
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
GOOD_ROW = {"income": 3, "age": None, "purpose": "car", "region": None}


def answers_to(folder: Path, make: Callable[[Random], bytes], number: int) -> tuple[int, bytes]:
    return number, raw(folder, make(Random(f"{SEED}:{number}")))


def fuzz(server: RunningServer, make: Callable[[Random], bytes], count: int) -> list[tuple[int, bytes]]:
    """All answers with the number of their request; none is a 5xx, and the process is the same after as before."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(partial(answers_to, server.folder, make), range(count)))
    for number, received in answers:
        statuses = [int(status) for status in STATUS.findall(received)]
        assert all(status < 500 for status in statuses), f"request {number}: {received[:300]!r}"
    assert server.process.poll() is None
    assert "Traceback" not in server.said()  # libtiff writes there by itself, below Pillow and Python
    return answers


def check_refusals(answers: list[tuple[int, bytes]]) -> set[int]:
    """Every request was a complete one, so each has one answer, in JSON and with both headers."""
    found = set()
    for number, received in answers:
        head, _, body = received.partition(b"\r\n\r\n")
        (status,) = STATUS.findall(received)
        answer = json.loads(body)
        assert ("error" in answer) == (int(status) >= 400), number
        assert b"\r\nx-request-id: " in head, number
        assert b"\r\nx-mltui-version: v7" in head, number
        found.add(int(status))
    return found


def test_hostile_pictures_are_answered_each(tmp_path: Path, start_server) -> None:
    server = start_server(tmp_path / "d18.1", make_picture_model(tmp_path / "model"))
    before = server.client().ready()["peak_memory_bytes"]
    statuses = check_refusals(fuzz(server, picture_request, 900))
    assert statuses == {200, 400, 413, 415}
    assert server.client().predict(plain("red")).body["label"] == "taco"
    assert server.client().ready()["peak_memory_bytes"] - before < 150_000_000


def test_hostile_rows_are_answered_each(tmp_path: Path, start_server) -> None:
    server = start_server(tmp_path / "d18.1", make_row_model(tmp_path / "model"))
    statuses = check_refusals(fuzz(server, row_request, 900))
    assert statuses == {200, 400, 415, 422}
    assert server.client().predict(GOOD_ROW).body["value"] == 6.0


@pytest.mark.parametrize("make_model", [make_picture_model, make_row_model])
def test_broken_http_is_answered_or_hung_up_on(
    tmp_path: Path, start_server, make_model: Callable[[Path], Path]
) -> None:
    impatient = "head_seconds=0.1, body_seconds=0.15, keep_alive_seconds=0.1"
    server = start_server(tmp_path / "d18.1", make_model(tmp_path / "model"), settings=impatient)
    answers = fuzz(server, broken_request, 450)
    assert {400, 404, 405} <= {int(status) for _, received in answers for status in STATUS.findall(received)}
    good = plain("red") if make_model is make_picture_model else GOOD_ROW
    assert server.client().predict(good).status == 200


def test_a_thousand_connections_that_only_come_and_go_are_forgotten(tmp_path: Path, start_server) -> None:
    server = start_server(tmp_path / "d18.1", make_picture_model(tmp_path / "model"))
    descriptors = Path(f"/proc/{server.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    random = Random(SEED)
    for _ in range(1000):
        with connected(server.folder) as connection, suppress(OSError):
            connection.sendall(broken_request(random)[:200])
    assert server.client().predict(plain("red")).status == 200
    assert len(list(descriptors.iterdir())) <= before + 5
    assert server.said() == ""
