"""The server as a process of its own, asked over its socket: what it answers, and how it begins and ends."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path

import pytest
from serving_models import make_picture_model, make_row_model, picture_spec, plain
from serving_processes import PATIENCE_SECONDS, RunningServer, connected, raw, wait_until

import mltui.serving
from mltui.serving.client import Answer, PredictionClient, ServerUnreachable
from mltui.serving.model import ServedModel

REQUIREMENTS = Path(mltui.serving.__file__).parent / "requirements.txt"
ROW = {"income": 3, "age": None, "purpose": "house", "region": None}


def code(answer: Answer) -> tuple[int, str]:
    assert answer.body.keys() == {"request_id", "error"}
    assert answer.body["error"].keys() == {"code", "message"}
    return answer.status, answer.body["error"]["code"]


def test_a_picture_is_answered_as_the_format_says(pictures: RunningServer) -> None:
    answer = pictures.client().predict(plain("red"), "image/png")
    assert answer.status == 200
    assert list(answer.body) == ["request_id", "version", "label", "score", "scores", "milliseconds"]
    assert answer.body["version"] == answer.headers["x-mltui-version"] == "v7"
    assert answer.body["label"] == "taco"
    assert answer.body["score"] == answer.body["scores"]["taco"] == max(answer.body["scores"].values())
    assert answer.headers["content-type"] == "application/json"
    assert 0 < answer.body["milliseconds"] < answer.milliseconds


def test_a_row_is_answered_as_the_format_says(rows: RunningServer) -> None:
    answer = rows.client().predict(ROW)
    assert answer.status == 200
    assert list(answer.body) == ["request_id", "version", "value", "milliseconds"]
    assert answer.body["value"] == 1006.0


def test_the_server_says_what_the_same_code_says_elsewhere(pictures: RunningServer, tmp_path: Path) -> None:
    model = ServedModel.open(make_picture_model(tmp_path), threads=2)
    for colour in ("red", "blue", "salmon", "teal"):
        picture = plain(colour, (300, 200), "JPEG")
        assert pictures.client().predict(picture).body["scores"]["taco"] == float(model.predict([picture])[0, 1])


@pytest.mark.parametrize("given", ["abc", "A.b_c-9", "x" * 64])
def test_a_request_id_that_is_fit_comes_back(pictures: RunningServer, given: str) -> None:
    for body in (plain("red"), b"broken"):
        answer = pictures.client().predict(body, request_id=given)
        assert answer.headers["x-request-id"] == answer.body["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "a;b", "ä"])
def test_a_request_id_that_is_not_fit_is_replaced(pictures: RunningServer, given: str) -> None:
    answer = pictures.client().predict(plain("red"), request_id=given)
    assert answer.status == 200
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
    assert answer.body["request_id"] == answer.headers["x-request-id"]


def test_ready_says_who_serves_what(tmp_path: Path, start_server) -> None:
    client = start_server(tmp_path / "d18.1", make_picture_model(tmp_path / "model")).client()
    client.predict(plain("red"))
    client.predict(b"broken")
    ready = client.ready()
    assert 20_000_000 < ready.pop("peak_memory_bytes") < 400_000_000
    assert ready == {
        "ready": True,
        "version": "v7",
        "package": "ab" * 32,
        "deployment": "d18",
        "classes": ["burrito", "taco"],
        "threshold": None,
        "requests": 2,
    }


def test_the_peak_is_this_programs_own(tmp_path: Path, start_server) -> None:
    ballast = b"x" * 400_000_000
    server = start_server(tmp_path / "d18.1", make_row_model(tmp_path / "model"))
    assert server.client().ready()["peak_memory_bytes"] < len(ballast)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 404),
        ("/predict/", "POST", 404),
        ("/%70redict", "GET", 405),
        ("/../etc/passwd", "GET", 404),
        ("/predict", "GET", 405),
        ("/predict", "HEAD", 405),
        ("/predict", "PUT", 405),
        ("/ready", "POST", 405),
        ("/live", "DELETE", 405),
        ("/live", "GET", 200),
        ("/live", "HEAD", 200),
        ("/ready?x=1", "GET", 200),
    ],
)
def test_paths_and_methods(pictures: RunningServer, path: str, method: str, status: int) -> None:
    received = raw(pictures.folder, f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nx-request-id: " in head
    assert b"\r\nx-mltui-version: v7" in head
    assert method == "HEAD" or isinstance(json.loads(body), dict)
    assert (status == 405) == (b"\r\nallow: " in head)


@pytest.mark.parametrize(
    "given",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/problem+json",
        "multipart/form-data; boundary=x",
    ],
)
def test_a_picture_is_not_sent_as(pictures: RunningServer, given: str) -> None:
    assert code(pictures.client().predict(plain("red"), given)) == (415, "wrong_type")


def test_a_picture_may_come_as_curl_sends_it(pictures: RunningServer) -> None:
    answer = pictures.client().predict(plain("red"), "application/x-www-form-urlencoded")
    assert answer.status == 200


@pytest.mark.parametrize("given", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_a_row_is_not_sent_as(rows: RunningServer, given: str) -> None:
    assert code(rows.client().predict(json.dumps(ROW).encode(), given)) == (415, "wrong_type")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "not_json")),
        (b"{", (400, "not_json")),
        (b"\xff\xfe", (400, "not_json")),
        (b"[" * 100_000, (400, "not_json")),
        (b'{"income":' * 50_000, (400, "not_json")),
        (b'{"income": NaN}', (422, "not_finite")),
        (b'{"income": -Infinity}', (422, "not_finite")),
        (b'{"income": 1e999}', (422, "not_finite")),
        (b'{"income": ' + b"9" * 5000 + b"}", (422, "not_finite")),
        (b"[]", (422, "not_an_object")),
        (b"null", (422, "not_an_object")),
        (b"{}", (422, "missing_field")),
        (b'{"sex": 1}', (422, "unknown_field")),
        (b'{"\\u0000": 1}', (422, "unknown_field")),
        (b'{"income": "3"}', (422, "wrong_type")),
        (b'{"income": null}', (422, "null_not_allowed")),
        (b'{"income": 1, "age": 1, "purpose": "boat", "region": null}', (422, "unknown_category")),
        (b'{"income": 3e38, "age": 1, "purpose": "car", "region": null}', (422, "no_finite_answer")),
        (b" " * 1_048_577, (413, "too_many_bytes")),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_row_is_refused(rows: RunningServer, body: bytes, expected: tuple[int, str]) -> None:
    assert code(rows.client().predict(body, "application/json")) == expected


def test_what_is_no_picture_is_refused(pictures: RunningServer) -> None:
    assert code(pictures.client().predict(b"")) == (400, "empty_body")
    assert code(pictures.client().predict(b"hello")) == (400, "unreadable_picture")
    assert code(pictures.client().predict(plain("red")[:50])) == (400, "unreadable_picture")
    assert code(pictures.client().predict(plain("red", (2000, 1000)))) == (413, "too_many_pixels")


def test_a_body_is_measured_and_not_believed(pictures: RunningServer) -> None:
    """413 without reading for a declared length, and while reading for a chunked body that says none."""
    declared = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 200001\r\nconnection: close\r\n\r\n"
    assert raw(pictures.folder, declared).startswith(b"HTTP/1.1 413 ")
    chunked = b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (50_000, b"x" * 50_000)
    assert raw(pictures.folder, chunked + chunk * 5).startswith(b"HTTP/1.1 413 ")


def test_a_picture_of_exactly_the_allowed_bytes_is_read(tmp_path: Path, start_server) -> None:
    picture = plain("red")
    model = make_picture_model(tmp_path / "model", spec=picture_spec(max_bytes=len(picture)))
    client = start_server(tmp_path / "d18.1", model).client()
    assert client.predict(picture).status == 200
    assert code(client.predict(picture + b"\0")) == (413, "too_many_bytes")


def test_many_callers_at_once_are_all_answered(pictures: RunningServer) -> None:
    answers: list[Answer] = []
    ask = lambda: answers.extend(pictures.client().predict(plain("red")) for _ in range(20))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.body["label"] for answer in answers] == ["taco"] * 320


def test_a_socket_in_a_deep_folder_is_served_and_reached(tmp_path: Path, start_server) -> None:
    folder = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    server = start_server(folder, make_row_model(tmp_path / "model"))
    assert len(str(folder)) > 150
    assert server.client().predict(ROW).status == 200


def test_a_stale_socket_is_replaced_and_the_own_one_removed(tmp_path: Path, start_server) -> None:
    folder, model = tmp_path / "d18.1", make_row_model(tmp_path / "model")
    killed = start_server(folder, model)
    killed.process.kill()
    killed.process.wait()
    assert stat.S_ISSOCK((folder / "s.sock").stat().st_mode)
    server = start_server(folder, model)
    assert server.client().predict(ROW).status == 200
    assert server.stop() == 0
    assert not (folder / "s.sock").exists()


@pytest.mark.parametrize(
    ("file", "content"),
    [("model.json", b"{}"), ("model.json", b"nonsense"), ("model.onnx", b"nonsense"), ("model.onnx", None)],
)
def test_a_model_that_cannot_be_understood_is_not_served(
    tmp_path: Path, start_server, file: str, content: bytes | None
) -> None:
    model = make_picture_model(tmp_path / "model")
    (model / file).unlink()
    if content is not None:
        (model / file).write_bytes(content)
    server = start_server(tmp_path / "d18.1", model, is_awaited=False)
    assert server.process.wait(PATIENCE_SECONDS) == 1
    assert re.fullmatch(r"mltui\.serving\.server: model\.(json|onnx) .+\n", server.said())


def test_settings_that_are_wrong_are_refused_in_one_line(tmp_path: Path, start_server) -> None:
    server = start_server(tmp_path / "d18.1", make_row_model(tmp_path / "model"), cpus=0, is_awaited=False)
    assert server.process.wait(PATIENCE_SECONDS) == 1
    assert server.said().startswith("mltui.serving.server: MLTUI_CPUS is '0'")


def test_a_request_in_flight_is_answered_before_the_server_ends(tmp_path: Path, start_server) -> None:
    server = start_server(tmp_path / "d18.1", make_picture_model(tmp_path / "model"))
    picture = plain("red")
    head = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(picture)
    with connected(server.folder) as connection:
        connection.sendall(head + picture[:10])
        wait_until(lambda: server.client().ready()["requests"] == 1, "the request's head to be read")
        server.process.terminate()
        wait_until(lambda: not _listens(server.client()), "the server to take no more")
        connection.sendall(picture[10:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(PATIENCE_SECONDS) == 0
    assert server.said() == ""


def _listens(client: PredictionClient) -> bool:
    try:
        client.ready()
    except ServerUnreachable:
        return False
    return True


def test_the_server_needs_nothing_but_its_own_sources_and_requirements() -> None:
    """What its image holds is enough: no other room, no gateway, no learning framework."""
    program = (
        "import sys, mltui.serving.server, mltui.serving.model;"
        "print('\\n'.join(name for name in sys.modules if name.count('.') < 3))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in said if name.startswith("mltui.") and name.count(".") == 1}
    assert ours == {"mltui.serving"}
    assert not {"mltui.serving.admin", "mltui.serving.client", "mltui.serving.gateway"} & set(said)
    assert not {"torch", "sklearn", "scipy", "httpx", "pandas"} & set(said)


def test_the_requirements_are_pinned_to_what_is_tested() -> None:
    """All of them, and all that they need in turn, since they are installed without dependencies."""
    lines = [line for line in REQUIREMENTS.read_text("utf-8").splitlines() if not line.startswith("#")]
    pinned = dict(line.split("==") for line in lines)
    assert pinned == {name: metadata.version(name) for name in pinned}
    needed = {requirement for name in pinned for requirement in metadata.requires(name) or []}
    elsewhere = re.compile(r";.*(extra|python_version|platform)")
    names = {re.split(r"[^A-Za-z0-9_.-]", each)[0] for each in needed if not elsewhere.search(each)}
    assert names <= pinned.keys()
