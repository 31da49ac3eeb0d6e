"""Runs, their steps and logs, and the versions that they made."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mltui.domain.run import StepAttempt, WorkState
from mltui.registry import data_versions, runs, steps, versions
from mltui.workspace import Workspace
from tui.scene_figures import Say, data_bias, evaluation, groups, held_out_tree, learning_curve, quality, smoke_tree
from tui.scene_ground import HOURS, RIGHT, RUN_OF, Scene, ago, digest

_MESSAGES = ("First pictures", "Train for longer", "Add pictures taken in the dark", "Use a larger model",
             "Lower the learning rate", "Balance the classes", "Try smaller pictures", "More augmentation")  # fmt: skip
RUNS = len(_MESSAGES)
SCHEMA = {
    "kind": "picture", "width": 96, "height": 96, "mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25),
    "max_bytes": 10 * 2**20, "max_pixels": 25 * 10**6,
}  # fmt: skip
_STEPS = ("prepare", "train", "evaluate", "register")
_SECONDS = {"prepare": 6, "train": 84, "evaluate": 9, "register": 3}


def trees_of(scene: Scene, version: int) -> dict[str, str]:
    store, say, right = scene.workspace.store, scene.say, RIGHT[version]
    code = f"learning_rate = {0.001 * version}\nname = {say('small')!r}\n".encode()
    data = [("pictures/taco/1.jpg", b"1"), *((f"pictures/taco/dark-{each}.jpg", b"2") for each in range(version))]
    return {
        "model": store.put_entries([("model.onnx", f"model {version}".encode())]),
        "evaluation": store.put_entries([("evaluation.csv", evaluation(right, seed=version, say=say))]),
        "source": store.put_entries([("train/train.py", code), ("mltui.toml", b"[project]\n")]),
        "data": store.put_entries(data),
        "smoke": store.put_entries(smoke_tree(say)),
        "held_out": store.put_entries(held_out_tree()),
    }


def add_run(scene: Scene, tx: sqlite3.Connection, number: int, trees: Mapping[int, Mapping[str, str]]) -> None:
    """Run 5 failed, run 8 is under way, the others made a version each."""
    say, version = scene.say, next((version for version, run in RUN_OF.items() if run == number), None)
    hours = HOURS.get(version or 0, -1 / 60 if number == 8 else 7.0)
    state = {5: WorkState.FAILED, 8: WorkState.RUNNING}.get(number, WorkState.SUCCEEDED)
    began, ended = ago(hours=hours, seconds=120), ago(hours=hours)
    failure = say("train failed with exit code 1: no pictures of class 'churro'") if number == 5 else None
    last = max(each for each in RIGHT if each <= (version or 6))
    facts = {
        "commit": digest(f"commit {number}")[:40],
        "is_dirty": number == 2,
        "branch": say("main" if number != 7 else "smaller-pictures"),
        "author_name": say("Bob"),
        "author_email": say("bob@example.org"),
        "requested_by": say("bob"),
        "engine": "docker",
        "source": trees[last]["source"],
        "data": trees[last]["data"],
    }
    run = runs.add(
        tx,
        **facts,
        state=state,
        message=say(_MESSAGES[number - 1]),
        requested_at=began - timedelta(seconds=3),
        plan=digest(f"plan {number}"),
        started_at=began,
        ended_at=None if number == 8 else ended,
        failure=failure,
    )
    scene.tell("RunRequested", str(run.id), {"run": str(run.id), "commit": run.commit}, at=run.requested_at, by="bob")
    data_versions.add(tx, digest=run.data, source=say("pictures"), files=1200, bytes_total=10**8, at=began)
    _attempts(scene, tx, number, began)
    if failure:
        scene.tell("RunFailed", "5", {"run": "5", "reason": failure}, at=ended)
    if version is not None:
        made = _version(scene, tx, version, {**facts, **trees[version]}, at=ended)
        runs.update(tx, run.id, version_id=made)


def _attempts(scene: Scene, tx: sqlite3.Connection, number: int, began: datetime) -> None:
    last = {5: 1, 8: 1}.get(number, 3)
    for index, step in enumerate(_STEPS[: last + 1]):
        state = {(5, 1): WorkState.FAILED, (8, 1): WorkState.RUNNING}.get((number, index), WorkState.SUCCEEDED)
        ended = None if state is WorkState.RUNNING else began + timedelta(seconds=_SECONDS[step])
        failure = scene.say("exit code 1") if state is WorkState.FAILED else None
        steps.save(
            tx,
            StepAttempt(
                run_id=number,
                step=step,
                attempt=1,
                state=state,
                image_id=f"sha256:{digest(step)}",
                exit_code=None if ended is None else 1 if failure else 0,
                peak_memory_bytes=420 * 2**20,
                started_at=began,
                ended_at=ended,
                failure=failure,
            ),
        )
        began = ended or began


def _version(scene: Scene, tx: sqlite3.Connection, version: int, facts: Mapping[str, Any], *, at: datetime) -> int:
    say, right = scene.say, RIGHT[version]
    made = versions.add(
        tx,
        **facts,
        **quality(right, say),
        run_id=RUN_OF[version],
        created_at=at,
        task="classification",
        input_schema=SCHEMA,
        history=None,
        training=digest("training"),
        parameters={
            "prepare": {"split": {"seed": 7, "validation": 0.1, "held_out": 0.2}},
            "train": {"parameters": {"model": say("small_cnn"), "epochs": 6 + version, "learning_rate": 0.001}},
        },
        groups=groups(right, say, dark=right - 0.24 if version == 4 else right - 0.09),
        learning_curve=learning_curve(right, 6 + version),
        rows={"training": 840, "validation": 120, "held_out": 240},
        data_report={"unreadable": [say("pictures/taco/broken.jpg")], "duplicates": 3, "bias": data_bias(say)},
        images={step: f"sha256:{digest(step)}" for step in _STEPS},
        environment={"python": "3.11.9", "torch": "2.15.0", "numpy": "2.3.1"},
    )
    scene.tell("VersionRegistered", f"v{made.id}", {"version": f"v{made.id}", "run": str(made.run_id)}, at=at)
    return made.id


def write_logs(workspace: Workspace, say: Say) -> None:
    """Of run 5, that failed, and of run 8, that is in its sixth epoch."""
    lines = {
        5: [*_epochs(2), ("stderr", say("Traceback (most recent call last):")),
            ("stderr", say("ValueError: no pictures of class 'churro'"))],
        8: [*_epochs(6), ("stdout", say("saved a checkpoint"))],
    }  # fmt: skip
    for run, said in lines.items():
        folder = workspace.run_folder(run) / "train.1"
        (folder / "out").mkdir(parents=True)
        first = int(ago(seconds=50).timestamp()) * 10**9
        logged = [
            json.dumps({"at": first + index * 10**9, "stream": stream, "text": text})
            for index, (stream, text) in enumerate(said)
        ]
        (folder / "log.jsonl").write_text("\n".join(logged) + "\n", "utf-8")
        said_so_far = {"done": 6, "total": 14, "unit": "epoch", "metrics": {"train_loss": 0.281, "epoch": 6}}
        (folder / "out" / "progress.jsonl").write_text(json.dumps(said_so_far) + "\n", "utf-8")


def _epochs(count: int) -> list[tuple[str, str]]:
    curve = learning_curve(0.88, count)
    return [("stdout", f"epoch {each['epoch']}/14 train_loss={each['train_loss']}") for each in curve]
