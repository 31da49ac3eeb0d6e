"""The train step's templates and the parameters of each. What values those take, the templates themselves check."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from mltui.domain.project import Project, Scalar, StepDeclaration

TEMPLATE_DEFAULTS: Mapping[str, Mapping[str, Scalar]] = {
    "image": {
        "model": "mobilenet_v2",
        "epochs": 5,
        "batch_size": 32,
        "learning_rate": 1e-4,
        "image_size": 160,
        "seed": 1,
        "augment": True,
    },
    "table": {"seed": 1},
}
"""Template → its parameters where the project says nothing; written out, seeds among them."""

_FOREST = ("model", "seed", "n_estimators", "max_depth", "min_samples_leaf")
_BOOSTING = ("model", "seed", "n_estimators", "learning_rate", "max_depth", "min_samples_leaf", "subsample")

TABLE_PARAMETERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "classification": {
        "logistic_regression": ("model", "seed", "C", "max_iter", "class_weight"),
        "random_forest": _FOREST,
        "gradient_boosting": _BOOSTING,
    },
    "regression": {
        "ridge": ("model", "seed", "alpha"),
        "linear": ("model", "seed"),
        "random_forest": _FOREST,
        "gradient_boosting": _BOOSTING,
    },
}
"""Task → model of the table template → its parameters; the first model is the default."""


PROCESS_GB = 1
"""Free disk that a run without containers takes."""


@dataclass(frozen=True, slots=True)
class TrainingImage:
    gb: float
    free_gb: float
    """Free disk that it takes while it is built, and the other images after it."""
    build_minutes: int


TRAINING_IMAGES: Mapping[str, TrainingImage] = {"image": TrainingImage(6, 14, 2), "table": TrainingImage(0.6, 2, 1)}
"""Template → the image that it trains in."""


def fitting_template(project: Project) -> Literal["image", "table"]:
    return "table" if project.data_kind == "table" else "image"


def parameter_problems(project: Project) -> Iterator[tuple[str, str]]:
    """What is wrong with the train template's parameters, and what would be right; none of a program of its own."""
    declared = project.steps.get("train", StepDeclaration())
    if declared.dockerfile is not None:
        return
    owner, known = "the image template", tuple(TEMPLATE_DEFAULTS["image"])
    if fitting_template(project) == "table":
        models = TABLE_PARAMETERS[project.task]
        model = str(declared.parameters.get("model", next(iter(models))))
        if model not in models:
            yield f"the table template has no model “{model}” for a {project.task}", closest(model, models)
            return
        owner, known = f"the model {model}", models[model]
    for name in declared.parameters:
        if name not in known:
            yield f"train: {owner} has no parameter {name}", closest(name, known)


def closest(name: str, known: Collection[str]) -> str:
    """A hint at what was meant."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(known) or 'none'}"
