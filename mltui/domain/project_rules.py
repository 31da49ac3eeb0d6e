"""What a project's `mltui.toml` may not say although its types are right; every mistake with what would be right."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from mltui.bands import WORDS
from mltui.domain.model_card import CARD_FIELDS
from mltui.domain.project import DataSource, Project, SmokeCase, StepDeclaration, StepLimits
from mltui.domain.templates import fitting_template, parameter_problems
from mltui.domain.threshold import STEP as EVALUATE
from mltui.domain.threshold import evaluate_problems

Problem = tuple[str, str]
"""What is wrong, and what would be right."""

_MEMORY = re.compile(r"(\d+(\.\d+)?)[kmg]?", re.IGNORECASE)


def with_plain_paths(project: Project) -> Project:
    """`./a/../b` becomes `b`: a path names the same file in the commit and on the disk."""
    data, smoke = project.data, project.smoke
    return replace(
        project,
        data=replace(data, source=_plain(data.source), groups=None if data.groups is None else _plain(data.groups)),
        steps={name: _with_plain_dockerfile(step) for name, step in project.steps.items()},
        smoke=replace(smoke, cases=tuple(map(_with_plain_input, smoke.cases))),
    )


def is_project_name(name: str) -> bool:
    """Such a name is also a folder's."""
    return name.replace("-", "").replace("_", "").isalnum() and name.islower() and len(name) <= 40


def project_problems(project: Project) -> Iterator[Problem]:
    """Of a project whose paths are plain."""
    if not is_project_name(project.name):
        yield f"project.name = “{project.name}”", "use up to 40 lower-case letters, digits, - and _"
    yield from _step_problems(project)
    yield from _data_problems(project.data)
    if project.data.target is None and project.task == "regression":
        yield "a regression needs data.target, the column to predict", "add target and features to [data]"
    yield from _smoke_problems(project)
    for name in project.model_card:
        if name not in CARD_FIELDS:
            yield f"model_card.{name} is no field of a model card", f"there are: {', '.join(CARD_FIELDS)}"


def _step_problems(project: Project) -> Iterator[Problem]:
    if "train" not in project.steps:
        hint = 'add one with template = "image" or "table", or with a dockerfile and run'
        yield "there is no [steps.train]", hint
    fitting = fitting_template(project)
    for name, step in project.steps.items():
        where = f"steps.{name}"
        if name == EVALUATE:
            yield from _our_step_problems(step, where)
            continue
        if name != "train":
            yield f"{where} is not a step that a project declares", "declare steps.train"
        if (step.template is None) == (step.dockerfile is None):
            yield f"{where} needs exactly one of template and dockerfile", 'for instance template = "image"'
        if step.template not in (None, fitting):
            hint = f'use template = "{fitting}"'
            yield f"{where}.template = “{step.template}” cannot learn from {project.data_kind}", hint
        if step.dockerfile is not None and not step.run:
            yield f"{where}.run is missing", 'say what to start, for instance run = ["python", "train.py"]'
        if step.dockerfile is not None and (_is_outside(step.dockerfile) or _leaves(step.dockerfile)):
            yield f"{where}.dockerfile = “{step.dockerfile}” is not in the project", "name a file of the commit"
        if step.retries < 0:
            yield f"{where}.retries = {step.retries}", "0 or more"
        yield from _limit_problems(step.limits, f"{where}.limits")
    yield from parameter_problems(project)
    yield from evaluate_problems(project)


def _our_step_problems(step: StepDeclaration, where: str) -> Iterator[Problem]:
    if step.template is not None or step.dockerfile is not None or step.run or step.network:
        yield f"{where} is a step of ours", "it takes parameters and limits alone"
    yield from _limit_problems(step.limits, f"{where}.limits")


def _limit_problems(limits: StepLimits, where: str) -> Iterator[Problem]:
    for key, value in (("cpu", limits.cpu), ("seconds", limits.seconds)):
        if not _is_positive(value):
            yield f"{where}.{key} = {value}", "a number above 0"
    found = _MEMORY.fullmatch(limits.memory)
    if found is None or float(found.group(1)) == 0:
        yield f"{where}.memory = “{limits.memory}” is no amount of memory", "write for instance 512m or 4g"
    if limits.gpus < 0:
        yield f"{where}.gpus = {limits.gpus}", "0 or more"


def _data_problems(data: DataSource) -> Iterator[Problem]:
    for key, path in (("source", data.source), ("groups", data.groups)):
        if path is not None and _leaves(path):
            hint = "name a path of the commit, or write an absolute one for data outside of git"
            yield f"data.{key} = “{path}” is not in the project", hint
    split = data.split
    if not (split.validation > 0 and split.held_out > 0 and split.validation + split.held_out < 1):
        hint = "for instance validation = 0.1, held_out = 0.2"
        yield "data.split shares must be above 0 and leave rows to train on", hint
    if data.target is not None and not data.features:
        yield "data.features is empty", "name the columns to learn from"
    if data.target is not None and data.target in data.features:
        yield f"data.target “{data.target}” is among the features", "take it out of data.features"
    yield from _band_problems(data)
    if not 0 <= data.unreadable_limit <= 1:
        yield f"data.unreadable_limit = {data.unreadable_limit}", "a share from 0 to 1"
    for key, value in (("max_megapixels", data.max_megapixels), ("max_megabytes", data.max_megabytes)):
        if not _is_positive(value):
            yield f"data.{key} = {value}", "a number above 0"


def _band_problems(data: DataSource) -> Iterator[Problem]:
    for name in data.measured or ():
        if name not in WORDS or data.target is not None:
            hint = f"there are: {', '.join(WORDS)}" if data.target is None else "take the key out"
            yield f"data.measured: “{name}” cannot be measured of {data.source}", hint
    for name, banding in data.bands.items():
        where = f"data.bands.{name}"
        if banding.problem is not None:
            problem, hint = banding.problem
            yield f"{where} {problem}" if problem.startswith("needs") else f"{where}.{problem}", hint
        if data.target is not None and name not in data.attributes:
            yield f"{where} is no attribute", "add the column to data.attributes"
        if data.target is None and data.groups is None:
            yield f"{where}: pictures have attributes from data.groups alone", "name the file with the column"


def _smoke_problems(project: Project) -> Iterator[Problem]:
    if not project.smoke.cases:
        hint = "add inputs with known answers: without them nothing proves that a server answers rightly"
        yield "there are no smoke.cases", hint
    if not 0 < project.smoke.share_right <= 1:
        yield f"smoke.share_right = {project.smoke.share_right}", "a share above 0, at most 1"
    for number, case in enumerate(project.smoke.cases):
        yield from _case_problems(project, case, f"smoke.cases.{number}")


def _case_problems(project: Project, case: SmokeCase, where: str) -> Iterator[Problem]:
    if isinstance(case.input, str) == (project.data_kind == "table"):
        hint = "a row, for instance { income = 1200 }" if project.data_kind == "table" else "a picture's path"
        yield f"{where}.input does not suit {project.data_kind}", hint
    elif isinstance(case.input, str) and (_is_outside(case.input) or _leaves(case.input)):
        yield f"{where}.input = “{case.input}” is not in the project", "name a picture of the commit"
    if project.task == "regression" and (isinstance(case.expect, str) or not math.isfinite(case.expect)):
        yield f"{where}.expect = “{case.expect}”", "a regression answers with a number: expect = 3.5"
    if project.task == "classification" and not isinstance(case.expect, str):
        yield f"{where}.expect = {case.expect:g}", f'a classification answers with a label: expect = "{case.expect:g}"'
    if not 0 <= case.minimum_score <= 1:
        yield f"{where}.minimum_score = {case.minimum_score}", "a score from 0 to 1"
    if case.tolerance is not None and not 0 <= case.tolerance < math.inf:
        yield f"{where}.tolerance = {case.tolerance}", "a share of 0 or more"


def _plain(path: str) -> str:
    return path if not path or path.startswith("~") else posixpath.normpath(path)


def _with_plain_dockerfile(step: StepDeclaration) -> StepDeclaration:
    return step if step.dockerfile is None else replace(step, dockerfile=_plain(step.dockerfile))


def _with_plain_input(case: SmokeCase) -> SmokeCase:
    return replace(case, input=_plain(case.input)) if isinstance(case.input, str) else case


def _is_outside(path: str) -> bool:
    return path.startswith(("/", "~"))


def _leaves(path: str) -> bool:
    """The project itself is no file or folder of it."""
    return path in ("", ".", "..") or path.startswith("../")


def _is_positive(value: float) -> bool:
    return 0 < value < math.inf
