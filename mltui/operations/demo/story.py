"""The demo: the whole story on a throw-away project, by the same operations that everybody calls."""

from __future__ import annotations

import shutil
import time
import uuid as uuids
from dataclasses import dataclass
from pathlib import Path

from mltui.config.project import read_project
from mltui.domain.checks import GateReport
from mltui.domain.names import release_name, version_name
from mltui.domain.release import Release
from mltui.domain.templates import PROCESS_GB, TRAINING_IMAGES, TrainingImage, fitting_template
from mltui.errors import Refused
from mltui.operations.demo.project import PACKAGE, SCRIPTS, change_project, commit, lay_down_project, sample_folder
from mltui.operations.demo.removal import MARK, demos_folder
from mltui.operations.demo.waiting import Say, await_gate, await_release, await_run
from mltui.operations.releases.decide import approve
from mltui.operations.runs.hook import install_hooks
from mltui.operations.standing.state import release_state
from mltui.operations.workspaces.initialise import engine_that_answers, init_workspace
from mltui.registry import environments
from mltui.workspace import Workspace


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
    _announce(place, chosen, TRAINING_IMAGES[fitting_template(read_project(sample_folder(sample)))], say)
    project = lay_down_project(place, sample, say)
    workspace = _lay_down_workspace(place, project, sample, chosen)
    say("first commit: the hook asks for a run by itself")
    commit(project, SCRIPTS[sample].purpose)
    first = await_run(workspace, after=0, say=say)
    release = await_gate(workspace, first, say=say)
    _approve(workspace, release, say=say)
    live = await_release(workspace, release, say=say)
    say(f"second commit: {SCRIPTS[sample].told}")
    change_project(project, sample)
    commit(project, "Train on more of what is hard")
    second = await_run(workspace, after=first.id, say=say)
    waiting = await_gate(workspace, second, say=say)
    return _outcome(workspace, place, project, chosen, live=live, waiting=waiting, seconds=time.monotonic() - began)


def _announce(place: Path, engine: str, image: TrainingImage, say: Say) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and any(place.iterdir()):
        raise Refused(
            f"{place} is not empty", hint="name another folder, or take the old demo away with mltui demo --remove"
        )
    free_gb = shutil.disk_usage(place.parent).free / 1e9
    if engine == "docker":
        needed_gb = image.free_gb
        say("engine: docker. Every step and every server is a container.")
        say(f"the very first run builds the training image: {image.gb:g} GB, about {image.build_minutes} min")
    else:
        needed_gb = PROCESS_GB
        say("engine: process. No Docker Engine is used: steps and servers are local processes, without isolation.")
    say(f"{free_gb:.0f} GB of disk are free, {needed_gb:g} GB are wanted")
    if free_gb < needed_gb:
        raise Refused(
            f"{free_gb:.1f} GB of disk are free, {needed_gb:g} GB are needed",
            hint="make room, or try --engine process",
        )
    place.mkdir(exist_ok=True)
    (place / MARK).touch()


def _lay_down_workspace(place: Path, project: Path, sample: str, engine: str) -> Workspace:
    template = PACKAGE / "templates" / f"demo-{sample}.toml"
    workspace = init_workspace(project, folder=place / "workspace", engine=engine, policy_template=template)
    install_hooks(workspace, project)
    return workspace


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


def _outcome(
    workspace: Workspace, place: Path, project: Path, engine: str, *, live: Release, waiting: Release, seconds: float
) -> DemoOutcome:
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
