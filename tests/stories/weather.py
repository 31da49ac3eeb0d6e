"""Three versions that were in production one after the other, their own worker, and somebody who asks all the time."""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from stories.loans import bring_to_production, commit, end, hold_worker_lock, inconclusive, train
from stories.pictures import add_version, make_picture_project, make_picture_workspace, noise
from stories.shells import put_away, worker_pid
from stories.soundness import await_that
from stories.switching import slowness

from mltui.domain.names import release_name
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import MltuiError
from mltui.operations.acting.wake import wake_worker
from mltui.operations.environments.rollback_proof import RollbackProof, roll_back
from mltui.operations.releases.decide import approve
from mltui.operations.releases.open_release import open_release
from mltui.operations.runs.train import request_run
from mltui.operations.standing.state import require_release, run_state
from mltui.registry import deployments, environments, versions
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.worker.environments import servers
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.watch import look_after
from mltui.workspace import Workspace

ANSWER_SECONDS = 10.0
"""From a rollback's command to the first answer of what it restores, whatever the weather."""
WARM_SECONDS = 0.3
"""From the command to the last answer of what it leaves, on a machine that has nothing else to do."""
GAP_SECONDS = 0.002
ASK_SECONDS = 1.0
"""Who gets no answer asks again."""


def make_three(engine: str, folder: Path) -> None:
    """`project` and `workspace`: v1 is cold, v2 warm, v3 live, v4 registered; nothing runs."""
    project = make_picture_project(folder / "project")
    workspace = make_picture_workspace(project, folder / "workspace", engine=engine, keep_warm=1, keep_cold=2)
    hold_worker_lock(workspace)
    train(workspace, project)
    for version in (1, *(add_version(workspace, slope=slope) for slope in (3, 5))):
        bring_to_production(workspace, version)
        look_after(place_for_emergency(workspace, "production"))
    add_version(workspace, slope=6)
    end(workspace)
    workspace.close()


@contextmanager
def open_copy(
    made: Path, folder: Path, *, prepare: Callable[[Path], None] = lambda folder: None
) -> Iterator[Workspace]:
    """On a port of its own, its servers running as the registry says, carried by a worker of its own.

    `prepare` is given the workspace's folder before it is opened. Containers of two copies would bear the same names:
    where there are any, one copy at a time is open, whichever process of the tests has it.
    """
    with alone(made) if made.name.endswith("docker") else nullcontext():
        yield from _opened(made, folder, prepare)


@contextmanager
def alone(made: Path) -> Iterator[None]:
    with made.with_name(f"{made.name}.alone").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _opened(made: Path, folder: Path, prepare: Callable[[Path], None]) -> Iterator[Workspace]:
    shutil.copytree(made, folder, symlinks=True, ignore=shutil.ignore_patterns("*.sock"), dirs_exist_ok=True)
    prepare(folder / "workspace")
    workspace = Workspace.open(folder / "workspace")
    try:
        _take_free_port(workspace)
        place = place_for_emergency(workspace, "production")
        for deployment in deployments.of_environment(workspace.registry.read(), "production")[1:3]:
            servers.ensure_servers(workspace, deployment)
        look_after(place)
        wake_worker(workspace)
        await_that(lambda: worker_pid(workspace) is not None, what="the worker is there")
        await_that(lambda: version_answering(workspace) == "v3", what="v3 answers")
        yield workspace
    finally:
        shutil.copy(made / "workspace" / "policy.toml", workspace.folder)
        put_away(workspace)


def version_answering(workspace: Workspace) -> str:
    try:
        with PredictionClient.over_tcp(_endpoint(workspace)) as client:
            answer = client.predict(noise("dark", seed=5))
    except ServerUnreachable:
        return "nobody"
    return str(answer.body["version"]) if answer.status == 200 else f"status {answer.status}"


@dataclass(frozen=True, slots=True)
class Answer:
    sent: float
    ended: float
    version: str
    """Or what was wrong."""


@dataclass(slots=True)
class Measured:
    """Seconds are counted from the call of the operation."""

    answers: list[Answer] = field(default_factory=list)
    began: float = 0.0
    slowness: float = 1.0
    """Of the machine, just before or right after, whichever was worse."""
    proof: RollbackProof | None = None
    error: MltuiError | None = None

    def last(self, version: str) -> float:
        return max(each.ended for each in self.answers if each.version == version) - self.began

    def is_silent_at_once(self, version: str) -> bool:
        return self.last(version) <= WARM_SECONDS * self.slowness

    def first(self, version: str) -> float:
        return (
            min(each.ended for each in self.answers if each.version == version and each.sent > self.began) - self.began
        )

    @property
    def versions(self) -> list[str]:
        """In the order in which they answered, each as often as it took over."""
        found = [each.version for each in self.answers]
        return [version for before, version in zip([None, *found], found, strict=False) if version != before]


def measure(workspace: Workspace, **how: Any) -> Measured:
    """A rollback of production while somebody asks it, one request right after the other."""
    with asked(workspace) as found:
        try:
            found.proof = roll_back(workspace, "production", **{"reason": "it is wrong", **how})
        except MltuiError as error:
            found.error = error
    return found


@contextmanager
def asked(workspace: Workspace) -> Iterator[Measured]:
    """Somebody asks production before, during and right after what is measured."""
    found = Measured(slowness=slowness())
    with _asking(_endpoint(workspace), found):
        found.began = time.monotonic()
        yield found
        time.sleep(0.1)
    found.slowness = max(found.slowness, slowness())


@contextmanager
def _asking(endpoint: str, found: Measured) -> Iterator[None]:
    ended, picture = threading.Event(), noise("dark", seed=5)

    def ask() -> None:
        with PredictionClient.over_tcp(endpoint, timeout_seconds=ASK_SECONDS) as client:
            while not ended.wait(GAP_SECONDS):
                found.answers.append(_ask(client, picture))

    thread = threading.Thread(target=ask, name="asker")
    thread.start()
    await_that(lambda: bool(found.answers), what="somebody answers")
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _ask(client: PredictionClient, picture: bytes) -> Answer:
    sent = time.monotonic()
    try:
        answer = client.predict(picture)
    except ServerUnreachable:
        return Answer(sent, time.monotonic(), "nobody")
    said = str(answer.body["version"]) if answer.status == 200 else f"status {answer.status}"
    return Answer(sent, time.monotonic(), said)


def _endpoint(workspace: Workspace) -> str:
    known = environments.find(workspace.registry.read(), "production")
    assert known is not None
    return known.endpoint


def _take_free_port(workspace: Workspace) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with workspace.registry.write() as tx:
        known = environments.find(tx, "production")
        assert known is not None
        environments.save(tx, replace(known, endpoint=f"127.0.0.1:{port}"))


def train_slowly(workspace: Workspace) -> str:
    """A run whose train step runs, and does so for longer than any test."""
    project = workspace.folder.parent / "project"
    path = project / "train" / "train.py"
    path.write_text(f"import time\n\ntime.sleep(600)\n{path.read_text()}")
    commit(project, "Train slowly")
    run = str(request_run(workspace, project).run.id)
    await_that(lambda: _is_training(workspace, run), what="the run trains")
    return run


def _is_training(workspace: Workspace, run: str) -> bool:
    steps = {step.step: step.state for step in run_state(workspace, run).steps}
    return steps.get("train") is WorkState.RUNNING


def release_to_gate(workspace: Workspace, version_id: int) -> str:
    """Name of the release, carried there by the workspace's worker."""
    name = release_name(open_release(workspace, version_id).id)
    await_that(
        lambda: require_release(workspace, name).state is ReleaseState.WAITING_APPROVAL, what="it waits for a decision"
    )
    return name


def approve_release(workspace: Workspace, version_id: int) -> None:
    release = require_release(workspace, f"v{version_id}")
    approve(workspace, version_id, evidence=release.evidence, acknowledged=inconclusive(workspace, release))


def damage_model(workspace: Workspace, version_id: int) -> None:
    """One bit of it is another one on the disk; what a server has read already stays as it is."""
    version = versions.find(workspace.registry.read(), version_id)
    assert version is not None
    files = {entry.path: entry.sha256 for entry in workspace.store.tree(version.model).entries}
    blob = workspace.store.path(files["model.onnx"])
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.unlink()
    blob.write_bytes(content)


def hang_at_start(workspace: Workspace, what: str) -> None:
    """The next start of that process gets a program that lives and does nothing."""
    _relaunch(workspace, what, lambda argv: ["/bin/sleep", "120"])


def start_slowly(workspace: Workspace, what: str, *, seconds: float) -> None:
    """The next start of that process takes so much longer."""
    _relaunch(workspace, what, lambda argv: ["/bin/sh", "-c", f'sleep {seconds}; exec "$@"', "sh", *argv])


def _relaunch(workspace: Workspace, what: str, changed: Callable[[list[str]], list[str]]) -> None:
    path = workspace.processes_folder / workspace.container_name(what) / "launch.json"
    launch = json.loads(path.read_text())
    path.write_text(json.dumps(launch | {"argv": changed(launch["argv"])}))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, as large as a reserve needs; skips the test where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def full_disk(folder: Path) -> None:
    """Not one byte is left."""
    with (folder / "filler").open("wb", buffering=0) as filler:
        for size in (2**20, 4096, 1):
            with suppress(OSError):
                while True:
                    filler.write(bytes(size))
