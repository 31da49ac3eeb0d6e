"""What a rollback would do, as far as it can be told without moving anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.gates import as_person, write_policy
from registry.registry_values import NOW, add_deployment, add_run, add_version, later

from mltui.domain.deployment import Deployment, DeploymentState, Environment
from mltui.domain.job import JobKind
from mltui.errors import NotFound
from mltui.operations.environments.roll_back import request_rollback
from mltui.operations.environments.rollback_plan import RollbackPlan, rollback_plan
from mltui.registry import deployments, environments, events, jobs
from mltui.workspace import Workspace


def released(workspace: Workspace, *, engine: str = "process", model: str = "", **given: object) -> Deployment:
    """A deployment of a new version whose files are in the store."""
    content = (model or f"model {given.get('live_from')}").encode()
    with workspace.registry.write() as tx:
        version = add_version(
            tx,
            run_id=add_run(tx).id,
            model=workspace.store.put_entries([("model.onnx", content)]),
            smoke=workspace.store.put_entries([("cases.json", b"{}")]),
        )
        return add_deployment(tx, version_id=version.id, engine=engine, **given)


def point_to(workspace: Workspace, deployment: Deployment) -> None:
    with workspace.registry.write() as tx:
        deployments.update(tx, deployment.id, state=DeploymentState.LIVE)
        environments.save(tx, Environment("production", deployment.id))


def history_of_three(workspace: Workspace) -> tuple[Deployment, Deployment, Deployment]:
    """Two good ones behind the live one."""
    write_policy(workspace)
    first = released(workspace, live_from=later(1), is_baked=True, state=DeploymentState.GONE)
    second = released(workspace, live_from=later(2), was_healthy_when_replaced=True, state=DeploymentState.COLD)
    third = released(workspace, live_from=later(3))
    point_to(workspace, third)
    return first, second, third


def plan(workspace: Workspace) -> RollbackPlan:
    return rollback_plan(as_person(workspace, "bob"), "production")


def blob_of(workspace: Workspace, deployment: Deployment) -> Path:
    from mltui.registry import versions

    version = versions.find(workspace.registry.read(), deployment.version_id)
    assert version is not None
    (entry,) = workspace.store.tree(version.model).entries
    return workspace.store.path(entry.sha256)


def test_the_target_is_the_newest_good_one_with_its_files_proven(workspace: Workspace) -> None:
    first, second, third = history_of_three(workspace)
    found = plan(workspace)
    assert found.target is not None
    assert found.current is not None
    assert (found.current.deployment.id, found.target.deployment.id) == (third.id, second.id)
    assert [place.deployment.id for place in found.alternatives] == [first.id]
    assert {proof.subject: proof.is_good for proof in found.target.proofs} == {
        "files": True, "smoke cases": True, "image": None, "server": None,
    }  # fmt: skip
    assert (found.target.is_sound, found.target.readiness, found.problem) == (True, "gone", "")
    assert (found.target.reason, found.alternatives[0].reason) == ("healthy when it was replaced", "finished its bake")
    assert found.target.version is not None
    assert found.target.version.metrics["accuracy"] == 1.0


def test_a_damaged_file_is_a_sentence_and_the_next_good_one_is_taken(workspace: Workspace) -> None:
    first, second, _ = history_of_three(workspace)
    blob = blob_of(workspace, second)
    blob.chmod(0o644)
    blob.write_bytes(b"another model")
    found = plan(workspace)
    assert found.target is not None
    assert found.target.deployment.id == first.id
    (passed_over,) = found.alternatives
    assert not passed_over.is_sound
    assert "damaged" in passed_over.proofs[0].sentence
    assert "model.onnx" in passed_over.proofs[0].sentence


def test_without_a_sound_one_the_plan_says_why(workspace: Workspace) -> None:
    for deployment in history_of_three(workspace)[:2]:
        blob_of(workspace, deployment).unlink()
    found = plan(workspace)
    assert found.target is None
    assert found.problem.startswith("there is nothing to go back to in production: v2: ")
    assert "missing" in found.problem


def test_an_engine_that_does_not_answer_is_a_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_policy(workspace)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    good = released(workspace, engine="docker", live_from=later(1), is_baked=True)
    point_to(workspace, released(workspace, live_from=later(2)))
    found = plan(workspace)
    assert found.target is not None
    assert (found.target.deployment.id, found.target.readiness) == (good.id, "unknown")
    sentences = {proof.subject: proof.sentence for proof in found.target.proofs}
    assert sentences["image"].startswith("engine docker: ")
    assert sentences["server"].startswith("engine docker: ")


def test_each_other_place_says_why_it_is_passed_over_and_whether_it_can_be_named(workspace: Workspace) -> None:
    write_policy(workspace)
    never_good = released(workspace, live_from=later(1))
    withdrawn = released(workspace, live_from=later(2), is_baked=True, withdrawn_reason="wrong answers")
    point_to(workspace, released(workspace, live_from=later(3), is_baked=True))
    found = plan(workspace)
    assert [(each.deployment.id, each.is_good, each.is_nameable) for each in found.alternatives] == [
        (withdrawn.id, False, True), (never_good.id, False, False),
    ]  # fmt: skip
    assert found.alternatives[0].reason == "withdrawn: wrong answers"
    assert [each.proofs for each in found.alternatives] == [(), ()]
    assert found.problem == "there is nothing to go back to in production"


def withdraw(workspace: Workspace) -> Deployment:
    """Rolled back from the one that it answers with."""
    write_policy(workspace)
    old = released(workspace, live_from=later(1), is_baked=True)
    bad = released(workspace, live_from=later(2), withdrawn_reason="wrong answers")
    with workspace.registry.write() as tx:
        restored = add_deployment(
            tx, version_id=old.version_id, engine="process", live_from=later(3), restores_id=old.id
        )
    point_to(workspace, restored)
    return bad


def test_an_undo_puts_back_what_the_last_rollback_withdrew(workspace: Workspace) -> None:
    bad = withdraw(workspace)
    found = plan(workspace)
    assert found.undo is not None
    assert (found.undo.deployment.id, found.undo.is_sound) == (bad.id, True)


def test_an_undo_is_recorded_as_what_it_is(workspace: Workspace) -> None:
    withdraw(workspace)
    request_rollback(as_person(workspace, "bob"), "production", reason="it was right", undo=True)
    told = [str(event) for event in events.list_events(workspace.registry.read(), limit=1, newest_first=True)]
    assert told == ["undo of the rollback of production asked for"]


def test_what_is_under_way_is_told(workspace: Workspace) -> None:
    history_of_three(workspace)
    assert plan(workspace).under_way is None
    with workspace.registry.write() as tx:
        jobs.add(tx, kind=JobKind.STOP, subject="production", payload={}, requested_by="ann", at=NOW)
    found = plan(workspace).under_way
    assert found is not None
    assert (found.kind, found.requested_by) == (JobKind.STOP, "ann")


def test_an_environment_without_a_release_has_no_plan(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="nothing was ever released"):
        plan(workspace)


def test_before_anything_was_live_there_is_no_target(workspace: Workspace) -> None:
    write_policy(workspace)
    with workspace.registry.write() as tx:
        environments.save(tx, Environment("production"))
    found = plan(workspace)
    assert (found.current, found.target, found.problem) == (None, None, "nothing was ever live in production")
