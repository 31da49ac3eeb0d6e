"""What an act is refused for before anything is written, and what it leaves when others act at the same time."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from operations.gates import at_gate, write_policy
from operations.small_project import ROWS, commit, git, lay_down, under_git
from registry.registry_values import add_run, add_version
from stories.loans import hold_worker_lock

from mltui.config.policy import parse_policy
from mltui.domain.job import JobKind
from mltui.domain.names import release_name
from mltui.domain.passable import gates_that_nobody_passes
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import Conflict, NotFound, Refused, Unreachable
from mltui.operations.acting.follow import follow_run
from mltui.operations.acting.wake import kill_worker, stop_worker
from mltui.operations.demo.removal import MARK, demos_folder, remove_demos
from mltui.operations.releases.open_release import open_release
from mltui.operations.runs.resume import cancel_release, cancel_run
from mltui.operations.runs.train import request_run
from mltui.operations.workspaces.initialise import init_workspace
from mltui.processes import start_ticks
from mltui.registry import jobs, runs, worker
from mltui.workspace import Workspace


def rename_source(project: Path, source: str) -> None:
    text = (project / "mltui.toml").read_text()
    (project / "mltui.toml").write_text(text.replace('source = "applications.csv"', f'source = "{source}"'))


def table_of(workspace: Workspace, tree: str) -> str:
    (entry,) = workspace.store.tree(tree).entries
    return workspace.store.read_bytes(entry.sha256).decode()


@pytest.mark.parametrize("source", ["./applications.csv", "x/../applications.csv"])
def test_however_its_path_is_written_committed_data_comes_from_the_commit(
    workspace: Workspace, project: Path, source: str
) -> None:
    rename_source(project, source)
    commit(project, "Name the data otherwise")
    (project / "applications.csv").write_text("not committed")
    assert table_of(workspace, request_run(workspace, project).run.data) == ROWS


def test_data_under_git_is_never_taken_from_the_disk(workspace: Workspace, project: Path) -> None:
    rename_source(project, str(project / "applications.csv"))
    commit(project, "Name the data by its whole path")
    with pytest.raises(Refused, match="under git"):
        request_run(workspace, project)


def test_data_that_only_a_later_commit_holds_is_not_taken_for_an_earlier_one(tmp_path: Path) -> None:
    project = lay_down(tmp_path / "project")
    (project / ".gitignore").write_text("*.csv\n")
    earlier = git(under_git(project), "rev-parse", "HEAD")
    git(project, "add", "--force", "applications.csv")
    commit(project, "Bring the data along")
    workspace = init_workspace(project, folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(workspace)
    with pytest.raises(Refused, match="not in the commit"):
        request_run(workspace, project, revision=earlier)
    workspace.close()


def test_a_dockerfile_that_is_not_in_the_commit_is_refused_before_anything_runs(
    workspace: Workspace, project: Path
) -> None:
    text = (project / "mltui.toml").read_text()
    own = 'dockerfile = "train/Dockerfile"\nrun = ["python", "train.py"]'
    (project / "mltui.toml").write_text(text.replace('template = "table"', own))
    commit(project, "Train with an image that is forgotten")
    with pytest.raises(NotFound, match="train/Dockerfile"):
        request_run(workspace, project)


def registered(workspace: Workspace) -> int:
    with workspace.registry.write() as tx:
        run = add_run(tx)
        return add_version(tx, run_id=run.id).id


def test_of_two_who_open_a_release_at_once_one_is_refused(workspace: Workspace) -> None:
    write_policy(workspace)
    version = registered(workspace)
    outcomes: list[str] = []

    def ask() -> None:
        try:
            outcomes.append(release_name(open_release(workspace, version).id))
        except Conflict as error:
            outcomes.append(error.code)

    together = [threading.Thread(target=ask) for _ in range(4)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert sorted(outcomes) == ["r1", *["release_under_way"] * 3]


def test_no_release_is_opened_to_a_gate_that_nobody_can_pass(workspace: Workspace) -> None:
    write_policy(workspace)
    version = registered(workspace)
    with pytest.raises(Refused) as raised:
        open_release(workspace, version, environment="staging")
    assert raised.value.code == "gate_unsatisfiable"


def test_an_environment_that_nothing_comes_before_needs_approvers_too() -> None:
    policy = parse_policy('[operators]\nann = { login = "ann" }\n[environments.production]\n')
    assert set(gates_that_nobody_passes(policy)) == {"production"}


def test_a_release_that_is_taken_back_at_the_gate_ends_with_its_job(workspace: Workspace) -> None:
    write_policy(workspace)
    name = release_name(at_gate(workspace).id)
    assert cancel_release(workspace, name).state is ReleaseState.CANCELLED
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject=name)
    assert job is not None
    assert (job.state, job.is_cancel_requested) == (WorkState.CANCELLED, True)
    with pytest.raises(Refused, match="cancelled already"):
        cancel_release(workspace, name)


def test_who_follows_a_run_hears_of_it_from_its_request_on_and_of_nothing_before(
    workspace: Workspace, project: Path
) -> None:
    other = request_run(workspace, project).run
    run = request_run(workspace, project, again=True).run
    cancel_run(workspace, str(other.id))
    with workspace.registry.write() as tx:
        runs.update(tx, run.id, state=WorkState.CANCELLED)
    assert [event.kind for event in follow_run(workspace, run.id)] == ["RunRequested"]


@pytest.mark.parametrize("place", ["project/state", "project/.git/state"])
def test_no_workspace_is_made_inside_a_repository(project: Path, place: str) -> None:
    with pytest.raises(Refused, match="under git"):
        init_workspace(project, folder=project.parent / place, engine="process")


def test_a_worker_that_does_not_leave_is_not_called_ended_and_can_be_killed(workspace: Workspace) -> None:
    ready = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", ready], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with workspace.registry.write() as tx:
            worker.beat(
                tx, pid=process.pid, start_ticks=start_ticks(process.pid), build="1", host="here", at=workspace.now()
            )
        assert not stop_worker(workspace, timeout_seconds=0.2)
        assert kill_worker(workspace)
    assert stop_worker(workspace)


def test_one_demo_that_cannot_be_removed_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("a", "b", "c"):
        (demos_folder() / name / "workspace").mkdir(parents=True)
        (demos_folder() / name / MARK).touch()
    (demos_folder() / "b" / "workspace" / "registry.db").write_text("no database")
    with pytest.raises(Unreachable, match="1 of 3 demos"):
        remove_demos(None, say=lambda text: None)
    assert [place.name for place in demos_folder().iterdir()] == ["b"]
