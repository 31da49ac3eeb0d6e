"""A model folder is served only when its two files agree, and predicts the same whatever the batches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from serving_models import make_picture_model, make_row_model, picture_graph, picture_spec, plain, row_graph, save

from mltui.serving.description import InvalidInput, ModelDescription, ModelInvalid, RowInput
from mltui.serving.model import ServedModel

ROW = {"income": 3, "age": None, "purpose": "car", "region": None}


@pytest.fixture
def pictures(tmp_path: Path) -> ServedModel:
    return ServedModel.open(make_picture_model(tmp_path), threads=1)


@pytest.fixture
def rows(tmp_path: Path) -> ServedModel:
    return ServedModel.open(make_row_model(tmp_path), threads=1)


def description_of(folder: Path) -> ModelDescription:
    return ModelDescription.load(folder / "model.json")


def refusal(folder: Path, graph: onnx.GraphProto, description: ModelDescription) -> str:
    save(folder, graph, description)
    with pytest.raises(ModelInvalid) as caught:
        ServedModel.open(folder, threads=1)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_scores_stand_in_the_order_of_the_classes(pictures: ServedModel) -> None:
    scores = pictures.predict([plain("red"), plain("blue")])
    assert scores.shape == (2, 2)
    assert scores.argmax(axis=1).tolist() == [1, 0]
    assert np.allclose(scores.sum(axis=1), 1)


def test_a_regression_gives_one_value_a_row(rows: ServedModel) -> None:
    assert rows.predict([ROW, {**ROW, "purpose": "house"}]).tolist() == [6.0, 1006.0]


def test_batches_do_not_change_the_answer(pictures: ServedModel, rows: ServedModel) -> None:
    many = [plain(colour) for colour in ("red", "blue", "green", "white", "black")]
    assert np.array_equal(pictures.predict(many, batch_size=2), pictures.predict(many))
    assert rows.predict([{**ROW, "income": n} for n in range(70)]).tolist() == [2.0 * n for n in range(70)]


def test_nothing_asked_is_nothing_answered(pictures: ServedModel, rows: ServedModel) -> None:
    assert pictures.predict([]).shape == (0, 2)
    assert rows.predict([]).shape == (0,)


def test_threads_may_predict_at_once(pictures: ServedModel) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda colour: pictures.predict([plain(colour)])[0].argmax(), ["red", "blue"] * 40))
    assert answers == [1, 0] * 40


def test_values_that_lead_to_no_finite_answer_are_the_callers_fault(rows: ServedModel) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows.predict([{**ROW, "income": 3e38}])
    assert (caught.value.status, caught.value.code) == (422, "no_finite_answer")


def test_a_class_count_that_differs_is_refused(tmp_path: Path) -> None:
    description = description_of(make_picture_model(tmp_path))
    assert "scores" in refusal(tmp_path, picture_graph(8, 3), description)


def test_a_picture_size_that_differs_is_refused(tmp_path: Path) -> None:
    description = description_of(make_picture_model(tmp_path))
    assert "picture" in refusal(tmp_path, picture_graph(16, 2), description)


def test_a_feature_that_the_file_does_not_take_is_refused(tmp_path: Path) -> None:
    description = description_of(make_row_model(tmp_path))
    assert isinstance(description.input, RowInput)
    fewer = replace(description, input=RowInput(description.input.features[:-1]))
    assert "region" in refusal(tmp_path, row_graph(), fewer)


def test_a_feature_of_another_type_is_refused(tmp_path: Path) -> None:
    description = description_of(make_row_model(tmp_path))
    assert isinstance(description.input, RowInput)
    income, *others = description.input.features
    changed = replace(income, type="category", categories=("a",))
    assert "income" in refusal(tmp_path, row_graph(), replace(description, input=RowInput((changed, *others))))


def test_an_output_of_another_name_is_refused(tmp_path: Path) -> None:
    description = replace(description_of(make_row_model(tmp_path)), task="classification", classes=("a", "b"))
    assert "'scores'" in refusal(tmp_path, row_graph(), description)


def test_a_fixed_number_of_rows_is_refused(tmp_path: Path) -> None:
    description = description_of(make_picture_model(tmp_path))
    graph = picture_graph(8, 2)
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    assert "picture" in refusal(tmp_path, graph, description)


def test_scores_that_are_no_probabilities_are_refused(tmp_path: Path) -> None:
    description = description_of(make_picture_model(tmp_path))
    graph = picture_graph(8, 2)
    graph.node[-1].CopyFrom(helper.make_node("Identity", ["logits"], ["scores"]))
    assert "probabilities" in refusal(tmp_path, graph, description)


def test_a_free_class_count_is_checked_by_predicting_once(tmp_path: Path) -> None:
    description = description_of(make_picture_model(tmp_path))
    graph = picture_graph(8, 3)
    graph.node[-1].output[0] = "all"
    graph.node.append(helper.make_node("Compress", ["all", "kept"], ["scores"], axis=1))
    graph.initializer.append(numpy_helper.from_array(np.ones(3, dtype=bool), "kept"))
    graph.output[0].CopyFrom(helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", "C"]))
    assert "(1, 3)" in refusal(tmp_path, graph, description)


@pytest.mark.parametrize("content", [b"", b"not onnx", b"\x08\x09" * 1000])
def test_a_file_that_is_no_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    make_picture_model(tmp_path)
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ModelInvalid, match=r"model\.onnx"):
        ServedModel.open(tmp_path, threads=1)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    make_picture_model(tmp_path)
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(ModelInvalid, match="cannot be loaded"):
        ServedModel.open(tmp_path, threads=1)


def test_pictures_of_any_number_of_classes_are_served(tmp_path: Path) -> None:
    classes = tuple(f"class {n}" for n in range(12))
    model = ServedModel.open(make_picture_model(tmp_path, spec=picture_spec(side=32), classes=classes), threads=2)
    assert model.predict([plain("red", (4000, 100))]).shape == (1, 12)
