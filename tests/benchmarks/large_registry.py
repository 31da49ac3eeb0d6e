"""A workspace with 10,000 versions and 100,000 runs, and how long each reading operation takes on it.

Run `python tests/benchmarks/large_registry.py [FOLDER]`; a folder that is given keeps the workspace for the next time.
Printed are milliseconds, the smallest of nine, and how many times as long as one look at the newest run that is.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from operations.gates import POLICY
from registry.registry_values import NOW, add_deployment, add_release, add_run, add_version, digest

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.release import STAGES, ReleaseState, Stage
from mltui.domain.run import StepAttempt, WorkState
from mltui.domain.version import GroupFigure
from mltui.operations.standing import browse
from mltui.operations.standing.durations import usual_seconds
from mltui.operations.standing.overview import overview
from mltui.registry import Connection, Registry, deployments, environments, events, runs, stages, steps
from mltui.workspace import REGISTRY_FILE, Workspace

RUNS, VERSIONS, WAITING = 100_000, 10_000, 5
WORDS = ("night", "lighting", "seed", "augment", "learning", "dark", "burrito", "taco", "split", "batch")


def fill(workspace: Workspace) -> None:
    chance = random.Random(7)
    for first in range(0, RUNS, 10_000):
        with workspace.registry.write() as tx:
            for number in range(first, first + 10_000):
                _add_run(tx, number, chance)
    with workspace.registry.write() as tx:
        for name in ("staging", "production"):
            live = add_deployment(tx, version_id=VERSIONS - 10, environment=name)
            deployments.update(tx, live.id, state=DeploymentState.LIVE, live_from=NOW)
            smoke = {"smoked_at": NOW, "is_smoke_green": False, "smoke_failure": "4 of 8 right"}
            environments.save(tx, Environment(name, live.id, endpoint="127.0.0.1:8501", **smoke))
            events.append(tx, "SmokeFailed", name, {"environment": name, "reason": "4 of 8"}, actor="w", at=NOW)


def _add_run(tx: Connection, number: int, chance: random.Random) -> None:
    at = NOW + timedelta(seconds=number)
    state = WorkState.SUCCEEDED if number % 10 == 0 else chance.choice((WorkState.FAILED, WorkState.SUCCEEDED))
    run = add_run(
        tx,
        commit=f"{chance.getrandbits(160):040x}",
        message=f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}",
        author_name=chance.choice(("Ann", "Bob", "Cat")),
        state=WorkState.RUNNING if number >= RUNS - 3 else state,
        requested_at=at,
        started_at=at,
        ended_at=at + timedelta(seconds=60),
        failure="out of memory" if state is WorkState.FAILED else None,
    )
    events.append(tx, "RunRequested", str(run.id), {"run": str(run.id), "commit": run.commit}, actor="ann", at=at)
    events.append(tx, "RunStarted", str(run.id), {"run": str(run.id), "engine": "docker"}, actor="w", at=at)
    if number % 10 == 0:
        _add_version(tx, run.id, number, chance)
    if number >= RUNS - 300:
        for step in ("prepare", "train", "evaluate", "register"):
            fields = {"started_at": at, "ended_at": at + timedelta(seconds=chance.randint(5, 15))}
            steps.save(tx, StepAttempt(run.id, step, 1, WorkState.SUCCEEDED, **fields))


def _add_version(tx: Connection, run_id: int, number: int, chance: random.Random) -> None:
    figure = GroupFigure({"lighting": "dark"}, "recall", 31, 0.7, 0.5, 0.85, None, None, None, "undecided", 300)
    version = add_version(
        tx,
        run_id=run_id,
        branch=f"try/{chance.choice(WORDS)}-{number}",
        metrics={"accuracy": chance.random(), "recall": chance.random(), "macro_f1": chance.random()},
        groups=(figure,) * 40,
        learning_curve=({"epoch": 1.0, "train_loss": 0.7, "validation_loss": 0.8},) * 30,
        environment={f"package-{each}": "1.2.3" for each in range(60)},
    )
    runs.update(tx, run_id, version_id=version.id)
    is_waiting = number >= RUNS - 10 * WAITING
    state = ReleaseState.WAITING_APPROVAL if is_waiting else ReleaseState.SUCCEEDED
    release = add_release(tx, version_id=version.id, state=state, evidence=digest(1), waiting_since=NOW)
    for name in STAGES[:6]:
        stages.save(tx, Stage(release.id, name, WorkState.SUCCEEDED, NOW, NOW + timedelta(seconds=9)))


def opened(folder: Path) -> Workspace:
    if (folder / REGISTRY_FILE).exists():
        return Workspace.open(folder, now=lambda: NOW)
    folder.mkdir(parents=True, exist_ok=True)
    Registry.create(folder / REGISTRY_FILE, workspace_uuid="0b5e0b5e", project="tacos").close()
    (folder / "policy.toml").write_text(POLICY.format(required=1, self_approval="false", is_demo="false", floor=0.6))
    workspace = Workspace.open(folder, now=lambda: NOW)
    fill(workspace)
    return workspace


def questions(workspace: Workspace) -> dict[str, Callable[[], object]]:
    conn = workspace.registry.read()
    middle = RUNS // 2
    return {
        "newest run": lambda: runs.latest(conn),
        "overview": lambda: overview(workspace),
        "usual seconds": lambda: usual_seconds(workspace),
        "runs, first page": lambda: browse.list_runs(workspace, limit=40),
        "runs, page by key": lambda: browse.list_runs(workspace, limit=40, before=middle),
        "runs, page by offset": lambda: browse.list_runs(workspace, limit=40, offset=RUNS - 100),
        "runs, count": lambda: browse.count_runs(workspace),
        "runs of a state, offset": lambda: browse.list_runs(workspace, state=WorkState.FAILED, limit=40, offset=40_000),
        "runs, words": lambda: browse.list_runs(workspace, matching="night seed !bob", limit=40),
        "runs, word that is nowhere": lambda: browse.list_runs(workspace, matching="nowhere", limit=40),
        "runs, count of words": lambda: browse.count_runs(workspace, matching="night seed !bob"),
        "versions, first page": lambda: browse.list_versions(workspace, limit=40),
        "versions, page by offset": lambda: browse.list_versions(workspace, limit=40, offset=VERSIONS - 100),
        "versions, by a metric": lambda: browse.list_versions(workspace, limit=40, sort="accuracy"),
        "versions, words": lambda: browse.list_versions(workspace, matching="night !taco", limit=40),
        "versions, count of words": lambda: browse.count_versions(workspace, matching="night"),
        "releases, words": lambda: browse.list_releases(workspace, matching="waiting", limit=40),
        "events, first page": lambda: browse.list_events(workspace, limit=40),
        "events, page by offset": lambda: browse.list_events(workspace, limit=40, offset=2 * RUNS - 100),
        "events, words": lambda: browse.list_events(workspace, matching="run ann !night", limit=40),
        "events, count of words": lambda: browse.count_events(workspace, matching="run ann"),
    }


def milliseconds(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    kept = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as temporary:
        workspace = opened(kept or Path(temporary) / "workspace")
        smallest = {name: min(milliseconds(ask) for _ in range(9)) for name, ask in questions(workspace).items()}
        for name, took in smallest.items():
            print(f"{name:<30} {took:8.2f} ms   {took / smallest['newest run']:7.0f} ×")
        workspace.close()


if __name__ == "__main__":
    main()
