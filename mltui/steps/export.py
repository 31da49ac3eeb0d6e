"""The last act of every training: one ONNX file and its `model.json`, held against the model that was trained."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

from mltui.serving.description import DESCRIPTION_FILE, ModelDescription, ModelInvalid
from mltui.serving.model import MODEL_FILE, ServedModel
from mltui.steps.contract import StepFailed, write_json
from mltui.steps.model_folder import CLASSES_KEY

Scores = npt.NDArray[np.floating]

TOLERANCE = 1e-3
LARGEST_SHARE = 0.005
REFERENCE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the ONNX file answered on reference rows, against the trained model."""

    rows: int
    disagreements: int
    share: float
    max_difference: float
    """Largest difference of a score, or of a value relative to max(1, |value|)."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def write_model(folder: Path, model: onnx.ModelProto, description: ModelDescription) -> ServedModel:
    """Equal models give equal bytes: whatever names paths, times or stack traces is taken out."""
    clean(model)
    if description.classes:
        onnx.helper.set_model_props(model, {CLASSES_KEY: json.dumps(list(description.classes), ensure_ascii=False)})
    (folder / MODEL_FILE).write_bytes(model.SerializeToString(deterministic=True))
    write_json(folder / DESCRIPTION_FILE, description.as_json())
    try:
        return ServedModel.open(folder, threads=1)
    except ModelInvalid as error:
        raise StepFailed(f"the exported model cannot be served: {error}") from None


def clean(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]
    model.doc_string = ""
    for function in model.functions:
        del function.metadata_props[:]
        function.doc_string = ""
        _clean_nodes(function.node)
    _clean_graph(model.graph)


def check_conversion(trained: Scores, served: Scores, *, model: str, way_out: str) -> Conversion:
    """Probabilities [N, C] or values [N] of both; raises where too many rows disagree.

    Rows agree when no number differs by more than the tolerance; a top class may change only within it of a tie.
    """
    scale = np.maximum(1.0, np.abs(trained)) if trained.ndim == 1 else 1.0
    differences = np.abs(served.astype(np.float64) - trained) / scale
    differs = differences > TOLERANCE if trained.ndim == 1 else (differences > TOLERANCE).any(axis=1)
    if trained.ndim == 2:
        differs |= _changes_class(trained, served)
    conversion = Conversion(
        rows=len(trained),
        disagreements=int(differs.sum()),
        share=float(differs.mean()),
        max_difference=float(differences.max()),
    )
    if conversion.share > LARGEST_SHARE:
        raise StepFailed(
            f"{model} as ONNX disagrees with the trained model on {conversion.disagreements} of {conversion.rows} rows "
            f"(by up to {conversion.max_difference:.3g}; {LARGEST_SHARE:.1%} may disagree)",
            hint=way_out,
        )
    return conversion


def _changes_class(trained: Scores, served: Scores) -> npt.NDArray[np.bool_]:
    rows = np.arange(len(trained))
    lead = trained.max(axis=1) - trained[rows, served.argmax(axis=1)]
    changes: npt.NDArray[np.bool_] = lead > TOLERANCE
    return changes


def _clean_graph(graph: onnx.GraphProto) -> None:
    del graph.metadata_props[:]
    graph.doc_string = ""
    for value in [*graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        del value.metadata_props[:]
        value.doc_string = ""
    _clean_nodes(graph.node)


def _clean_nodes(nodes: object) -> None:
    for node in nodes:  # type: ignore[attr-defined]
        del node.metadata_props[:]
        node.doc_string = ""
        for attribute in node.attribute:
            attribute.doc_string = ""
            for graph in [attribute.g] * attribute.HasField("g") + list(attribute.graphs):
                _clean_graph(graph)
