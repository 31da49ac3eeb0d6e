"""The demo: the whole story on a throw-away project, by the same operations that everybody calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid as uuids
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mltui.domain.checks import GateReport
from mltui.domain.names import release_name, version_name
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import Run, WorkState
from mltui.errors import MltuiError, NotFound, Refused, Unreachable, WorkFailed
from mltui.operations.decide import approve
from mltui.operations.hook import install_hooks
from mltui.operations.initialise import engine_that_answers, init_workspace
from mltui.operations.patience import WorkerPatience
from mltui.operations.progress import progress_of
from mltui.operations.state import release_state
from mltui.operations.wake import stop_worker
from mltui.registry import releases, runs, steps, versions
from mltui.workspace import Workspace, states_folder

PACKAGE = Path(__file__).resolve().parent.parent
DOCKER_BYTES = 14 * 10**9
"""Free disk that building the training image takes at its peak."""
TORCH_IMAGE_GB = 6
PROCESS_BYTES = 1 * 10**9
HOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class DemoScript:
    """How a sample's data is made, and what the second commit changes."""

    program: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    parameter: tuple[str, int]
    told: str


SCRIPTS = {
    "tacos": DemoScript(
        "draw.py",
        (),
        ("--extra-night", "200"),
        ("seed", 2),
        "200 more pictures taken at night, and another training seed",
    ),
    "loans": DemoScript(
        "make.py", (), ("--count", "5000"), ("seed", 2), "1,000 more applications, and another training seed"
    ),
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    folder: Path
    project: Path
    workspace: Path
    engine: str
    live: str
    """The version that answers in production."""
    endpoint: str
    waiting: str
    """The version that waits for a decision."""
    release: str
    evidence: str
    seconds: float


def run_demo(*, sample: str, engine: str | None, folder: Path | None, say: Say) -> DemoOutcome:
    """Raises what keeps it from its end; what was made stays there to be looked at."""
    began = time.monotonic()
    chosen = engine or engine_that_answers()
    place = folder or demos_folder() / f"{sample}-{uuids.uuid4().hex[:6]}"
    _announce(place, chosen, say)
    project = _lay_down_project(place, sample, say)
    workspace = _lay_down_workspace(place, project, sample, chosen)
    say("first commit: the hook asks for a run by itself")
    _commit(project, "Tell tacos from burritos" if sample == "tacos" else "Decide on loans")
    first = _await_run(workspace, after=0, say=say)
    release = _await_gate(workspace, first, say=say)
    _approve(workspace, release, say=say)
    live = _await_release(workspace, release, say=say)
    script = SCRIPTS[sample]
    say(f"second commit: {script.told}")
    _draw(project, script, script.second)
    _set_parameter(project, *script.parameter)
    _commit(project, "Train on more of what is hard")
    second = _await_run(workspace, after=first.id, say=say)
    waiting = _await_gate(workspace, second, say=say)
    return _outcome(workspace, place, project, chosen, live=live, waiting=waiting, seconds=time.monotonic() - began)


def remove_demos(folder: Path | None, *, say: Say) -> list[Path]:
    """Takes containers, images, processes and files of the demos away."""
    places = [folder] if folder is not None else sorted(demos_folder().glob("*"))
    found = [
        place for place in places if (place / "workspace" / "registry.db").exists() or (place / "project").exists()
    ]
    if not found:
        raise NotFound("there is no demo to remove", hint="mltui demo makes one")
    for place in found:
        if (place / "workspace" / "registry.db").exists():
            _remove_running(Workspace.open(place / "workspace"))
        shutil.rmtree(place)
        say(f"removed {place}")
    return found


def demos_folder() -> Path:
    return states_folder().parent / "mltui-demos"


def sample_folder(sample: str) -> Path:
    """In the wheel beside the package's code, in a clone beside the package."""
    places = [PACKAGE / "sample_data" / sample, PACKAGE.parent / "sample_data" / sample]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise NotFound(
            f"the sample project {sample} is not installed",
            hint="install mltui again, from its wheel or its repository",
        )
    return found


def _announce(place: Path, engine: str, say: Say) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and any(place.iterdir()):
        raise Refused(
            f"{place} is not empty", hint="name another folder, or take the old demo away with mltui demo --remove"
        )
    free, needed = shutil.disk_usage(place.parent).free, DOCKER_BYTES if engine == "docker" else PROCESS_BYTES
    if engine == "docker":
        say("engine: docker. Every step and every server is a container.")
        say(
            f"the very first run builds the training image: {TORCH_IMAGE_GB} GB, some minutes;"
            f" {free / 1e9:.0f} GB of disk are free"
        )
    else:
        say("engine: process. No Docker Engine is used: steps and servers are local processes, without isolation.")
        say(f"{free / 1e9:.0f} GB of disk are free, about 1 GB is needed")
    if free < needed:
        raise Refused(
            f"{free / 1e9:.1f} GB of disk are free, {needed / 1e9:.0f} GB are needed",
            hint="make room, or try --engine process",
        )


def _lay_down_project(place: Path, sample: str, say: Say) -> Path:
    project = place / "project"
    shutil.copytree(sample_folder(sample), project, ignore=shutil.ignore_patterns("__pycache__"))
    say(f"drawing the data of {sample} into {project}")
    _draw(project, SCRIPTS[sample], SCRIPTS[sample].first)
    _git(project, "init", "-q", "-b", "main")
    _git(project, "config", "user.name", "Demo Operator")
    _git(project, "config", "user.email", "operator@demo.invalid")
    return project


def _lay_down_workspace(place: Path, project: Path, sample: str, engine: str) -> Workspace:
    template = PACKAGE / "templates" / f"demo-{sample}.toml"
    workspace = init_workspace(project, folder=place / "workspace", engine=engine, policy_template=template)
    install_hooks(workspace, project)
    return workspace


def _draw(project: Path, script: DemoScript, arguments: tuple[str, ...]) -> None:
    answer = subprocess.run([sys.executable, script.program, *arguments], cwd=project, capture_output=True, text=True)
    if answer.returncode != 0:
        raise WorkFailed(
            f"{script.program} failed: {answer.stderr.strip()[-300:]}", hint="the sample project may be damaged"
        )


def _set_parameter(project: Path, name: str, value: int) -> None:
    import tomlkit

    path = project / "mltui.toml"
    document: Any = tomlkit.parse(path.read_text("utf-8"))
    document["steps"]["train"]["parameters"][name] = value
    path.write_text(tomlkit.dumps(document), "utf-8")


def _commit(project: Path, message: str) -> None:
    _git(project, "add", "--all")
    _git(project, "commit", "-q", "-m", message)


def _git(project: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    answer = subprocess.run(["git", "-C", str(project), *arguments], capture_output=True, text=True, env=environment)
    if answer.returncode != 0:
        raise WorkFailed(
            f"git {arguments[0]} failed: {answer.stderr.strip()}", hint="is git installed, and may it write there?"
        )


def _await_run(workspace: Workspace, *, after: int, say: Say) -> Run:
    """The run that the hook asked for, once it has registered a version."""
    run = _hooked_run(workspace, after=after)
    say(f"run {run.id} was asked for by the hook")
    teller = _Teller(workspace, say)
    while not run.state.is_over:
        teller.tell(_where(workspace, run))
        time.sleep(0.2)
        run = _again(workspace, run)
    if run.state is not WorkState.SUCCEEDED or run.version_id is None:
        raise WorkFailed(
            f"run {run.id} {run.state.value}: {run.failure}",
            hint=f"mltui --workspace {workspace.folder} run logs {run.id}",
        )
    version = versions.find(workspace.registry.read(), run.version_id)
    assert version is not None
    accuracy = version.metrics.get("accuracy")
    say(
        f"{version_name(version.id)} registered"
        + (f", accuracy {accuracy:.3f} on the held-out rows" if accuracy is not None else "")
    )
    return run


def _hooked_run(workspace: Workspace, *, after: int) -> Run:
    deadline = time.monotonic() + HOOK_SECONDS
    while time.monotonic() < deadline:
        latest = runs.latest(workspace.registry.read())
        if latest is not None and latest.id > after:
            return latest
        time.sleep(0.1)
    log = workspace.folder / "hook.log"
    said = log.read_text("utf-8", "replace").strip()[-300:] if log.exists() else ""
    raise Unreachable(f"the hook did not ask for a run within {HOOK_SECONDS:.0f} s", hint=said or "its log is empty")


def _where(workspace: Workspace, run: Run) -> str:
    attempts = steps.of_run(workspace.registry.read(), run.id)
    current = next((each.step for each in attempts if not each.state.is_over), None)
    if current is None:
        builds = sorted(workspace.run_folder(run.id).glob("*.build.log"), key=lambda path: path.stat().st_mtime)
        if run.engine == "docker" and builds:
            step = builds[-1].name.partition(".")[0]
            lines = builds[-1].read_text("utf-8", "replace").strip().splitlines()
            return f"building the image for {step}: {lines[-1][:90] if lines else 'starting'}"
        return f"run {run.id} is {run.state.value}"
    progress = progress_of(workspace, run.id)
    return str(progress) if progress is not None and progress.step == current else f"{current} …"


def _again(workspace: Workspace, run: Run) -> Run:
    found = runs.find(workspace.registry.read(), run.id)
    assert found is not None
    return found


def _await_gate(workspace: Workspace, run: Run, *, say: Say) -> Release:
    assert run.version_id is not None
    release = releases.list_releases(workspace.registry.read(), version_id=run.version_id, limit=1)[0]
    release = _until(workspace, release, lambda each: each.state is not ReleaseState.RUNNING, say=say)
    if release.state is not ReleaseState.WAITING_APPROVAL:
        raise WorkFailed(
            f"{release_name(release.id)} is {release.state.value}: {release.failure}",
            hint=f"mltui --workspace {workspace.folder} release show {release_name(release.id)}",
        )
    return release


def _await_release(workspace: Workspace, release: Release, *, say: Say) -> Release:
    release = _until(workspace, release, lambda each: each.state.is_over, say=say)
    if release.state is not ReleaseState.SUCCEEDED:
        raise WorkFailed(
            f"{release_name(release.id)} is {release.state.value}: {release.failure}",
            hint="mltui release show tells more",
        )
    say(f"{version_name(release.version_id)} is in production")
    return release


def _until(workspace: Workspace, release: Release, is_settled: Callable[[Release], bool], *, say: Say) -> Release:
    teller, name = _Teller(workspace, say), release_name(release.id)
    while not is_settled(release):
        stages = release_state(workspace, name).stages
        current = next((stage.name for stage in stages if stage.state is WorkState.RUNNING), "queued")
        teller.tell(f"{name}: {current}, stage {len(stages)} of 9")
        time.sleep(0.2)
        found = releases.find(workspace.registry.read(), release.id)
        assert found is not None
        release = found
    return release


def _approve(workspace: Workspace, release: Release, *, say: Say) -> None:
    detail = release_state(workspace, release_name(release.id))
    found = next(stage.data for stage in detail.stages if stage.name == "checks")
    held = [check.name for check in GateReport.from_json(found).inconclusive]
    if held:
        say(f"inconclusive, and acknowledged by name: {', '.join(held)}")
    decision = approve(
        workspace, release.version_id, comment="the demo's own decision", acknowledged=held, evidence=release.evidence
    )
    say(f"{version_name(release.version_id)} approved by {decision.approval.person} ({decision.approval.note})")


class _Teller:
    """Says what changed, and at least every ten seconds that it still waits; keeps a worker there meanwhile."""

    def __init__(self, workspace: Workspace, say: Say) -> None:
        self._patience = WorkerPatience(workspace)
        self._say, self._said, self._at, self._began = say, "", 0.0, time.monotonic()

    def tell(self, text: str) -> None:
        self._patience.look()
        now = time.monotonic()
        is_new = text != self._said and now - self._at > 1
        if is_new or now - self._at > 10:
            self._say(f"  {text}" if text != self._said else f"  {text} ({now - self._began:.0f} s)")
            self._said, self._at = text, now


def _outcome(
    workspace: Workspace, place: Path, project: Path, engine: str, *, live: Release, waiting: Release, seconds: float
) -> DemoOutcome:
    from mltui.registry import environments

    production = environments.find(workspace.registry.read(), "production")
    assert production is not None
    return DemoOutcome(
        folder=place,
        project=project,
        workspace=workspace.folder,
        engine=engine,
        live=version_name(live.version_id),
        endpoint=production.endpoint,
        waiting=version_name(waiting.version_id),
        release=release_name(waiting.id),
        evidence=waiting.evidence,
        seconds=round(seconds, 1),
    )


def _remove_running(workspace: Workspace) -> None:
    from mltui.engines.base import LABEL_WORKSPACE

    stop_worker(workspace)
    labels = {LABEL_WORKSPACE: workspace.uuid}
    try:
        engine = workspace.engine(workspace.policy().engine)
        for status in engine.list(labels):
            engine.remove(status.name)
        engine.remove_images(labels)
    except MltuiError as error:
        raise Unreachable(
            f"the demo in {workspace.folder} cannot be taken away: {error.message}",
            hint=error.hint or "start the engine first",
        ) from error
    finally:
        workspace.close()
