"""Who comes later before a gate where somebody waits for a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from operations.gates import at_gate, write_policy
from operations.small_project import lay_down, under_git
from registry.registry_values import NOW, add_version
from stories.loans import hold_worker_lock

from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.operations.initialise import init_workspace
from mltui.operations.open_release import add_release
from mltui.operations.resume import cancel_release
from mltui.operations.state import require_release
from mltui.registry import events, jobs
from mltui.worker.journal import Journal
from mltui.worker.release_work import ReleaseWork, open_work
from mltui.worker.turns import await_turn
from mltui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """r1 waits for a decision, r2 comes later."""
    made = init_workspace(under_git(lay_down(tmp_path / "project")), folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(made)
    write_policy(made)
    at_gate(made)
    with made.registry.write() as tx:
        add_release(tx, version_id=add_version(tx).id, environment="production", opened_by="ann", actor="ann", at=NOW)
    yield made
    made.close()


def second(workspace: Workspace, on_boundary: Callable[[str], None] = lambda stage: None) -> ReleaseWork:
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject="r2")
    assert job is not None
    return open_work(Journal(workspace, job, on_boundary=on_boundary))


def test_a_newer_release_supersedes_one_that_waits(workspace: Workspace) -> None:
    await_turn(second(workspace))
    assert require_release(workspace, "r1").state is ReleaseState.SUPERSEDED


def test_where_policy_says_so_it_queues_until_the_first_is_over(workspace: Workspace) -> None:
    policy = workspace.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('after = "staging"', 'after = "staging"\nnewer = "queues"'))
    seen = []

    def on_boundary(stage: str) -> None:
        seen.append((stage, require_release(workspace, "r1").state))
        cancel_release(workspace, "r1")

    await_turn(second(workspace, on_boundary))
    assert seen == [("queued", ReleaseState.WAITING_APPROVAL)]
    assert require_release(workspace, "r1").state is ReleaseState.CANCELLED
    (held,) = events.list_events(workspace.registry.read(), kind="DeployHeld")
    assert str(held) == "r2 waits before staging: r1 comes first"
