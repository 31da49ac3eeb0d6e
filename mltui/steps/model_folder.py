"""A model folder as evaluate and register open it: as the server does, and its class names checked once more."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession

from mltui.serving.description import DESCRIPTION_FILE, ModelDescription, ModelInvalid
from mltui.serving.model import MODEL_FILE, ServedModel
from mltui.steps.contract import StepFailed, write_json

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


def set_threshold(folder: Path, into: Path, threshold: float) -> Path:
    """The same model in the folder `into`, which answers by this threshold."""
    for file in (each for each in folder.rglob("*") if each.is_file()):
        place = into / file.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    try:
        description = ModelDescription.load(folder / DESCRIPTION_FILE)
        changed = replace(description, threshold=threshold).as_json()
        ModelDescription.from_json(changed)
    except ModelInvalid as error:
        raise StepFailed(str(error), hint="Take evaluate's threshold away.") from None
    write_json(into / DESCRIPTION_FILE, changed)
    return into


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
