"""One inference of the Open Inference Protocol (V2), with its extension for binary tensors: bytes in, an answer out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mltui.serving.answers import Answer
from mltui.serving.bodies import parse_object
from mltui.serving.description import InvalidInput
from mltui.serving.model import ServedModel
from mltui.serving.protocol import ModelName, described_outputs, said
from mltui.serving.protocol_inputs import model_inputs, outputs
from mltui.serving.tensors import invalid, read_tensors

MOST_LISTS = 2**17
"""And objects: the 224 × 224 pixels of two pictures, each a list."""
MOST_VALUES = 2**20


def infer(model: ServedModel, name: ModelName, body: bytes, json_length: int | None) -> Answer:
    """Row by row, so that no answer depends on its neighbours in the batch; raises `InvalidInput`.

    `json_length` is given where raw tensors stand behind the JSON.
    """
    length = len(body) if json_length is None else json_length
    if length > len(body):
        raise invalid("Inference-Header-Content-Length is more than the body's length")
    _require_few_values(body, length)
    record = parse_object(body[:length])
    wanted = _wanted(record, [str(each["name"]) for each in described_outputs(model.description)])
    inputs = model_inputs(list(read_tensors(record.get("inputs"), body[length:])), model.description)
    answers = outputs([model.predict([each])[0] for each in inputs], model.description)
    heads, tails = [], []
    for tensor in answers:
        if tensor.name in wanted:
            head, tail = tensor.as_raw() if wanted[tensor.name] else (tensor.as_json(), b"")
            heads.append(head)
            tails.append(tail)
    answer = said({"model_name": name.name, "model_version": name.version, **_id_of(record), "outputs": heads})
    if not any(wanted.values()):
        return answer
    return replace(answer, tail=b"".join(tails), media_type=b"application/octet-stream")


def _require_few_values(body: bytes, length: int) -> None:
    """Parsed, JSON may take fifty times its bytes, and as long as it is parsed nobody else is answered."""
    lists = body.count(b"[", 0, length) + body.count(b"{", 0, length)
    if lists > MOST_LISTS or body.count(b",", 0, length) > MOST_VALUES:
        raise InvalidInput(413, "too_many_values", "more values than JSON is read with; send them as binary data")


def _wanted(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, bool]:
    """Names of the outputs that are asked for, each with whether it is to come raw; raises `InvalidInput`."""
    is_raw = bool(_parameters(record).get("binary_data_output", False))
    wanted = record.get("outputs") or [{"name": name} for name in names]
    if not isinstance(wanted, list) or not all(isinstance(each, dict) for each in wanted):
        raise invalid("`outputs` is not a list of objects")
    for each in wanted:
        if each.get("name") not in names:
            raise InvalidInput(422, "unknown_field", f"an output that there is not; there are: {', '.join(names)}")
    return {each["name"]: bool(_parameters(each).get("binary_data", is_raw)) for each in wanted}


def _parameters(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = record.get("parameters")
    return found if isinstance(found, dict) else {}


def _id_of(record: Mapping[str, Any]) -> dict[str, str]:
    given = record.get("id")
    if given is None:
        return {}
    if not isinstance(given, str):
        raise invalid("`id` is not a text")
    return {"id": given}
