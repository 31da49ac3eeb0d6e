"""One prediction on what was posted: a picture file's bytes, or a row as JSON."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mltui.serving.answers import Answer
from mltui.serving.bodies import parse_object
from mltui.serving.description import ModelDescription, PictureInput

if TYPE_CHECKING:
    from mltui.serving.model import Input, ServedModel


def predict(version: str, model: ServedModel, body: bytes) -> Answer:
    """The clock runs over parsing, decoding and inference. Raises `InvalidInput`."""
    started = time.perf_counter()
    given: Input = body if isinstance(model.description.input, PictureInput) else parse_object(body)
    scores = model.predict([given])[0]
    milliseconds = round((time.perf_counter() - started) * 1000, 3)
    return Answer(200, {"version": version, **_said(scores, model.description), "milliseconds": milliseconds})


def _said(scores: Any, description: ModelDescription) -> dict[str, object]:
    """`scores` are [C], or one value."""
    if not description.classes:
        return {"value": float(scores)}
    label = description.classes[description.choose(scores)]
    named = dict(zip(description.classes, scores.tolist(), strict=True))
    return {"label": label, "score": named[label], "scores": named}
