"""The decision threshold that a project declares: of two classes, the score from which on the second is the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mltui.domain.project import Project, StepDeclaration

STEP, THRESHOLD = "evaluate", "threshold"
"""Declared as `[steps.evaluate] parameters = { threshold = 0.62 }`."""


def threshold_of(project: Project) -> float | None:
    """None where the class with the highest score is the answer."""
    value = project.steps.get(STEP, StepDeclaration()).parameters.get(THRESHOLD)
    return None if value is None else float(value)


def threshold_in(parameters: Mapping[str, Any]) -> float | None:
    """In what a version keeps of the parameters of its run, by step."""
    given = parameters.get(STEP)
    own = given.get("parameters") if isinstance(given, Mapping) else None
    value = own.get(THRESHOLD) if isinstance(own, Mapping) else None
    return float(value) if _is_share(value) else None  # type: ignore[arg-type]


def evaluate_problems(project: Project) -> Iterator[tuple[str, str]]:
    """What is wrong with what is declared of evaluate, and what would be right."""
    declared = project.steps.get(STEP)
    if declared is None:
        return
    for name in declared.parameters:
        if name != THRESHOLD:
            yield f"evaluate has no parameter {name}", f"there is: {THRESHOLD}"
    value = declared.parameters.get(THRESHOLD)
    if value is None:
        return
    if project.task != "classification":
        yield f"a {project.task} has no threshold", "take it out of [steps.evaluate]"
    if not _is_share(value):
        yield f"evaluate.threshold = {value}", "a score from 0 to 1"


def _is_share(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= 1  # type: ignore[arg-type, operator]
