"""A project of dark and light pictures whose models are made by hand: its train step picks a prepared ONNX file."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from stories.loans import commit, end, git, hold_worker_lock, made_once, train

from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import versions
from mltui.workspace import Workspace

SIDE = 186
"""Of the noise pictures, stored uncompressed: 104 kB each."""
SLOPES = range(1, 9)
"""A version for each: how steeply its scores go from dark to light."""
CLASSES = ("dark", "light")

PROJECT = """
[project]
name = "noise"
task = "classification"

[data]
source = "pictures"
max_megapixels = 0.1
max_megabytes = 0.2
split = { seed = 7, validation = 0.1, held_out = 0.3 }

[steps.train]
dockerfile = "train/Dockerfile"
run = ["python", "train.py"]
limits = { cpu = 1, memory = "512m", seconds = 120 }
parameters = { slope = 4 }

[smoke]
share_right = 1.0
cases = [
  { input = "smoke/dark.png", expect = "dark", minimum_score = 0.6 },
  { input = "smoke/light.png", expect = "light", minimum_score = 0.6 },
]
"""

POLICY = """
engine = "@ENGINE@"
is_demo = true

[operators]
operator = { login = "@LOGIN@", emails = ["operator@example.org"] }

[environments.production]
cpus = 1
bake_seconds = 0.5
smoke_every_seconds = 5
latency_limit_ms = 5000
keep_warm = KEEP_WARM
keep_cold = KEEP_COLD
skip = ["profile"]
gate = { approvers = ["operator"], self_approval = true }
checks = [{ metric = "accuracy", floor = 0.9 }]
"""

DOCKERFILE = """
ARG BASE_IMAGE=python:3.11-slim
FROM ${BASE_IMAGE}
COPY . /step
WORKDIR /step
"""

TRAIN = """
import json, os, shutil
from pathlib import Path

given = json.loads(Path(os.environ["MLTUI_PARAMS"]).read_text())
schema = json.loads(Path(os.environ["MLTUI_IN"], "training", "schema.json").read_text())
model = Path(os.environ["MLTUI_OUT"], "model")
model.mkdir(parents=True, exist_ok=True)
shutil.copyfile(f"slope-{given['parameters']['slope']}.onnx", model / "model.onnx")
description = json.loads(Path("model.json").read_text()) | {"classes": schema["classes"]}
(model / "model.json").write_text(json.dumps(description))
"""

DESCRIPTION = {
    "format": 1,
    "task": "classification",
    "target": None,
    "input": {
        "kind": "picture",
        "width": 64,
        "height": 64,
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "max_bytes": 200_000,
        "max_pixels": 100_000,
    },
    "made_by": {"template": "by hand"},
}


def make_picture_project(folder: Path) -> Path:
    _write(folder / "mltui.toml", PROJECT)
    _write(folder / "train" / "Dockerfile", DOCKERFILE)
    _write(folder / "train" / "train.py", TRAIN)
    _write(folder / "train" / "model.json", json.dumps(DESCRIPTION))
    for slope in SLOPES:
        onnx.save(_model(slope), folder / "train" / f"slope-{slope}.onnx")
    for label in CLASSES:
        _write(folder / "smoke" / f"{label}.png", noise(label, seed=1000))
        for seed in range(20):
            _write(folder / "pictures" / label / f"{seed}.png", noise(label, seed=seed))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Operator")
    git(folder, "config", "user.email", "operator@example.org")
    commit(folder, "Tell dark pictures from light ones")
    return folder


def make_picture_workspace(
    project: Path, folder: Path, *, engine: str, keep_warm: int = 1, keep_cold: int = 5
) -> Workspace:
    template = folder.parent / "policy-template.toml"
    template.write_text(POLICY.replace("KEEP_WARM", str(keep_warm)).replace("KEEP_COLD", str(keep_cold)))
    return init_workspace(project, folder=folder, engine=engine, policy_template=template)


@contextmanager
def picture_workspace(
    factory: pytest.TempPathFactory, folder: Path, *, engine: str, name: str = "one-picture-version"
) -> Iterator[Workspace]:
    """v1 is registered, the test itself is the worker; one warm server is kept, and two cold ones.

    Copies of one `name` have containers of the same names.
    """
    place = made_once(factory, f"{name}-{engine}", partial(_train_one, engine))
    shutil.copytree(place / "workspace", folder / "workspace", symlinks=True)
    opened = Workspace.open(folder / "workspace")
    hold_worker_lock(opened)
    yield opened
    end(opened)
    opened.close()


def _train_one(engine: str, place: Path) -> None:
    project = make_picture_project(place / "project")
    workspace = make_picture_workspace(project, place / "workspace", engine=engine, keep_warm=1, keep_cold=2)
    hold_worker_lock(workspace)
    train(workspace, project)
    end(workspace)
    workspace.close()


def add_version(workspace: Workspace, *, slope: int) -> int:
    """Id of a further version that differs from v1 in its model alone; below 0 it takes dark for light."""
    first = versions.find(workspace.registry.read(), 1)
    assert first is not None
    description = {entry.path: entry.sha256 for entry in workspace.store.tree(first.model).entries}["model.json"]
    model: dict[str, bytes | Path] = {
        "model.onnx": _model(slope).SerializeToString(),
        "model.json": workspace.store.path(description),
    }
    given = {field.name: getattr(first, field.name) for field in fields(first)}
    del given["id"]
    with workspace.registry.write() as tx:
        return versions.add(tx, **{**given, "model": workspace.store.put_entries(model.items())}).id


def noise(label: str, *, seed: int) -> bytes:
    """A picture of at least 100 kB, whose every pixel is darker, or lighter, than the middle."""
    pixels = np.random.default_rng(seed).integers(0, 128, (SIDE, SIDE, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels + np.uint8(128 if label == "light" else 0)).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def _model(slope: int) -> onnx.ModelProto:
    """Scores from the mean brightness, which is near -0.5 for dark and 0.5 for light pictures."""
    weights = np.array([[-slope, slope]], np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["picture", "sides"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "last"], ["column"]),
        helper.make_node("MatMul", ["column", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    constants = {"weights": weights, "sides": np.array([1, 2, 3]), "last": np.array([1])}
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 3, 64, 64])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
