"""A decision threshold is declared for evaluate, or given for one run; it is checked before anything runs."""

from __future__ import annotations

import pytest

from mltui.config.project import parse_project, project_as_json, project_from_json
from mltui.domain.pipeline import apply_overrides, model_of, parameters_for, pipeline
from mltui.domain.threshold import threshold_of
from mltui.errors import ConfigInvalid, UsageError

TEXT = """
[project]
name = "loans"
{task}
[data]
source = "loans.csv"
target = "approved"
features = ["income"]
[steps.train]
template = "table"
[steps.evaluate]
{evaluate}
[smoke]
cases = [{{ input = {{ income = 3 }}, expect = {expect} }}]
"""


def text(evaluate: str = "parameters = { threshold = 0.62 }", *, task: str = "classification") -> str:
    expect = '"yes"' if task == "classification" else "3"
    return TEXT.format(evaluate=evaluate, task=f'task = "{task}"', expect=expect)


def test_with_a_threshold_evaluate_leaves_the_model_that_is_registered() -> None:
    project = project_from_json(project_as_json(parse_project(text())))
    plain = parse_project(text("limits = { cpu = 1 }"))
    assert (threshold_of(project), threshold_of(plain)) == (0.62, None)
    assert (model_of(project), model_of(plain)) == ("evaluate", "train")
    assert "model" in pipeline(project)[2].outputs
    assert pipeline(plain)[2].outputs == ("evaluation", "report")
    assert [need.step for need in pipeline(project)[3].needs if need.name == "model"] == ["evaluate"]
    assert parameters_for("evaluate", project)["parameters"] == {"threshold": 0.62}
    assert parameters_for("train", project) == parameters_for("train", plain)


def test_a_run_may_bring_its_own_threshold() -> None:
    found = apply_overrides(parse_project(text("limits = { cpu = 1 }")), ["evaluate.threshold=1"])
    assert threshold_of(found) == 1.0
    assert threshold_of(apply_overrides(parse_project(text()), ["evaluate.threshold=0.3"])) == 0.3


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("evaluate.threshold=1.1", "evaluate.threshold = 1.1"),
        ("evaluate.threshold=-0.1", "evaluate.threshold = -0.1"),
        ("evaluate.threshold=nan", "is not a number"),
        ("evaluate.threshhold=0.4", "evaluate has no parameter threshhold"),
    ],
)
def test_what_is_no_threshold_is_refused(given: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        apply_overrides(parse_project(text()), [given])
    assert problem in caught.value.message


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (text("parameters = { threshold = 1.5 }"), "evaluate.threshold = 1.5"),
        (text("parameters = { threshold = true }"), "evaluate.threshold = True"),
        (text("parameters = { top = 3 }"), "evaluate has no parameter top"),
        (text('dockerfile = "Dockerfile"'), "steps.evaluate is a step of ours"),
        (text(task="regression"), "a regression has no threshold"),
    ],
)
def test_a_declaration_that_cannot_be_is_named(written: str, problem: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse_project(written)
    assert problem in caught.value.message
