"""The estimators of the table template, with the parameters that each of them takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mltui.steps.contract import StepFailed
from mltui.steps.matrix import Column
from mltui.steps.parameters import limited, read_parameters


@dataclass(frozen=True, slots=True)
class LinearParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)
    regularization: float = limited(1.0, least=1e-9, most=1e9)
    """Strength of the L2 penalty."""
    iterations: int = limited(1000, least=1, most=100_000)


@dataclass(frozen=True, slots=True)
class ForestParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)
    trees: int = limited(100, least=1, most=10_000)
    max_depth: int = limited(12, least=1, most=100)
    min_samples_leaf: int = limited(5, least=1, most=100_000)


@dataclass(frozen=True, slots=True)
class BoostingParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)
    trees: int = limited(100, least=1, most=10_000)
    learning_rate: float = limited(0.1, least=1e-6, most=10)
    max_depth: int = limited(3, least=1, most=30)


Parameters = LinearParameters | ForestParameters | BoostingParameters

MODELS: Mapping[str, Mapping[str, type[Parameters]]] = {
    "classification": {
        "logistic_regression": LinearParameters,
        "random_forest": ForestParameters,
        "gradient_boosting": BoostingParameters,
    },
    "regression": {
        "ridge": LinearParameters,
        "random_forest": ForestParameters,
        "gradient_boosting": BoostingParameters,
    },
}
DEFAULT_MODEL = {"classification": "logistic_regression", "regression": "ridge"}


def table_parameters(task: str, given: Mapping[str, Any]) -> Parameters:
    """Raises for a model that the task does not have, and for what that model does not take."""
    known = MODELS[task]
    model = given.get("model", DEFAULT_MODEL[task])
    if model not in known:
        raise StepFailed(f"the table template has no model {model!r} for {task}", hint=f"It has: {', '.join(known)}.")
    return read_parameters(known[model], {**given, "model": model}, what=f"the model {model}")


def build_pipeline(task: str, parameters: Parameters, columns: tuple[Column, ...]) -> Pipeline:
    """Learns from a float matrix [N, F]: category codes become indicator columns, gaps the median."""
    numbers = [index for index, column in enumerate(columns) if column.categories is None]
    categories = [index for index, column in enumerate(columns) if column.categories is not None]
    parts = []
    if numbers:
        fill = [SimpleImputer(strategy="median", keep_empty_features=True)]
        scale = [StandardScaler()] if isinstance(parameters, LinearParameters) else []
        parts.append(("numbers", make_pipeline(*fill, *scale), numbers))
    if categories:
        codes = [np.arange(columns[index].codes, dtype=np.float64) for index in categories]
        parts.append(("categories", OneHotEncoder(categories=codes, sparse_output=False), categories))
    return Pipeline([("columns", ColumnTransformer(parts)), ("estimator", _estimator(task, parameters))])


def _estimator(task: str, parameters: Parameters) -> Any:
    is_classification = task == "classification"
    if isinstance(parameters, LinearParameters):
        if is_classification:
            return LogisticRegression(C=1 / parameters.regularization, max_iter=parameters.iterations)
        return Ridge(alpha=parameters.regularization)
    if isinstance(parameters, ForestParameters):
        forest = RandomForestClassifier if is_classification else RandomForestRegressor
        return forest(
            n_estimators=parameters.trees,
            max_depth=parameters.max_depth,
            min_samples_leaf=parameters.min_samples_leaf,
            random_state=parameters.seed,
        )
    boosting = GradientBoostingClassifier if is_classification else GradientBoostingRegressor
    return boosting(
        n_estimators=parameters.trees,
        learning_rate=parameters.learning_rate,
        max_depth=parameters.max_depth,
        random_state=parameters.seed,
    )
