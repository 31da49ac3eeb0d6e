"""The Open Inference Protocol through the gateway, spoken by Triton's own client: it says what `/predict` says."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image
from serving_models import encoded, make_picture_model, make_row_model, plain, save
from serving_processes import RunningGateway
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from mltui.serving.description import Feature, ModelDescription, RowInput
from mltui.serving.gateway import Backend

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
(EXAMPLE,) = (block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "tritonclient" in block)
COLOURS = ("red", "blue", "salmon", "teal")
ROWS: list[dict[str, Any]] = [
    {"income": 3, "age": None, "purpose": "house", "region": None},
    {"income": 1234.5678, "age": 41, "purpose": "car", "region": "north"},
    {"income": -0.1, "age": 7.25, "purpose": "house", "region": "south"},
]


@pytest.fixture
def asked(tmp_path: Path, start_server, start_gateway, endpoint: str) -> Iterator[Any]:
    """Brings a server of the model behind a gateway, and gives Triton's client for that."""
    clients = []

    def bring(model: Path) -> tuple[InferenceServerClient, RunningGateway]:
        start_server(tmp_path / "d1.1", model)
        gateway = start_gateway(tmp_path, endpoint=endpoint)
        gateway.admin.shift([Backend("d1.1", "d1.1/s.sock", 100)], timeout_seconds=20)
        clients.append(InferenceServerClient(endpoint))
        return clients[-1], gateway

    yield bring
    for client in clients:
        client.close()


def tensor(name: str, values: list[Any], datatype: str, *, raw: bool, shape: tuple[int, ...] | None = None) -> Any:
    kind = {"BYTES": np.object_, "FP64": np.float64, "FP32": np.float32, "INT64": np.int64, "UINT8": np.uint8}[datatype]
    array = np.array(values, dtype=kind)
    array = array.reshape(shape or array.shape)
    return InferInput(name, list(array.shape), datatype).set_data_from_numpy(array, binary_data=raw)


def test_pictures_and_pixels_are_answered_as_predict_answers_them(
    asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client, gateway = asked(make_picture_model(tmp_path / "model"))
    assert [client.is_server_live(), client.is_server_ready(), client.is_model_ready("shop", "v7")] == [True] * 3
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    described = client.get_model_metadata("shop")
    assert described == client.get_model_metadata("shop", "v7")
    assert described["versions"] == ["v7"]
    assert described["inputs"] == [{"name": "picture", "datatype": "BYTES", "shape": [-1]}]
    assert described["outputs"][1]["parameters"]["classes"] == ["burrito", "taco"]

    files = [plain(colour, (300, 200), "JPEG") for colour in COLOURS]
    told = [gateway.client().predict(file).body for file in files]
    as_texts = [base64.b64encode(file) for file in files]
    for given in (tensor("picture", files, "BYTES", raw=True), tensor("picture", as_texts, "BYTES", raw=False)):
        for raw in (True, False):
            wanted = [InferRequestedOutput(name, binary_data=raw) for name in ("scores", "label")]
            answer = client.infer("shop", [given], model_version="v7", outputs=wanted, request_id="mine")
            assert answer.get_response()["id"] == "mine"
            assert [each if isinstance(each, str) else each.decode() for each in answer.as_numpy("label")] == [
                body["label"] for body in told
            ]
            scores = answer.as_numpy("scores")
            assert (scores.dtype, scores.shape) == (np.float32, (4, 2))
            assert scores.tolist() == list(map(scores_of, told))

    pixels = np.zeros((2, 11, 23, 3), np.uint8)
    pixels[0, :, :, 0], pixels[1, :5, :, 2] = 250, 90
    for raw in (True, False):
        given = InferInput("picture", [2, 11, 23, 3], "UINT8").set_data_from_numpy(pixels, binary_data=raw)
        scores = client.infer("shop", [given]).as_numpy("scores")
        assert scores.tolist() == [scores_of(gateway.client().predict(_png(each)).body) for each in pixels]

    monkeypatch.chdir(tmp_path)
    Path("picture.jpg").write_bytes(files[0])
    exec(EXAMPLE.replace("127.0.0.1:8501", gateway.endpoint).replace("tacos", "shop"), {})
    assert capsys.readouterr().out == f"{told[0]['label']} {max(scores_of(told[0])):.2f}\n"


def scores_of(body: dict[str, Any]) -> list[float]:
    return list(body["scores"].values())


def _png(pixels: np.ndarray) -> bytes:
    return encoded(Image.fromarray(pixels))


def test_rows_are_answered_as_predict_answers_them(asked, tmp_path: Path) -> None:
    client, gateway = asked(make_row_model(tmp_path / "model"))
    described = client.get_model_metadata("shop")
    assert [(each["name"], each["datatype"]) for each in described["inputs"]] == [
        ("income", "FP64"),
        ("age", "FP64"),
        ("purpose", "BYTES"),
        ("region", "BYTES"),
    ]
    told = [gateway.client().predict(row).body["value"] for row in ROWS]
    for raw in (True, False):
        columns = [
            tensor("income", [row["income"] for row in ROWS], "FP64", raw=raw, shape=(3, 1)),
            tensor("purpose", [row["purpose"] for row in ROWS], "BYTES", raw=raw),
        ]
        if raw:
            columns.append(tensor("age", [np.nan if r["age"] is None else r["age"] for r in ROWS], "FP64", raw=True))
            columns.append(tensor("region", [r["region"] or "" for r in ROWS], "BYTES", raw=True, shape=(3, 1)))
        else:
            columns += [_with_nulls("age", "FP64"), _with_nulls("region", "BYTES")]
        answer = client.infer("shop", columns)
        assert answer.as_numpy("value").dtype == np.float64
        assert answer.as_numpy("value").tolist() == told


def _with_nulls(name: str, datatype: str) -> Any:
    """Triton's client makes JSON of arrays alone, which have no null."""
    given = InferInput(name, [len(ROWS)], datatype)
    given._data = [row[name] for row in ROWS]
    return given


def test_numbers_alone_may_come_as_one_matrix(asked, tmp_path: Path) -> None:
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1]) for name in "ab"]
    output = [helper.make_tensor_value_info("value", TensorProto.FLOAT, ["N", 1])]
    graph = helper.make_graph([helper.make_node("Sub", ["a", "b"], ["value"])], "numbers", inputs, output)
    features = RowInput((Feature("a", "number"), Feature("b", "number")))
    client, _ = asked(save(tmp_path / "model", graph, ModelDescription("regression", (), features, target="c")))
    for datatype in ("FP64", "FP32", "INT64"):
        for raw in (True, False):
            given = tensor("rows", [[3, 1], [10, 20], [0, 5]], datatype, raw=raw)
            assert client.infer("shop", [given]).as_numpy("value").tolist() == [2, -10, -5]
    with pytest.raises(InferenceServerException, match="1025, more than the 1024"):
        client.infer("shop", [tensor("rows", [[0, 0]] * 1025, "INT64", raw=True)])
    for name, version in (("burger", ""), ("shop", "v8")):
        with pytest.raises(InferenceServerException, match="there are only /predict"):
            client.infer(name, [tensor("rows", [[0, 0]], "INT64", raw=True)], model_version=version)


def test_before_a_server_is_in_service_the_protocol_says_so(tmp_path: Path, start_gateway, endpoint: str) -> None:
    start_gateway(tmp_path, endpoint=endpoint)
    with InferenceServerClient(endpoint) as client:
        assert not client.is_server_ready()
        with pytest.raises(InferenceServerException):
            client.get_model_metadata("shop")
