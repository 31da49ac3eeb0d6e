"""Pictures to an ONNX model: seeded, resumable, without a trace of where it was made.

What needs torch is imported by the tests that run it: each test process collects this file, and one runs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from step_runs import PICTURES, Ran, picture_data, run_apart, run_here, save_picture

from mltui.serving.model import ServedModel
from mltui.serving.preprocessing import PictureInput
from mltui.steps import evaluate, prepare, train_image
from mltui.steps.contract import Progress, Step, StepFailed
from mltui.steps.image_parameters import NETWORKS, ImageParameters
from mltui.steps.parameters import read_parameters
from mltui.steps.picture_set import PictureSet, read_pictures

SMALL = {"model": "small_cnn", "epochs": 4, "image_size": 32, "learning_rate": 0.003, "seed": 5}
SPEC = PictureInput(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), 10**7, 10**7)
PLAN = {"epochs": 4, "batch_size": 9, "learning_rate": 3e-3, "seed": 5, "augment": True, "fingerprint": "one"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 small pictures of two colours."""
    place = tmp_path_factory.mktemp("pictures")
    return run_here(prepare.main, place / "prepare", PICTURES, data=picture_data(place / "data")).out


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return train(tmp_path_factory.mktemp("train") / "run", prepared, SMALL)


@pytest.fixture
def pictures(prepared: Path, tmp_path: Path) -> PictureSet:
    return read_pictures(prepared / "training", ["cold", "warm"], SPEC, progress=Progress(tmp_path / "read.jsonl"))


def train(folder: Path, prepared: Path, parameters: Mapping[str, Any]) -> Ran:
    ran, answer = run_apart("train_image", folder, {"parameters": parameters}, training=prepared / "training")
    assert answer.returncode == 0, answer.stderr
    return ran


def train_here(folder: Path, prepared: Path, parameters: Mapping[str, Any]) -> Ran:
    """Without the start of another process that loads torch."""
    return run_here(train_image.main, folder, {"parameters": parameters}, training=prepared / "training")


class Interrupted(Exception):
    pass


class Interrupting(Progress):
    """Ends the training when its second epoch is over."""

    def report(self, done: int, total: int, **said: Any) -> None:
        super().report(done, total, **said)
        if done == 2:
            raise Interrupted


def a_step(folder: Path, *, checkpoint: Path | None = None) -> Step:
    folder.mkdir()
    return Step(folder, folder, {}, checkpoint, cpus=1, progress=Progress(folder / "progress.jsonl"))


def weights_after(pictures: PictureSet, step: Step, **changed: Any) -> bytes:
    import torch

    from mltui.steps.fitting import FitPlan, fit
    from mltui.steps.networks import build_network

    plan = FitPlan(**PLAN | changed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(plan.seed)
    network = build_network("small_cnn", classes=2)
    fit(network, pictures, plan, step)
    return b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())


def test_one_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path, prepared: Path, trained: Ran) -> None:
    again = train(tmp_path / "again", prepared, SMALL)
    for file in ("model/model.onnx", "model/model.json"):
        assert (again.out / file).read_bytes() == (trained.out / file).read_bytes()
    other = train_here(tmp_path / "other", prepared, {**SMALL, "seed": 6, "epochs": 1})
    assert (other.out / "model/model.onnx").read_bytes() != (trained.out / "model/model.onnx").read_bytes()


def test_the_model_tells_what_it_learned_on_held_out_pictures(tmp_path: Path, prepared: Path, trained: Ran) -> None:
    inputs = {"model": trained.out / "model", "held_out": prepared / "held_out"}
    rows = run_here(evaluate.main, tmp_path / "run", {}, **inputs).rows("evaluation/evaluation.csv")
    assert np.mean([row["truth"] == row["prediction"] for row in rows]) > 0.9
    assert list(rows[0]) == ["row_id", "truth", "prediction", "score:cold", "score:warm", "attribute:light"]


def test_the_file_says_nothing_of_where_it_was_made(trained: Ran) -> None:
    content = (trained.out / "model/model.onnx").read_bytes()
    assert not any(trace in content for trace in (b".py", b'File "', b"site-packages", bytes(Path.cwd())))
    model = onnx.load_model_from_string(content)
    assert [prop.key for prop in model.metadata_props] == ["mltui.classes"]
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)
    assert [(value.name, value.type.tensor_type.shape.dim[0].dim_value) for value in model.graph.input] == [
        ("picture", 0)
    ]
    assert sorted(file.name for file in (trained.out / "model").iterdir()) == ["model.json", "model.onnx"]


def test_the_history_holds_every_epoch_and_the_best(trained: Ran) -> None:
    history = trained.json("history/history.json")
    assert [epoch["epoch"] for epoch in history["epochs"]] == [1, 2, 3, 4]
    accuracies = [epoch["validation_accuracy"] for epoch in history["epochs"]]
    assert accuracies[history["best_epoch"] - 1] == max(accuracies) == history["selection"]["value"]
    assert history["conversion"]["rows"] == len(trained_rows(trained))
    assert history["conversion"]["disagreements"] == 0
    epochs = [line for line in trained.progress() if "validation_loss" in line.get("metrics", {})]
    assert [(line["done"], line["total"], line["unit"]) for line in epochs] == [(n, 4, "epoch") for n in (1, 2, 3, 4)]


def trained_rows(ran: Ran) -> list[dict[str, str]]:
    return Ran((ran.out.parent / "in" / "training").resolve()).rows("rows.csv")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_one_logit_per_class(name: str) -> None:
    import torch

    from mltui.steps.networks import build_network

    network = build_network(name, classes=3).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 3)


def test_mobilenet_goes_all_the_way(tmp_path: Path, prepared: Path) -> None:
    ran = train_here(tmp_path / "run", prepared, {"epochs": 1, "image_size": 32, "batch_size": 16})
    description = ServedModel.open(ran.out / "model", threads=1).description
    assert description.made_by["model"] == "mobilenet_v2"


def test_a_training_that_was_interrupted_goes_on_where_it_was(tmp_path: Path, pictures: PictureSet) -> None:
    whole = weights_after(pictures, a_step(tmp_path / "whole"))
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    step = a_step(tmp_path / "first", checkpoint=checkpoint)
    with pytest.raises(Interrupted):
        weights_after(pictures, replace(step, progress=Interrupting(step.progress.file)))
    second = a_step(tmp_path / "second", checkpoint=checkpoint)
    assert weights_after(pictures, second) == whole
    done = [json.loads(line)["done"] for line in second.progress.file.read_text().splitlines()]
    assert 1 not in done


def test_the_checkpoint_of_another_training_is_not_taken_up(tmp_path: Path, pictures: PictureSet) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    weights_after(pictures, a_step(tmp_path / "first", checkpoint=checkpoint), epochs=1)
    other = a_step(tmp_path / "second", checkpoint=checkpoint)
    weights_after(pictures, other, epochs=1, fingerprint="two")
    assert '"done": 1' in other.progress.file.read_text()


def test_a_damaged_checkpoint_costs_the_time_but_not_the_training(tmp_path: Path, pictures: PictureSet) -> None:
    from mltui.steps.checkpoints import FILE

    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / FILE).write_bytes(b"half a file")
    step = a_step(tmp_path / "second", checkpoint=tmp_path / "checkpoint")
    assert weights_after(pictures, step, epochs=1) == weights_after(pictures, a_step(tmp_path / "whole"), epochs=1)


def test_the_best_epoch_is_kept_not_the_last(tmp_path: Path, pictures: PictureSet) -> None:
    import torch

    from mltui.steps.fitting import FitPlan, fit, probabilities
    from mltui.steps.networks import build_network

    torch.manual_seed(1)
    network = build_network("small_cnn", classes=2)
    plan = FitPlan(**PLAN | {"epochs": 6, "learning_rate": 0.05})
    state = fit(network, pictures, plan, a_step(tmp_path / "run"))
    scores = probabilities(network, pictures, pictures.validation)
    accuracy = float((scores.argmax(axis=1) == pictures.labels[pictures.validation]).mean())
    assert accuracy == max(epoch["validation_accuracy"] for epoch in state.epochs)


def test_pictures_that_do_not_fit_into_memory_are_decoded_anew_for_each_batch(
    tmp_path: Path, prepared: Path, pictures: PictureSet
) -> None:
    progress = Progress(tmp_path / "read.jsonl")
    frugal = read_pictures(prepared / "training", ["cold", "warm"], SPEC, progress=progress, most_bytes=1000)
    assert frugal.decoded is None
    chosen = np.array([3, 0, 7])
    assert (frugal.pixels(chosen) == pictures.pixels(chosen)).all()


def test_a_training_that_diverges_says_so(tmp_path: Path, pictures: PictureSet) -> None:
    with pytest.raises(StepFailed, match="the training diverged in epoch 1"):
        weights_after(pictures, a_step(tmp_path / "run"), learning_rate=1e30)


def test_a_last_batch_of_one_picture_joins_the_one_before(tmp_path: Path, pictures: PictureSet) -> None:
    odd = replace(pictures, train=pictures.train[:10])
    weights_after(odd, a_step(tmp_path / "run"), epochs=1)


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({"epoch": 5}, "epochs (at least 1, at most 10000)"),
        ({"model": "resnet"}, "model (one of mobilenet_v2, small_cnn)"),
        ({"epochs": 2.5}, "epochs"),
        ({"image_size": 16}, "image_size (at least 32, at most 1024)"),
        ({"augment": "yes"}, "augment"),
        ({"learning_rate": 0}, "learning_rate"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_exists(parameters: dict[str, Any], hint: str) -> None:
    with pytest.raises(StepFailed) as refusal:
        read_parameters(ImageParameters, parameters, what="the image template")
    assert hint in refusal.value.hint


def test_a_picture_that_went_bad_after_prepare_is_named(tmp_path: Path) -> None:
    save_picture(tmp_path / "pictures" / "a.png", np.zeros((40, 40, 3)))
    (tmp_path / "pictures" / "b.png").write_bytes(b"no picture")
    (tmp_path / "rows.csv").write_text(
        "row_id,split,label,file\na,train,cold,pictures/a.png\nb,train,warm,pictures/b.png\n"
    )
    with pytest.raises(StepFailed, match=r"the picture b\.png cannot be read"):
        read_pictures(tmp_path, ["cold", "warm"], SPEC, progress=Progress(tmp_path / "progress.jsonl"))
