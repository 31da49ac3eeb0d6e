"""Trains a network on pictures, exports it and writes down how it went."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from mltui.serving.description import ModelDescription, PictureInput
from mltui.serving.model import PICTURE
from mltui.serving.preprocessing import picture_tensor
from mltui.steps.contract import Step, write_json
from mltui.steps.datasets import Schema
from mltui.steps.export import REFERENCE_ROWS, Conversion, check_conversion, write_model
from mltui.steps.export_torch import to_onnx
from mltui.steps.fitting import FitPlan, FitState, fit, probabilities
from mltui.steps.image_parameters import ImageParameters
from mltui.steps.networks import build_network
from mltui.steps.picture_set import PictureSet, read_pictures
from mltui.steps.tables import batches

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures, as usual."""
WAY_OUT = "Train with another seed or a smaller learning_rate; very large activations lose precision in float32."


def train(step: Step, training: Path, schema: Schema, parameters: ImageParameters) -> None:
    classes, size = schema.classes or (), parameters.image_size
    _make_deterministic(threads=step.cpus, seed=parameters.seed)
    spec = PictureInput(size, size, MEAN, STD, schema.max_bytes, schema.max_pixels)
    pictures = read_pictures(training, classes, spec, progress=step.progress)
    network = build_network(parameters.model, classes=len(classes))
    fitted = fit(network, pictures, _plan(parameters, training), step)
    conversion = _export(step, network, pictures, schema, parameters)
    write_json(step.output("history") / "history.json", _history(fitted, conversion))


def _make_deterministic(*, threads: int, seed: int) -> None:
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)


def _plan(parameters: ImageParameters, training: Path) -> FitPlan:
    decisive = json.dumps([asdict(parameters), _libraries()], sort_keys=True).encode()
    rows = (training / "rows.csv").read_bytes()
    return FitPlan(
        epochs=parameters.epochs,
        batch_size=parameters.batch_size,
        learning_rate=parameters.learning_rate,
        seed=parameters.seed,
        augment=parameters.augment,
        fingerprint=hashlib.sha256(decisive + b"\0" + rows).hexdigest(),
    )


def _export(
    step: Step, network: nn.Module, pictures: PictureSet, schema: Schema, parameters: ImageParameters
) -> Conversion:
    description = ModelDescription(
        task="classification",
        classes=schema.classes or (),
        input=pictures.spec,
        target=None,
        made_by={"template": "image", "model": parameters.model, "libraries": _libraries()},
    )
    exported: onnx.ModelProto = to_onnx(network, width=pictures.spec.width, height=pictures.spec.height)
    model = write_model(step.output("model"), exported, description)
    reference = np.concatenate([pictures.validation, pictures.train])[:REFERENCE_ROWS]
    served = [
        model.run({PICTURE: picture_tensor(pictures.pixels(reference[few]), pictures.spec)})
        for few in batches(len(reference), 32)
    ]
    trained = probabilities(network, pictures, reference)
    return check_conversion(trained, np.concatenate(served), model=parameters.model, way_out=WAY_OUT)


def _history(fitted: FitState, conversion: Conversion) -> dict[str, object]:
    best = fitted.epochs[fitted.best_epoch - 1]
    return {
        "epochs": fitted.epochs,
        "best_epoch": fitted.best_epoch,
        "selection": {"metric": "validation_accuracy", "value": best["validation_accuracy"]},
        "conversion": conversion.as_json(),
        "libraries": _libraries(),
    }


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "torchvision", "onnx")}
