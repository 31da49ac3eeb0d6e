"""Waits for the demo's runs and releases, and tells meanwhile what it waits for and how far that is."""

from __future__ import annotations

import time
from collections.abc import Callable
from shlex import quote

from mltui.domain.names import release_name, version_name
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import Run, WorkState
from mltui.errors import Unreachable, WorkFailed
from mltui.operations.acting.patience import WorkerPatience
from mltui.operations.standing.progress import progress_of
from mltui.operations.standing.state import release_state
from mltui.registry import releases, runs, steps, versions
from mltui.workspace import Workspace

HOOK_SECONDS = 60.0

Say = Callable[[str], None]


def await_run(workspace: Workspace, *, after: int, say: Say) -> Run:
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
            hint=f"mltui --workspace {quote(str(workspace.folder))} run logs {run.id}",
        )
    version = versions.find(workspace.registry.read(), run.version_id)
    assert version is not None
    figures = [f"{name} {version.metrics[name]:.3f}" for name in ("accuracy", "r2", "mae") if name in version.metrics]
    say(f"{version_name(version.id)} registered, on the held-out rows {', '.join(figures)}")
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


def await_gate(workspace: Workspace, run: Run, *, say: Say) -> Release:
    assert run.version_id is not None
    release = releases.list_releases(workspace.registry.read(), version_id=run.version_id, limit=1)[0]
    release = _until(workspace, release, lambda each: each.state is not ReleaseState.RUNNING, say=say)
    if release.state is not ReleaseState.WAITING_APPROVAL:
        raise WorkFailed(
            f"{release_name(release.id)} is {release.state.value}: {release.failure}",
            hint=f"mltui --workspace {quote(str(workspace.folder))} release show {release_name(release.id)}",
        )
    return release


def await_release(workspace: Workspace, release: Release, *, say: Say) -> Release:
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
