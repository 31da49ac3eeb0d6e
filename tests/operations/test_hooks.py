"""Hooks ask for a run and return at once, and touch nothing that is another's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import commit, git, lay_down, under_git
from stories.loans import hold_worker_lock

from mltui.domain.run import Run
from mltui.errors import NotFound, Refused
from mltui.operations.runs.hook import forget_workspace, hook_script, install_hooks, remove_hooks
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import runs
from mltui.workspace import Workspace, locate

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


def commit_in(folder: Path, message: str) -> str:
    """With a file of that folder in it."""
    (folder / "stock").write_text(message)
    return commit(folder, message)


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
    removed = {path.name for path in remove_hooks(project)}
    assert removed == {
        f"{each}{name}" for each in ("", f"{workspace.uuid}.") for name in ("post-commit", "post-receive")
    }
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


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with the projects `fruit` and `more/vegetables`, and a README."""
    top = tmp_path / "shop"
    for place in ("fruit", "more/vegetables"):
        lay_down(top / place, name=place.rpartition("/")[2])
    (top / "README").write_text("two")
    return under_git(top)


def tended(project: Path, folder: Path) -> Workspace:
    made = init_workspace(project, folder=folder, engine="process")
    hold_worker_lock(made)
    return made


def test_two_projects_of_a_repository_have_a_pointer_and_a_hook_each(shop: Path, tmp_path: Path) -> None:
    places = {"fruit": shop / "fruit", "vegetables": shop / "more" / "vegetables"}
    made = {name: tended(place, tmp_path / f"of-{name}") for name, place in places.items()}
    for name, workspace in made.items():
        (places[name] / "deep").mkdir()
        assert locate(None, directory=places[name]) == locate(None, directory=places[name] / "deep") == workspace.folder
        install_hooks(workspace, places[name])
    with pytest.raises(NotFound):
        locate(None, directory=shop)

    def asked(sha: str, *names: str) -> None:
        for name in names:
            assert run_of(made[name], sha).commit == sha

    asked(commit_in(places["fruit"], "Apples"), "fruit")
    asked(commit_in(shop, "Nobody's"))
    asked(commit_in(places["vegetables"], "Leek"), "vegetables")
    for place in places.values():
        (place / "both").write_text("both")
    asked(commit(shop, "Both"), "fruit", "vegetables")
    messages = {
        name: sorted(run.message for run in runs.list_runs(each.registry.read())) for name, each in made.items()
    }
    assert messages == {"fruit": ["Apples", "Both"], "vegetables": ["Both", "Leek"]}

    forget_workspace(places["fruit"], made["fruit"].folder)
    with pytest.raises(NotFound):
        remove_hooks(places["fruit"])
    assert locate(None, directory=places["vegetables"]) == made["vegetables"].folder
    (places["vegetables"] / "last").write_text("last")
    asked(commit(shop, "Last"), "vegetables")
    remove_hooks(places["vegetables"])
    assert not (shop / ".git" / "hooks" / "post-commit").exists()
    for workspace in made.values():
        workspace.close()


def test_a_push_asks_for_the_projects_whose_files_it_touches(shop: Path, tmp_path: Path) -> None:
    bare = tmp_path / "shop.git"
    subprocess.run(["git", "clone", "-q", "--bare", shop, bare], check=True, timeout=60)
    git(shop, "remote", "add", "origin", str(bare))
    made = {name: tended(shop / place, tmp_path / name) for name, place in (("a", "fruit"), ("b", "more/vegetables"))}
    for workspace in made.values():
        install_hooks(workspace, bare)
    commit_in(shop / "more" / "vegetables", "Leek")
    pushed = commit_in(shop, "Nobody's")
    git(shop, "push", "-q", "origin", "main")
    assert run_of(made["b"], pushed).message == "Nobody's"
    touched = commit_in(shop / "fruit", "Apples")
    git(shop, "push", "-q", "origin", "main")
    assert run_of(made["a"], touched).commit == touched
    assert [len(runs.list_runs(each.registry.read())) for each in made.values()] == [1, 1]
    for workspace in made.values():
        workspace.close()


def test_places_with_blanks_and_quotes_are_quoted(tmp_path: Path) -> None:
    place = tmp_path / "it's here"
    place.mkdir()
    text = hook_script("post-commit", workspace=place, project=place, python=sys.executable)
    assert subprocess.run(["sh", "-n"], input=text, text=True, timeout=60).returncode == 0
    assert text.count("""'"'"'""") == 3
