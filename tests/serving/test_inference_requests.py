"""What is no proper request of the Open Inference Protocol gets a 4xx with a sentence, and the server stays up."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serving_models import make_picture_model, picture_spec, plain
from serving_processes import RunningServer, raw

INFER = "/v2/models/shop/infer"
AGE = {"name": "age", "datatype": "FP64", "shape": [1], "data": [None]}
INCOME = {"name": "income", "datatype": "INT64", "shape": [1], "data": [3]}
PURPOSE = {"name": "purpose", "datatype": "BYTES", "shape": [1], "data": ["house"]}
REGION = {"name": "region", "datatype": "BYTES", "shape": [1], "data": [None]}
ROW = [AGE, INCOME, PURPOSE, REGION]
PICTURE = {"name": "picture", "datatype": "BYTES", "shape": [1], "data": [base64.b64encode(plain("red")).decode()]}


def post(server: RunningServer, body: bytes, *headers: str, path: str = INFER) -> tuple[int, dict[str, Any]]:
    lines = [f"POST {path} HTTP/1.1", "host: x", "connection: close", f"content-length: {len(body)}", *headers]
    head, _, content = raw(server.folder, "\r\n".join([*lines, "", ""]).encode() + body).partition(b"\r\n\r\n")
    assert b"\r\nx-request-id: " in head
    assert b"\r\nx-mltui-version: v7" in head
    return int(head.split()[1]), json.loads(content)


def refused(server: RunningServer, request: object, *headers: str) -> tuple[int, str]:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    status, content = post(server, body, *headers)
    assert content.keys() == {"error"}
    return status, content["error"]


def instead(**changes: object) -> dict[str, object]:
    """A row whose income is told in another way."""
    return {"inputs": [AGE, PURPOSE, REGION, {**INCOME, **changes}]}


def test_a_row_that_is_proper_is_answered(rows: RunningServer) -> None:
    status, content = post(rows, json.dumps({"id": "i", "inputs": ROW}).encode())
    assert status == 200
    output = {"name": "value", "datatype": "FP64", "shape": [1], "data": [1006.0]}
    assert content == {"model_name": "shop", "model_version": "v7", "id": "i", "outputs": [output]}


@pytest.mark.parametrize(
    ("request_", "status", "sentence"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 422, "not an object"),
        ({}, 400, "`inputs` is not a list"),
        ({"inputs": []}, 400, "at least one tensor"),
        ({"inputs": [7]}, 400, "not an object with a name"),
        ({"inputs": ROW, "id": 7}, 400, "`id` is not a text"),
        ({"inputs": ROW, "outputs": 7}, 400, "`outputs` is not a list"),
        ({"inputs": ROW, "outputs": [{"name": "scores"}]}, 422, "there are: value"),
        ({"inputs": ROW[1:]}, 422, "field 'age' is missing"),
        ({"inputs": [*ROW, INCOME]}, 422, "the same name"),
        ({"inputs": [*ROW, {**INCOME, "name": "wealth"}]}, 422, "'wealth' is not known"),
        ({"inputs": [*ROW[1:], {**AGE, "shape": [2], "data": [1, 2]}]}, 422, r"not of shape [1]"),
        (instead(datatype="FP128"), 400, "no known datatype"),
        (instead(datatype="BYTES", data=["3"]), 422, "wants numbers"),
        (instead(datatype="BOOL", data=[True]), 422, "wants numbers"),
        (instead(data=[1.5]), 422, "says INT64 and holds float"),
        (instead(data=[True]), 422, "says INT64 and holds bool"),
        (instead(data=[2**63]), 422, "beyond INT64"),
        (instead(data=[None]), 422, "'income' may not be null"),
        (instead(datatype="FP64", data=[1e300]), 422, "within ±3.4e38"),
        (instead(data=3), 400, "has no `data`"),
        (instead(data=[1, 2]), 400, "holds 2 values"),
        (instead(data=[[1], [2]]), 400, "holds 2 values"),
        (instead(shape=[1, 1], data=[[1, 2]]), 400, "not nested as its shape"),
        (instead(shape=[-1]), 400, "the least is 1"),
        (instead(shape=[1.0]), 400, "no shape"),
        (instead(shape=[1] * 5), 400, "no shape"),
        (instead(parameters={"binary_data_size": 8}), 400, "fewer bytes"),
        (instead(parameters={"binary_data_size": "8"}), 400, "not a number of bytes"),
        ({"inputs": [AGE, INCOME, REGION, {**PURPOSE, "data": ["boat"]}]}, 422, "does not know the category 'boat'"),
        ({"inputs": [AGE, INCOME, REGION, {**PURPOSE, "datatype": "INT64", "data": [1]}]}, 422, "wants BYTES"),
    ],
)
def test_a_row_that_is_not_proper_is_refused(rows: RunningServer, request_: Any, status: int, sentence: str) -> None:
    told = refused(rows, request_)
    assert (told[0], sentence in told[1]) == (status, True), told


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"data": ["§"]}, 422, "not base64"),
        ({"data": [base64.b64encode(b"broken").decode()]}, 400, "not a picture"),
        ({"name": "photo"}, 422, "takes one input, 'picture'"),
        ({"datatype": "FP32", "shape": [1, 1, 1, 3], "data": [0, 0, 0]}, 422, "UINT8 [n, height, width, 3]"),
        ({"datatype": "UINT8", "shape": [1, 1, 1, 4], "data": [0, 0, 0, 0]}, 422, "UINT8 [n, height, width, 3]"),
        ({"datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [0, 0, 256]}, 422, "beyond UINT8"),
        ({"datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [0, None, 0]}, 422, "is null"),
        ({"datatype": "UINT8", "shape": [33, 1, 1, 3], "data": [0] * 99}, 413, "more than the 32"),
        ({"datatype": "UINT8", "shape": [1, 1, 65536, 3], "data": [0] * 65536 * 3}, 413, "bytes that are allowed"),
    ],
)
def test_a_picture_that_is_not_proper_is_refused(
    pictures: RunningServer, change: dict[str, object], status: int, sentence: str
) -> None:
    told = refused(pictures, {"inputs": [{**PICTURE, **change}]})
    assert (told[0], sentence in told[1]) == (status, True), told


@pytest.mark.parametrize(
    ("length", "tail", "sentence"),
    [
        ("", b"", "not a number of bytes"),
        ("-1", b"", "not a number of bytes"),
        ("9" * 15, b"", "more than the body's length"),
        ("", b"\0", "not a number of bytes"),
        (None, b"\0" * 7, "fewer bytes"),
        (None, b"\0" * 9, "belong to no tensor"),
    ],
)
def test_raw_tensors_that_do_not_fit_are_refused(
    rows: RunningServer, length: str | None, tail: bytes, sentence: str
) -> None:
    record = {name: value for name, value in INCOME.items() if name != "data"}
    told = {**record, "parameters": {"binary_data_size": 8}}
    body = json.dumps({"inputs": [AGE, PURPOSE, REGION, told]}).encode()
    header = f"inference-header-content-length: {len(body) if length is None else length}"
    assert refused(rows, body + tail, header)[1].find(sentence) >= 0


@pytest.mark.parametrize("tail", [b"\x05\0\0\0hous", b"\x05\0", b"\xff\xff\xff\xffhouse"])
def test_a_raw_text_that_breaks_off_is_refused(rows: RunningServer, tail: bytes) -> None:
    told = {"name": "purpose", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(tail)}}
    body = json.dumps({"inputs": [AGE, INCOME, REGION, told]}).encode()
    answer = refused(rows, body + tail, f"inference-header-content-length: {len(body)}")
    assert answer == (400, "'purpose' ends within a text")


def test_methods_and_places_of_the_protocol(rows: RunningServer) -> None:
    for path, method, status in (
        ("/v2", "GET", 200),
        ("/v2/", "GET", 404),
        ("/v2/health/ready", "HEAD", 200),
        ("/v2/models/shop", "POST", 405),
        ("/v2/models/other", "GET", 404),
        ("/v2/models/shop/versions/v8", "GET", 404),
        ("/v2/models/shop/versions/v7/ready", "GET", 200),
        (INFER, "GET", 405),
    ):
        received = raw(rows.folder, f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        head, _, content = received.partition(b"\r\n\r\n")
        assert int(head.split()[1]) == status, path
        assert (status == 405) == (b"\r\nallow: " in head)
        assert status == 200 or isinstance(json.loads(content)["error"], str)


@pytest.mark.parametrize("unit", [b"[],", b"{},", b"0,"])
def test_json_that_takes_many_times_its_bytes_is_refused_before_it_is_read(
    tmp_path: Path, start_server: Callable[..., RunningServer], unit: bytes
) -> None:
    server = start_server(
        tmp_path / "d18.1", make_picture_model(tmp_path / "model", spec=picture_spec(max_bytes=2**22))
    )
    before = peak(server)
    told = refused(server, b'{"inputs":[' + unit * (2**22 // len(unit) - 10) + b"0]}")
    assert (told[0], "send them as binary data" in told[1]) == (413, True), told
    assert peak(server) - before < 10 * 2**22


def peak(server: RunningServer) -> int:
    with server.client() as client:
        return int(client.ready()["peak_memory_bytes"])
