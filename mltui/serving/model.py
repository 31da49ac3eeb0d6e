"""A model folder, opened with onnxruntime: what it was said to be is checked against what it is."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from onnxruntime.capi import onnxruntime_pybind11_state as native
from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession

from mltui.serving.description import (
    DESCRIPTION_FILE,
    Feature,
    InvalidInput,
    ModelDescription,
    ModelInvalid,
    PictureInput,
    RowInput,
)
from mltui.serving.preprocessing import Pixels, decode_picture, fit_pixels, picture_tensor, row_tensors

MODEL_FILE = "model.onnx"
PICTURE = "picture"
OUTPUTS = {"classification": "scores", "regression": "value"}

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Input: TypeAlias = bytes | Pixels | Mapping[str, object]
"""A picture file's bytes or its pixels [height, width, 3], or a row of named values."""

_FATAL_ONLY = 4
_TRIES = 5
_FEW = 64
# onnxruntime's exceptions have no common parent but Exception.
_NATIVE_ERRORS: tuple[type[Exception], ...] = (
    native.EPFail,
    native.EngineError,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NoModel,
    native.NoSuchFile,
    native.NotFound,
    native.NotImplemented,
    native.RuntimeException,
    RuntimeError,
    ValueError,
)


class ServedModel:
    """Predicts as the server does. Safe to call from several threads at once."""

    def __init__(self, description: ModelDescription, session: InferenceSession) -> None:
        self.description = description
        self._session = session
        self._output = OUTPUTS[description.task]

    @classmethod
    def open(cls, folder: Path, *, threads: int) -> ServedModel:
        """Loads the folder and predicts once; raises `ModelInvalid` where `model.json` and the ONNX file disagree.

        `threads` work together on one call; calls from other threads come on top.
        """
        description = ModelDescription.load(folder / DESCRIPTION_FILE)
        session = _session(folder / MODEL_FILE, threads)
        _check_signature(session, description)
        model = cls(description, session)
        model.warm_up()
        return model

    def predict(self, inputs: Sequence[Input], *, batch_size: int = 32) -> npt.NDArray[np.float32]:
        """Probabilities [N, C] in the order of the classes, or values [N]; finite all of them.

        Raises `InvalidInput` for the first input that cannot be predicted on.
        """
        if 0 < len(inputs) <= batch_size:
            return self.run(self.tensors(inputs))
        batches = [self.run(self.tensors(inputs[at : at + batch_size])) for at in range(0, len(inputs), batch_size)]
        if not batches:
            return np.empty((0, len(self.description.classes)) if self.description.classes else 0, dtype=np.float32)
        return np.concatenate(batches)

    def tensors(self, inputs: Sequence[Input]) -> Tensors:
        """What the ONNX file takes, for one batch; raises `InvalidInput`."""
        spec = self.description.input
        if isinstance(spec, PictureInput):
            pictures = [_picture(data, spec) for data in inputs]
            return {PICTURE: picture_tensor(np.stack(pictures), spec)}
        return row_tensors([_row(row) for row in inputs], spec)

    def run(self, tensors: Tensors) -> npt.NDArray[np.float32]:
        """Scores [N, C] or values [N] of one batch, at least one row."""
        try:
            answer = self._answer(tensors)
        except _NATIVE_ERRORS as error:
            message = f"the model fails on this input: {_first_line(error)}"
            raise InvalidInput(422, "not_predictable", message) from error
        if not _are_finite(answer):
            raise InvalidInput(422, "no_finite_answer", "the model has no finite answer for these values")
        return answer if self.description.classes else answer[:, 0]

    def seconds(self) -> float:
        """What one row takes, at best."""
        neutral, best = _neutral(self.description.input), math.inf
        for _ in range(_TRIES):
            started = time.perf_counter()
            self.run(neutral)
            best = min(best, time.perf_counter() - started)
        return best

    def warm_up(self) -> None:
        """One prediction on a neutral input; raises `ModelInvalid` when its answer is not what was described."""
        try:
            answer = self._answer(_neutral(self.description.input))
        except _NATIVE_ERRORS as error:
            raise ModelInvalid(f"{MODEL_FILE} fails on its first input: {_first_line(error)}") from error
        wanted = (1, len(self.description.classes) or 1)
        if answer.shape != wanted:
            raise ModelInvalid(f"{MODEL_FILE} answers in shape {answer.shape} where {wanted} was described")
        if self.description.classes and not _are_probabilities(answer):
            raise ModelInvalid(f"{MODEL_FILE} gives scores that are no probabilities: {answer[0, :5].tolist()}")

    def _answer(self, tensors: Tensors) -> npt.NDArray[np.float32]:
        return np.asarray(self._session.run([self._output], dict(tensors))[0], dtype=np.float32)


def _session(path: Path, threads: int) -> InferenceSession:
    options = native.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    native.set_default_logger_severity(_FATAL_ONLY)
    try:
        return InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except _NATIVE_ERRORS as error:
        raise ModelInvalid(f"{MODEL_FILE} cannot be loaded: {_first_line(error)}") from error


def _check_signature(session: InferenceSession, description: ModelDescription) -> None:
    inputs = {each.name: each for each in session.get_inputs()}
    wanted = _wanted_inputs(description.input)
    if inputs.keys() != wanted.keys():
        raise ModelInvalid(f"{MODEL_FILE} takes {sorted(inputs)} where {sorted(wanted)} was described")
    for name, (kind, shape) in wanted.items():
        _check_tensor(inputs[name], kind, shape)
    outputs = {each.name: each for each in session.get_outputs()}
    output = OUTPUTS[description.task]
    if output not in outputs:
        raise ModelInvalid(f"{MODEL_FILE} gives {sorted(outputs)}; a {description.task} gives {output!r}")
    _check_tensor(outputs[output], "tensor(float)", (None, len(description.classes) or 1))


def _wanted_inputs(spec: PictureInput | RowInput) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    if isinstance(spec, PictureInput):
        return {PICTURE: ("tensor(float)", (None, 3, spec.height, spec.width))}
    return {feature.name: (_tensor_type(feature), (None, 1)) for feature in spec.features}


def _tensor_type(feature: Feature) -> str:
    return "tensor(float)" if feature.type == "number" else "tensor(string)"


def _check_tensor(found: native.NodeArg, kind: str, shape: tuple[int | None, ...]) -> None:
    """`None` is the number of rows, which must be free; other sides may be free or as wanted."""
    is_same_type = found.type == kind
    is_same_rank = len(found.shape) == len(shape)
    if is_same_type and is_same_rank and all(map(_fits, found.shape, shape)):
        return
    sides = ["N" if side is None else side for side in shape]
    raise ModelInvalid(f"{MODEL_FILE}: {found.name!r} is {found.type} {found.shape} where {kind} {sides} was described")


def _fits(side: object, wanted: int | None) -> bool:
    return not isinstance(side, int) or side == wanted


def _neutral(spec: PictureInput | RowInput) -> dict[str, npt.NDArray[np.generic]]:
    if isinstance(spec, PictureInput):
        grey = np.full((1, spec.height, spec.width, 3), 128, dtype=np.uint8)
        return {PICTURE: picture_tensor(grey, spec)}
    row = {each.name: each.categories[0] if each.type == "category" else 0.0 for each in spec.features}
    return row_tensors([row], spec)


def _are_finite(answer: npt.NDArray[np.float32]) -> bool:
    """Over a few values numpy takes longer to begin than Python to end."""
    if answer.size > _FEW:
        return bool(np.isfinite(answer).all())
    return all(map(math.isfinite, answer.ravel().tolist()))


def _are_probabilities(scores: npt.NDArray[np.float32]) -> bool:
    return bool((scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-3))


def _picture(data: Input, spec: PictureInput) -> Pixels:
    if isinstance(data, bytes):
        return decode_picture(data, spec)
    if isinstance(data, np.ndarray):
        return fit_pixels(data, spec)
    raise TypeError("this model takes pictures, not rows")


def _row(row: Input) -> Mapping[str, object]:
    if not isinstance(row, Mapping):
        raise TypeError("this model takes rows, not pictures")
    return row


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
