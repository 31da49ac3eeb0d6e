"""The models of the table template: scikit-learn estimators, and what each lets a project set, under its own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from mltui.steps.contract import StepFailed
from mltui.steps.parameters import limited, read_parameters

SMALLER_TREES = "Grow smaller trees: a lower max_depth or a higher min_samples_leaf; or choose another model."
LESS_EXTREME = "Bring features into a common range, or choose gradient_boosting."


class TableModel(Protocol):
    """Parameters of one model, and how to make it."""

    @property
    def model(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def is_scaled(self) -> bool:
        """Whether numbers are brought to mean 0 and deviation 1 first; trees lose exactness by that."""
        ...

    @property
    def way_out(self) -> str:
        """What to do when the ONNX file disagrees with the model."""
        ...

    def estimator(self, task: str, *, threads: int) -> Any: ...


@dataclass(frozen=True, slots=True)
class LogisticParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)
    C: float = limited(1.0, least=1e-6, most=1e6)
    """Inverse strength of the L2 penalty."""
    max_iter: int = limited(1000, least=1)
    class_weight: str = limited("none", choices=("none", "balanced"))

    is_scaled = True
    way_out = LESS_EXTREME

    def estimator(self, task: str, *, threads: int) -> Any:
        weight = None if self.class_weight == "none" else self.class_weight
        return LogisticRegression(C=self.C, max_iter=self.max_iter, class_weight=weight, random_state=self.seed)


@dataclass(frozen=True, slots=True)
class LinearParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)

    is_scaled = True
    way_out = LESS_EXTREME

    def estimator(self, task: str, *, threads: int) -> Any:
        return LinearRegression()


@dataclass(frozen=True, slots=True)
class RidgeParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)
    alpha: float = limited(1.0, least=0)
    """Strength of the L2 penalty."""

    is_scaled = True
    way_out = LESS_EXTREME

    def estimator(self, task: str, *, threads: int) -> Any:
        return Ridge(alpha=self.alpha, random_state=self.seed)


@dataclass(frozen=True, slots=True)
class ForestParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)
    n_estimators: int = limited(100, least=1, most=10_000)
    max_depth: int | None = limited(None, least=1)
    min_samples_leaf: int = limited(3, least=1)

    is_scaled = False
    way_out = SMALLER_TREES

    def estimator(self, task: str, *, threads: int) -> Any:
        forest = RandomForestRegressor if task == "regression" else RandomForestClassifier
        return forest(
            n_estimators=self.n_estimators,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            random_state=self.seed,
            n_jobs=threads,
        )


@dataclass(frozen=True, slots=True)
class BoostingParameters:
    model: str
    seed: int = limited(1, least=0, most=2**31 - 1)
    n_estimators: int = limited(100, least=1, most=10_000)
    learning_rate: float = limited(0.1, least=1e-6, most=10)
    max_depth: int = limited(3, least=1)
    min_samples_leaf: int = limited(1, least=1)
    subsample: float = limited(1.0, least=0.01, most=1)

    is_scaled = False
    way_out = SMALLER_TREES

    def estimator(self, task: str, *, threads: int) -> Any:
        boosting = GradientBoostingRegressor if task == "regression" else GradientBoostingClassifier
        return boosting(
            n_estimators=self.n_estimators,
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            subsample=self.subsample,
            random_state=self.seed,
        )


MODELS: Mapping[str, Mapping[str, type[TableModel]]] = {
    "classification": {
        "logistic_regression": LogisticParameters,
        "random_forest": ForestParameters,
        "gradient_boosting": BoostingParameters,
    },
    "regression": {
        "ridge": RidgeParameters,
        "linear": LinearParameters,
        "random_forest": ForestParameters,
        "gradient_boosting": BoostingParameters,
    },
}
"""By task; the first of each is the default."""


def read_table_model(given: Mapping[str, object], *, task: str) -> TableModel:
    models = MODELS[task]
    name = given.get("model", next(iter(models)))
    if not isinstance(name, str) or name not in models:
        raise StepFailed(f"the table template has no model {name!r} for a {task}", hint=f"It has: {', '.join(models)}.")
    return read_parameters(models[name], {**given, "model": name}, what=f"the model {name}")
