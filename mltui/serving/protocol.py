"""The Open Inference Protocol (V2): what stands under `/v2`, and how the model is described there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mltui import __version__
from mltui.serving.answers import Answer
from mltui.serving.description import ModelDescription, PictureInput

ROOT = "/v2"
PICTURE = "picture"
TEXTS = "BYTES"


@dataclass(frozen=True, slots=True)
class ModelName:
    """What the model is called; a version belongs to the name, where there is one (`v7`)."""

    name: str
    version: str

    @property
    def places(self) -> tuple[str, ...]:
        """Where it stands: without its version and with it."""
        place = f"{ROOT}/models/{self.name}"
        return (place, f"{place}/versions/{self.version}") if self.version else (place,)


def about_server() -> Answer:
    return said({"name": "mltui", "version": __version__, "extensions": ["binary_tensor_data"]})


def about_model(model: ModelName, description: ModelDescription) -> Answer:
    return said(
        {
            "name": model.name,
            "versions": [model.version] if model.version else [],
            "platform": "onnxruntime_onnx",
            "inputs": described_inputs(description),
            "outputs": described_outputs(description),
        }
    )


def about_state(key: str, *, is_so: bool) -> Answer:
    return said({key: is_so}, 200 if is_so else 503)


def described_inputs(description: ModelDescription) -> list[dict[str, object]]:
    spec = description.input
    if isinstance(spec, PictureInput):
        return [{"name": PICTURE, "datatype": TEXTS, "shape": [-1]}]
    types = {"number": "FP64", "category": TEXTS}
    return [{"name": each.name, "datatype": types[each.type], "shape": [-1, 1]} for each in spec.features]


def described_outputs(description: ModelDescription) -> list[dict[str, object]]:
    """The classes stand in the order of the scores."""
    if not description.classes:
        return [{"name": "value", "datatype": "FP64", "shape": [-1]}]
    classes = list(description.classes)
    parameters = {"classes": classes}
    scores: dict[str, object] = {
        "name": "scores",
        "datatype": "FP32",
        "shape": [-1, len(classes)],
        "parameters": parameters,
    }
    label: dict[str, object] = {"name": "label", "datatype": TEXTS, "shape": [-1]}
    if description.threshold is not None:
        label["parameters"] = {"threshold": description.threshold, "of": classes[1]}
    return [label, scores]


def in_words(answer: Answer) -> Answer:
    """A refusal as the protocol has it: `error` is a text."""
    error = answer.body.get("error") if isinstance(answer.body, Mapping) else None
    if not isinstance(error, dict):
        return answer
    return replace(answer, body={"error": error["message"]}, has_request_id=False)


def said(body: Mapping[str, object], status: int = 200) -> Answer:
    return Answer(status, body, has_request_id=False)
