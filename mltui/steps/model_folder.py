"""A model folder as evaluate and register open it: as the server does, and its class names checked once more."""

from __future__ import annotations

import json
from pathlib import Path

from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession

from mltui.serving.description import ModelDescription, ModelInvalid
from mltui.serving.model import MODEL_FILE, ServedModel
from mltui.steps.contract import StepFailed

CLASSES_KEY = "mltui.classes"
"""Where our exporters write the class names into the ONNX file, so that swapped ones in `model.json` are noticed."""


def open_model(folder: Path) -> ServedModel:
    """With one thread, as the server opens it: other sums of floats would be other answers."""
    try:
        model = ServedModel.open(folder, threads=1)
    except ModelInvalid as error:
        raise StepFailed(
            f"the model folder cannot be used: {error}", hint="Look at what the train step wrote."
        ) from None
    _check_written_classes(folder, model.description)
    return model


def _check_written_classes(folder: Path, description: ModelDescription) -> None:
    """Raises where the file names other classes than `model.json`; a file that names none passes."""
    session = InferenceSession(folder / MODEL_FILE, providers=["CPUExecutionProvider"])
    written = session.get_modelmeta().custom_metadata_map.get(CLASSES_KEY)
    if written is not None and json.loads(written) != list(description.classes):
        raise StepFailed(
            f"model.json names the classes {', '.join(description.classes)}, but {MODEL_FILE} was written for "
            f"{', '.join(json.loads(written))}",
            hint="Leave model.json as the exporter wrote it.",
        )
