"""The pipeline: prepare → train → evaluate → register, what flows between them, and what makes a step the same work."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mltui.bands import WORDS
from mltui.domain.digests import digest_of
from mltui.domain.project import DataSource, Project, Scalar, StepDeclaration
from mltui.domain.templates import TEMPLATE_DEFAULTS, closest, fitting_template, parameter_problems
from mltui.domain.threshold import STEP as EVALUATE
from mltui.domain.threshold import THRESHOLD, evaluate_problems, threshold_of
from mltui.errors import ConfigInvalid, UsageError

STEPS = ("prepare", "train", "evaluate", "register")
"""In the order of their execution."""


@dataclass(frozen=True, slots=True)
class Need:
    """One input folder of a step."""

    name: str
    step: str | None
    """The step that makes it; None: the run's data version."""
    output: str
    is_optional: bool = False
    """Left away when the source step left no such output."""


@dataclass(frozen=True, slots=True)
class StepPlan:
    name: str
    needs: tuple[Need, ...]
    outputs: tuple[str, ...]
    """Folders that it has to leave."""
    optional_outputs: tuple[str, ...] = ()
    """Folders that are taken when it leaves them."""


def pipeline(project: Project) -> tuple[StepPlan, ...]:
    """In the order of execution. Raises `ConfigInvalid` when train's template is not made for the project's data."""
    template, wanted = _train(project).template, fitting_template(project)
    if template not in (None, wanted):
        raise ConfigInvalid(
            f"steps.train.template = “{template}” cannot learn from {project.data_kind}",
            hint=f"use template = “{wanted}”",
        )
    is_history_sure = template is not None
    left, model = _evaluated(project)
    return (
        StepPlan("prepare", (Need("data", None, "data"),), ("training", "held_out", "report")),
        StepPlan(
            "train",
            (Need("training", "prepare", "training"),),
            outputs=("model", "history") if is_history_sure else ("model",),
            optional_outputs=() if is_history_sure else ("history",),
        ),
        StepPlan(
            "evaluate",
            (Need("model", "train", "model"), Need("held_out", "prepare", "held_out")),
            left,
        ),
        StepPlan(
            "register",
            (
                Need("model", *model),
                Need("evaluation", "evaluate", "evaluation"),
                Need("history", "train", "history", is_optional=not is_history_sure),
            ),
            ("manifest",),
        ),
    )


def model_of(project: Project) -> str:
    """The step that leaves the model folder that is registered and served."""
    return _evaluated(project)[1][0]


def cache_key(
    *,
    image: str,
    argv: Sequence[str],
    env: Mapping[str, str],
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str],
    outputs: Sequence[str],
) -> str:
    """SHA-256 (hex): equal keys are the same work.

    `image` is the content key of the image, `inputs` the tree digest of each input. Never give it a secret.
    """
    return digest_of(
        {"image": image, "argv": argv, "env": env, "parameters": parameters, "inputs": inputs, "outputs": outputs}
    )


def parameters_for(step: str, project: Project, *, excluded: Sequence[str] = ()) -> dict[str, Any]:
    """Content of the step's `params.json`. `excluded`: SHA-256 of the smoke pictures, for prepare."""
    _require_step(step)
    parameters: dict[str, Any] = {"task": project.task, "kind": project.data_kind}
    declared = dict(project.steps.get(step, StepDeclaration()).parameters)
    if step == "prepare":
        parameters |= _prepare_parameters(project, excluded)
    if step == "train":
        template = _train(project).template
        return parameters | {"template": template, "parameters": _defaults(step, project) | declared}
    return parameters | ({"parameters": declared} if declared else {})


def apply_overrides(project: Project, overrides: Sequence[str]) -> Project:
    """`["train.epochs=3", …]`; a value is read as the type that the parameter has.

    Raises `UsageError`, also where they leave a model with a parameter that only another one has.
    """
    for text in overrides:
        project = _override(project, text)
    for problem, hint in (*parameter_problems(project), *evaluate_problems(project)):
        raise UsageError(problem, hint=hint)
    return project


def _evaluated(project: Project) -> tuple[tuple[str, ...], tuple[str, str]]:
    """What evaluate leaves, and step and output of the model: with a threshold, evaluate leaves the model with it."""
    if threshold_of(project) is None:
        return ("evaluation", "report"), ("train", "model")
    return ("evaluation", "report", "model"), ("evaluate", "model")


def _train(project: Project) -> StepDeclaration:
    declared = project.steps.get("train", StepDeclaration())
    if declared.template is None and declared.dockerfile is None:
        return replace(declared, template=fitting_template(project))
    return declared


def _defaults(step: str, project: Project) -> dict[str, Scalar]:
    template = _train(project).template if step == "train" else None
    return dict(TEMPLATE_DEFAULTS[template]) if template is not None else {}


def _prepare_parameters(project: Project, excluded: Sequence[str]) -> dict[str, Any]:
    data, split = project.data, project.data.split
    parameters: dict[str, Any] = {
        "split": {"seed": split.seed, "validation": split.validation, "held_out": split.held_out},
        "excluded": sorted(set(excluded)),
        "unreadable_limit": data.unreadable_limit,
        "max_pixels": round(data.max_megapixels * 1_000_000),
        "max_bytes": round(data.max_megabytes * 1024 * 1024),
    }
    if data.bands:
        parameters["bands"] = {
            name: {"edges": list(each.edges), "quantiles": each.quantiles} for name, each in data.bands.items()
        }
    if project.data_kind == "table":
        columns = {"target": data.target, "features": list(data.features), "attributes": list(data.attributes)}
        return parameters | columns | {"key": data.key}
    return parameters | {"source": data.source, "measured": list(measured_of(data))}


def measured_of(data: DataSource) -> tuple[str, ...]:
    if data.measured is not None:
        return data.measured
    return tuple(WORDS) if data.groups is None else ()


def _override(project: Project, text: str) -> Project:
    target, equals, value = text.partition("=")
    step, dot, name = target.strip().partition(".")
    if not (equals and dot and name):
        raise UsageError(f"“{text}” does not say step.parameter=value", hint="for instance train.epochs=3")
    _require_step(step)
    declaration = project.steps.get(step, StepDeclaration())
    known = {**declaration.parameters, **_defaults(step, project)}
    if step == EVALUATE:
        known = {THRESHOLD: 0.5, **known}
    if name not in known and not _takes_any(step, project):
        raise UsageError(f"{step} has no parameter {name}", hint=closest(name, known))
    typed = _typed(value.strip(), known.get(name), where=f"{step}.{name}")
    changed = replace(declaration, parameters={**declaration.parameters, name: typed})
    return replace(project, steps={**project.steps, step: changed})


def _require_step(step: str) -> None:
    if step not in STEPS:
        raise UsageError(f"there is no step “{step}”", hint=closest(step, STEPS))


def _takes_any(step: str, project: Project) -> bool:
    """Own programs and the table template have parameters that only they know."""
    declared = project.steps.get(step, StepDeclaration())
    return declared.dockerfile is not None or (step == "train" and _train(project).template == "table")


def _typed(text: str, existing: Scalar | None, *, where: str) -> Scalar:
    if isinstance(existing, str):
        return text
    if existing is None:
        return next((value for value in (read(text) for read, _ in _READERS.values()) if value is not None), text)
    read, words = _READERS[type(existing)]
    value = read(text)
    if value is None:
        raise UsageError(f"{where} = “{text}” is not {words}", hint=f"it is {existing} now")
    return value


def _read_bool(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _read_int(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _read_float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


_READERS: Mapping[type, tuple[Callable[[str], Scalar | None], str]] = {
    bool: (_read_bool, "true or false"),
    int: (_read_int, "a whole number"),
    float: (_read_float, "a number"),
}
