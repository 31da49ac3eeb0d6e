from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mltui.bands import Banding
from mltui.domain.digests import digest_of, stable_json
from mltui.domain.known_bands import ReportedBands, with_known_edges
from mltui.domain.pipeline import STEPS, apply_overrides, cache_key, parameters_for, pipeline
from mltui.domain.project import DataSource, Project, StepDeclaration
from mltui.errors import ConfigInvalid, UsageError

IMAGE = StepDeclaration(template="image", parameters={"epochs": 3})
TABLE = StepDeclaration(template="table", parameters={"model": "random_forest", "n_estimators": 50})
OWN = StepDeclaration(dockerfile="train/Dockerfile", run=("python", "train.py"), parameters={"rate": 0.5})
PICTURES = DataSource("pictures", groups="groups.csv")
ROWS = DataSource("loans.csv", target="approved", features=("income", "purpose"), attributes=("sex",), key="id")


def project(train: StepDeclaration = IMAGE, data: DataSource = PICTURES, **steps: StepDeclaration) -> Project:
    return Project("tacos", "classification", data, {"train": train, **steps})


@pytest.mark.parametrize(
    "made", [project(), project(TABLE, ROWS), project(OWN), project(OWN, ROWS), project(StepDeclaration())]
)
def test_every_input_comes_from_the_data_version_or_an_earlier_step(made: Project) -> None:
    ready = {(None, "data")}
    for plan in pipeline(made):
        assert {(need.step, need.output) for need in plan.needs} <= ready
        ready |= {(plan.name, output) for output in (*plan.outputs, *plan.optional_outputs)}
    assert tuple(plan.name for plan in pipeline(made)) == STEPS


def test_training_never_sees_the_held_out_rows() -> None:
    train = pipeline(project())[1]
    assert [need.output for need in train.needs] == ["training"]


def test_a_train_step_of_the_projects_own_owes_the_model_folder_only() -> None:
    ours, own = pipeline(project()), pipeline(project(OWN))
    assert (ours[1].outputs, ours[1].optional_outputs) == (("model", "history"), ())
    assert (own[1].outputs, own[1].optional_outputs) == (("model",), ("history",))
    assert [need.name for need in own[3].needs if need.is_optional] == ["history"]
    assert not any(need.is_optional for need in ours[3].needs)


@pytest.mark.parametrize(("train", "data", "right"), [(TABLE, PICTURES, "image"), (IMAGE, ROWS, "table")])
def test_a_template_for_other_data_is_refused_with_the_right_one(
    train: StepDeclaration, data: DataSource, right: str
) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        pipeline(project(train, data))
    assert right in caught.value.hint


def test_prepare_of_pictures_is_told_its_limits_and_the_smoke_pictures() -> None:
    assert parameters_for("prepare", project(), excluded=["b", "a", "b"]) == {
        "task": "classification",
        "kind": "pictures",
        "split": {"seed": 7, "validation": 0.1, "held_out": 0.2},
        "excluded": ["a", "b"],
        "unreadable_limit": 0.01,
        "max_pixels": 25_000_000,
        "max_bytes": 10_485_760,
        "source": "pictures",
        "measured": [],
    }
    unlabelled = parameters_for("prepare", project(data=replace(PICTURES, groups=None)))
    assert unlabelled["measured"] == ["brightness", "contrast", "sharpness", "size"]
    chosen = parameters_for("prepare", project(data=replace(PICTURES, measured=("size",))))
    assert chosen["measured"] == ["size"]


def test_prepare_is_told_of_bands_and_keeps_edges_that_a_version_before_had() -> None:
    banded = project(data=replace(PICTURES, measured=("size",), bands={"lux": Banding(quantiles=3)}))
    asked = parameters_for("prepare", banded)
    assert asked["bands"] == {"lux": {"edges": [], "quantiles": 3}}
    found = {"edges": [4.0, 8.0], "quantiles": 3, "names": ["<4", "4 to <8", "≥8"]}
    computed = {"lux": {**found, "of": "training rows"}, "measured size": {**found, "of": "training rows"}}
    kept = {**found, "of": "v2"}
    of_others = with_known_edges(asked, [ReportedBands("v2", computed, is_same_data=False)])
    assert of_others["bands"] == {"lux": kept, "measured size": kept}
    assert with_known_edges(asked, [ReportedBands("v2", computed, is_same_data=True)]) == asked, (
        "a cached step stays cached"
    )
    again = {name: {**each, "of": "v1"} for name, each in computed.items()}
    assert with_known_edges(asked, [ReportedBands("v2", again, is_same_data=True)])["bands"]["lux"]["of"] == "v1"
    other = {"lux": {**found, "quantiles": 5, "of": "v1"}}
    assert with_known_edges(asked, [ReportedBands("v2", other, is_same_data=False)]) == asked
    of_rows = parameters_for("prepare", project(TABLE, ROWS))
    assert with_known_edges(of_rows, [ReportedBands("v2", computed, is_same_data=False)]) == of_rows


def test_prepare_of_a_table_is_told_its_columns() -> None:
    found = parameters_for("prepare", project(TABLE, ROWS))
    assert {name: found[name] for name in ("kind", "target", "features", "attributes", "key")} == {
        "kind": "table",
        "target": "approved",
        "features": ["income", "purpose"],
        "attributes": ["sex"],
        "key": "id",
    }


def test_train_is_told_every_parameter_of_its_template_the_seed_among_them() -> None:
    assert parameters_for("train", project()) == {
        "task": "classification",
        "kind": "pictures",
        "template": "image",
        "parameters": {
            "model": "mobilenet_v2",
            "epochs": 3,
            "batch_size": 32,
            "learning_rate": 1e-4,
            "image_size": 160,
            "seed": 1,
            "augment": True,
        },
    }
    table = parameters_for("train", project(TABLE, ROWS))
    assert table["parameters"] == {"model": "random_forest", "n_estimators": 50, "seed": 1}
    own = parameters_for("train", project(OWN))
    assert (own["template"], own["parameters"]) == (None, {"rate": 0.5})


def test_the_other_steps_are_told_the_task_and_what_is_declared_for_them() -> None:
    assert parameters_for("register", project()) == {"task": "classification", "kind": "pictures"}
    own = project(evaluate=StepDeclaration(dockerfile="e/Dockerfile", run=("x",), parameters={"top": 3}))
    assert parameters_for("evaluate", own) == {"task": "classification", "kind": "pictures", "parameters": {"top": 3}}
    with pytest.raises(UsageError, match="no step “deploy”"):
        parameters_for("deploy", project())


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("train.epochs=7", "epochs", 7),
        ("train.epochs = 7 ", "epochs", 7),
        ("train.learning_rate=1", "learning_rate", 1.0),
        ("train.augment=FALSE", "augment", False),
        ("train.model=small_cnn", "model", "small_cnn"),
        ("train.model=a=b", "model", "a=b"),
        ("train.model=", "model", ""),
    ],
)
def test_an_override_has_the_type_that_the_parameter_has(text: str, name: str, value: object) -> None:
    found = apply_overrides(project(), [text]).steps["train"].parameters
    assert (found[name], type(found[name])) == (value, type(value))
    assert found["epochs"] == (value if name == "epochs" else 3)


def test_the_templates_type_rules_over_the_way_the_project_wrote_it() -> None:
    coarse = project(replace(IMAGE, parameters={"learning_rate": 1}))
    found = apply_overrides(coarse, ["train.learning_rate=0.5"])
    assert found.steps["train"].parameters == {"learning_rate": 0.5}


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("0.5", 0.5), ("1e-3", 1e-3), ("false", False), ("gini", "gini"), ("nan", "nan")]
)
def test_a_parameter_that_only_the_program_knows_is_read_by_its_looks(text: str, value: object) -> None:
    own, table = (project(OWN), "depth"), (project(TABLE, ROWS), "max_depth")
    for made, name in (own, table, (project(StepDeclaration(), ROWS), "class_weight")):
        found = apply_overrides(made, [f"train.{name}={text}"]).steps["train"].parameters[name]
        assert (found, type(found)) == (value, type(value))


def test_overrides_are_applied_in_order_and_leave_the_project_alone() -> None:
    made = project()
    assert apply_overrides(made, ["train.epochs=7", "train.epochs=9"]).steps["train"].parameters["epochs"] == 9
    assert made.steps["train"].parameters == {"epochs": 3}
    assert apply_overrides(made, []) == made


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("train.epochs", "does not say step.parameter=value", "train.epochs=3"),
        ("epochs=3", "does not say step.parameter=value", "train.epochs=3"),
        ("train.=3", "does not say step.parameter=value", "train.epochs=3"),
        ("trian.epochs=3", "no step “trian”", "did you mean train?"),
        ("x.epochs=3", "no step “x”", "there are: prepare, train, evaluate, register"),
        ("train.epoch=3", "train has no parameter epoch", "did you mean epochs?"),
        ("prepare.seed=3", "prepare has no parameter seed", "there are: none"),
        ("train.epochs=many", "train.epochs = “many” is not a whole number", "it is 5 now"),
        ("train.epochs=3.5", "train.epochs = “3.5” is not a whole number", "it is 5 now"),
        ("train.learning_rate=fast", "is not a number", "it is 0.0001 now"),
        ("train.learning_rate=inf", "is not a number", "it is 0.0001 now"),
        ("train.augment=1", "is not true or false", "it is True now"),
    ],
)
def test_an_override_that_fits_nothing_is_refused_with_what_would(text: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        apply_overrides(project(), [text])
    assert said in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("overrides", "said", "hint"),
    [
        (["train.nope=1"], "the model random_forest has no parameter nope", "there are: model, seed, n_estimators"),
        (["train.max_dept=1"], "the model random_forest has no parameter max_dept", "did you mean max_depth?"),
        (["train.model=logistic_regression"], "logistic_regression has no parameter n_estimators", "model, seed, C"),
        (["train.model=ridge"], "no model “ridge” for a classification", "logistic_regression, random_forest"),
    ],
)
def test_a_parameter_that_the_table_model_lacks_is_refused_at_once(overrides: list[str], said: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        apply_overrides(project(TABLE, ROWS), overrides)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_a_model_and_its_parameters_can_be_set_in_any_order() -> None:
    overrides = ["train.learning_rate=0.2", "train.model=gradient_boosting"]
    for order in (overrides, overrides[::-1]):
        found = apply_overrides(project(TABLE, ROWS), order).steps["train"].parameters
        assert found == {"model": "gradient_boosting", "n_estimators": 50, "learning_rate": 0.2}


KEY: Mapping[str, Any] = {
    "image": "sha256:1",
    "argv": ("python", "-m", "train"),
    "env": {"MLTUI_CPUS": "2", "A": "1"},
    "parameters": {"learning_rate": 1e-4, "epochs": 5, "nested": {"b": [1, 2], "a": None}},
    "inputs": {"training": "t1"},
    "outputs": ("model", "history"),
}


@pytest.mark.parametrize(
    "change",
    [
        {"image": "sha256:2"},
        {"argv": ("python", "-m train")},
        {"env": {"MLTUI_CPUS": "1", "A": "1"}},
        {"parameters": {**KEY["parameters"], "learning_rate": 2e-4}},
        {"parameters": {**KEY["parameters"], "epochs": 5.0}},
        {"parameters": {**KEY["parameters"], "nested": {"b": [2, 1], "a": None}}},
        {"inputs": {"training": "t2"}},
        {"inputs": {"other": "t1"}},
        {"outputs": ("model",)},
    ],
)
def test_a_cache_key_is_another_when_any_part_of_the_work_is(change: dict[str, Any]) -> None:
    assert cache_key(**(KEY | change)) != cache_key(**KEY)


def test_a_cache_key_does_not_hang_on_the_order_of_names_or_the_kind_of_sequence() -> None:
    shuffled = {name: dict(reversed(value.items())) for name, value in KEY.items() if isinstance(value, dict)}
    assert cache_key(**(KEY | shuffled | {"argv": list(KEY["argv"])})) == cache_key(**KEY)


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


def test_values_have_one_spelling() -> None:
    assert (
        stable_json(Pair({"b": 1.5, "a": "ä"}, frozenset({3, 1})))
        == '{"left":{"a":"ä","b":1.5},"right":[1,3]}'.encode()
    )
    assert digest_of((1, 2)) == digest_of([1, 2])


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_the_spelling_is_json_and_says_the_same(value: object) -> None:
    assert json.loads(stable_json(value)) == value


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        stable_json([float("nan")])
    with pytest.raises(TypeError, match="no string"):
        stable_json({1: 2})
    with pytest.raises(TypeError):
        stable_json([object()])
