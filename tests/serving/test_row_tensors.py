"""Rows: one tensor per feature, and a refusal that names the field."""

from __future__ import annotations

import math

import numpy as np
import pytest
from serving_models import row_spec

from mltui.serving.preprocessing import InvalidInput, row_from_text, row_tensors

GOOD = {"income": 1200, "age": 41.5, "purpose": "car", "region": "north"}


def refused(row: dict[str, object]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        row_tensors([row], row_spec())
    assert caught.value.status == 422
    return caught.value


def test_each_feature_becomes_one_column() -> None:
    tensors = row_tensors([GOOD, {**GOOD, "income": 5, "purpose": "house"}], row_spec())
    assert list(tensors) == ["income", "age", "purpose", "region"]
    assert tensors["income"].dtype == np.float32
    assert tensors["income"].tolist() == [[1200.0], [5.0]]
    assert tensors["purpose"].dtype == object
    assert tensors["purpose"].tolist() == [["car"], ["house"]]


def test_no_rows_are_columns_of_length_zero() -> None:
    assert {tensor.shape for tensor in row_tensors([], row_spec()).values()} == {(0, 1)}


def test_null_is_nan_for_a_number_and_empty_for_a_category_that_may_be_null() -> None:
    tensors = row_tensors([{**GOOD, "age": None, "region": None}], row_spec())
    assert math.isnan(tensors["age"][0, 0])
    assert tensors["region"][0, 0] == ""


@pytest.mark.parametrize("field", ["income", "purpose"])
def test_null_is_refused_where_it_is_not_allowed(field: str) -> None:
    assert refused({**GOOD, field: None}).code == "null_not_allowed"


@pytest.mark.parametrize("field", list(GOOD))
def test_a_missing_field_is_refused_by_name(field: str) -> None:
    error = refused({name: value for name, value in GOOD.items() if name != field})
    assert error.code == "missing_field"
    assert field in error.message


def test_a_field_that_is_not_known_is_refused_by_name() -> None:
    error = refused({**GOOD, "sex": "f"})
    assert error.code == "unknown_field"
    assert "sex" in error.message


@pytest.mark.parametrize("value", ["12", True, [1], {"a": 1}])
def test_a_number_is_a_number(value: object) -> None:
    assert refused({**GOOD, "income": value}).code == "wrong_type"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e39, -1e300, 10**400])
def test_a_number_is_finite_also_as_float32(value: float) -> None:
    assert refused({**GOOD, "income": value}).code == "not_finite"


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 0, 1e-300])
def test_any_number_within_float32_passes(value: float) -> None:
    assert np.isfinite(row_tensors([{**GOOD, "income": value}], row_spec())["income"]).all()


@pytest.mark.parametrize("value", [1, False, ["car"]])
def test_a_category_is_a_text(value: object) -> None:
    assert refused({**GOOD, "purpose": value}).code == "wrong_type"


@pytest.mark.parametrize("value", ["boat", "", "CAR", "x" * 100_000])
def test_a_category_is_one_of_those_known(value: str) -> None:
    error = refused({**GOOD, "purpose": value})
    assert error.code == "unknown_category"
    assert len(error.message) < 200


def test_text_is_read_as_the_features_say() -> None:
    row = row_from_text({"row_id": "a1", "income": "1e3", "age": "", "purpose": "car", "region": ""}, row_spec())
    assert row == {"income": 1000.0, "age": None, "purpose": "car", "region": None}


def test_text_that_is_no_number_is_refused_as_one() -> None:
    row = row_from_text({"income": "much", "age": "1", "purpose": "car", "region": "north"}, row_spec())
    assert refused(row).code == "wrong_type"
