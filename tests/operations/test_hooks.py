"""Hooks ask for a run and return at once, and touch nothing that is another's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import commit, git

from mltui.domain.run import Run
from mltui.errors import NotFound, Refused
from mltui.operations.hook import hook_script, install_hooks, remove_hooks
from mltui.registry import runs
from mltui.workspace import Workspace

APPEAR_SECONDS = 60.0


def run_of(workspace: Workspace, sha: str) -> Run:
    """Waits for the run that a hook asks for in a process of its own."""
    deadline = time.monotonic() + APPEAR_SECONDS
    while time.monotonic() < deadline:
        found = [run for run in runs.list_runs(workspace.registry.read()) if run.commit == sha]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no run of {sha}: {(workspace.folder / 'hook.log').read_text()}")


@pytest.fixture
def bare(project: Path, tmp_path: Path) -> Path:
    """Where the project's clone pushes to."""
    place = tmp_path / "project.git"
    subprocess.run(["git", "clone", "-q", "--bare", project, place], check=True, timeout=60)
    git(project, "remote", "add", "origin", str(place))
    return place


@pytest.fixture
def asked(workspace: Workspace, bare: Path, tmp_path: Path) -> Iterator[Path]:
    """File with a line for each time that the bare repository's hook asks; who asks ends only when it is let go."""
    calls, program = tmp_path / "calls", tmp_path / "python"
    waiting = f"while [ ! -e {tmp_path / 'go'} ]; do sleep 0.05; done"
    program.write_text(f'#!/bin/sh\nfor word; do last=$word; done\necho "$last" >> {calls}\n{waiting}\n')
    program.chmod(0o755)
    hook = bare / "hooks" / "post-receive"
    hook.write_text(hook_script(hook.name, workspace=workspace.folder, project=bare, python=str(program)))
    hook.chmod(0o755)
    yield calls
    (tmp_path / "go").touch()


def lines(path: Path, count: int) -> list[str]:
    deadline = time.monotonic() + APPEAR_SECONDS
    while time.monotonic() < deadline:
        found = path.read_text().split() if path.exists() else []
        if len(found) >= count:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{count} calls were awaited")


def test_a_commit_asks_for_its_run(workspace: Workspace, project: Path) -> None:
    install_hooks(workspace, project)
    (project / "json.py").write_text("raise SystemExit('a module of the project')")
    (project / "mltui").mkdir()
    (project / "mltui" / "__init__.py").write_text("raise SystemExit('a package of the project')")
    run = run_of(workspace, commit(project, "By the hook"))
    assert (run.message, run.branch) == ("By the hook", "main")


def test_a_push_to_a_bare_repository_asks_for_a_run_of_the_pushed_commit(
    workspace: Workspace, project: Path, bare: Path
) -> None:
    assert [path.name for path in install_hooks(workspace, bare)] == ["post-receive"]
    git(project, "switch", "-q", "-c", "night")
    pushed = commit(project, "Pushed")
    git(project, "push", "-q", "origin", "night")
    assert run_of(workspace, pushed).branch == "night"


def test_a_push_does_not_wait_for_what_it_asks_for(project: Path, asked: Path) -> None:
    pushed = commit(project, "Pushed")
    git(project, "push", "-q", "origin", "main")
    assert lines(asked, 1) == [pushed]


def test_only_branches_that_come_or_move_ask_for_a_run(project: Path, asked: Path) -> None:
    first = commit(project, "First")
    git(project, "push", "-q", "origin", "main", "main:night")
    git(project, "tag", "v1")
    git(project, "push", "-q", "origin", "v1")
    git(project, "push", "-q", "origin", ":night")
    second = commit(project, "Second")
    git(project, "push", "-q", "origin", "main")
    assert sorted(lines(asked, 3)) == sorted([first, first, second])


def test_a_foreign_hook_is_left_alone(workspace: Workspace, project: Path) -> None:
    foreign = project / ".git" / "hooks" / "post-commit"
    foreign.write_text("#!/bin/sh\necho mine\n")
    with pytest.raises(Refused, match="post-commit"):
        install_hooks(workspace, project)
    with pytest.raises(NotFound):
        remove_hooks(project)
    assert foreign.read_text() == "#!/bin/sh\necho mine\n"
    assert not (project / ".git" / "hooks" / "post-receive").exists()


def test_hooks_that_git_takes_from_elsewhere_are_left_alone(
    workspace: Workspace, project: Path, tmp_path: Path
) -> None:
    git(project, "config", "core.hooksPath", str(tmp_path / "of-all-projects"))
    with pytest.raises(Refused, match="of-all-projects"):
        install_hooks(workspace, project)


def test_hooks_are_taken_away_again_and_others_stay(workspace: Workspace, project: Path) -> None:
    install_hooks(workspace, project)
    install_hooks(workspace, project)
    other = project / ".git" / "hooks" / "pre-push"
    other.write_text("#!/bin/sh\n")
    assert {path.name for path in remove_hooks(project)} == {"post-commit", "post-receive"}
    assert other.exists()
    with pytest.raises(NotFound):
        remove_hooks(project)


def test_a_hook_whose_project_is_gone_keeps_nobody_from_committing(workspace: Workspace, project: Path) -> None:
    install_hooks(workspace, project)
    hook = project / ".git" / "hooks" / "post-commit"
    shutil.move(project, project.with_name("moved"))
    moved = project.with_name("moved") / hook.relative_to(project)
    answer = subprocess.run([moved], capture_output=True, timeout=60)
    assert answer.returncode == 0


def test_places_with_blanks_and_quotes_are_quoted(tmp_path: Path) -> None:
    place = tmp_path / "it's here"
    place.mkdir()
    text = hook_script("post-commit", workspace=place, project=place, python=sys.executable)
    assert subprocess.run(["sh", "-n"], input=text, text=True, timeout=60).returncode == 0
    assert text.count("""'"'"'""") == 3
