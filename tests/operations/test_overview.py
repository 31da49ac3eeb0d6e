"""The snapshot of the first screen: what answers and how it does, what waits for whom, what runs."""

from __future__ import annotations

from datetime import timedelta

from operations.gates import NOW, as_person, at_gate, write_policy
from registry.registry_values import add_deployment, add_release, add_run, later

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.release import Approval, ReleaseState, Stage
from mltui.domain.run import StepAttempt, WorkState
from mltui.operations.standing.environment_health import EnvironmentHealth
from mltui.operations.standing.overview import overview
from mltui.processes import start_ticks
from mltui.registry import approvals, deployments, environments, events, releases, stages, steps, worker
from mltui.workspace import Workspace


def production(workspace: Workspace) -> EnvironmentHealth:
    return overview(as_person(workspace, "bob")).environments[0]


def go_live(workspace: Workspace, **given: object) -> int:
    """Id of the deployment that answers in production."""
    with workspace.registry.write() as tx:
        live = add_deployment(tx)
        deployments.update(tx, live.id, state=DeploymentState.LIVE, live_from=NOW)
        environments.save(tx, Environment("production", live.id, endpoint="127.0.0.1:8501", **given))  # type: ignore[arg-type]
    return live.id


def test_an_empty_workspace_has_the_environments_of_its_policy_and_nothing_in_them(workspace: Workspace) -> None:
    write_policy(workspace)
    found = overview(as_person(workspace, "bob"))
    assert [(each.name, each.health, each.after) for each in found.environments] == [
        ("production", "empty", "staging"), ("staging", "empty", None),
    ]  # fmt: skip
    assert (found.waiting, found.running, found.releasing, found.latest_version) == ((), (), (), None)
    assert (found.engine, found.project, found.worker.is_alive) == ("process", "loans", False)
    assert found.oldest_waiting is None


def test_a_policy_that_cannot_be_read_is_a_sentence_and_gives_nobody_a_role(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    go_live(workspace)
    (workspace.folder / "policy.toml").write_text("engine = 7")
    found = overview(as_person(workspace, "bob"))
    assert found.engine is None
    assert found.policy_problem
    assert (found.roles, found.person) == ((), "unknown")
    assert [each.health for each in found.environments] == ["unproven"]
    (waiting,) = found.waiting
    assert (waiting.may_approve, waiting.may_reject, waiting.why_not) == (False, False, "the policy cannot be read")


def test_production_is_ill_since_its_smoke_began_to_fail(workspace: Workspace) -> None:
    write_policy(workspace)
    go_live(workspace, smoked_at=NOW - timedelta(seconds=30), is_smoke_green=False, smoke_failure="4 of 8 right")
    with workspace.registry.write() as tx:
        for kind, seconds in (("SmokeFailed", -900), ("SmokeRecovered", -800), ("SmokeFailed", -400)):
            data = {"environment": "production", "reason": "4 of 8 right"}
            events.append(tx, kind, "production", data, actor="worker", at=later(seconds))
    found = production(workspace)
    assert (found.health, found.smoke_failure, found.ill_since) == ("red", "4 of 8 right", later(-400))
    assert not found.is_smoke_late
    assert found.version is not None
    assert found.version.metrics["accuracy"] == 1.0


def test_a_smoke_is_late_after_three_times_its_interval(workspace: Workspace) -> None:
    write_policy(workspace)
    go_live(workspace, smoked_at=NOW - timedelta(seconds=181), is_smoke_green=True)
    found = production(workspace)
    assert (found.health, found.is_smoke_late, found.ill_since) == ("green", True, None)


def test_a_stopped_environment_answers_with_nothing_and_says_since_when(workspace: Workspace) -> None:
    write_policy(workspace)
    live = go_live(workspace, is_stopped=True, is_smoke_green=False)
    with workspace.registry.write() as tx:
        data = {"environment": "production", "reason": ""}
        events.append(tx, "EnvironmentStopped", "production", data, actor="ann", at=later(-60))
    found = production(workspace)
    assert (found.health, found.live, found.stopped_at, found.smoke_failure) == ("stopped", None, later(-60), "")
    assert found.last is not None
    assert [(each.deployment_id, each.percent) for each in found.weights] == [(live, 0)]


def test_the_live_server_has_all_the_weight_and_the_warm_ones_none(workspace: Workspace) -> None:
    write_policy(workspace)
    with workspace.registry.write() as tx:
        warm = add_deployment(tx, state=DeploymentState.WARM)
        add_deployment(tx, state=DeploymentState.COLD)
    live = go_live(workspace)
    assert [(each.deployment_id, each.percent) for each in production(workspace).weights] == [(live, 100), (warm.id, 0)]


def test_who_may_decide_on_what_waits_and_who_may_not_is_told_why(workspace: Workspace) -> None:
    write_policy(workspace, required=2)
    release = at_gate(workspace)
    bob = overview(as_person(workspace, "bob"))
    assert bob.oldest_waiting is not None
    assert (bob.oldest_waiting.release.id, bob.oldest_waiting.missing, bob.oldest_waiting.since) == (release.id, 2, NOW)
    assert bob.oldest_waiting.expires_at == NOW + timedelta(hours=72)
    assert bob.waiting_for_actor == bob.waiting
    assert [(role.environment, role.may_approve) for role in bob.roles] == [("staging", False), ("production", True)]
    ann, dan, eve = (overview(as_person(workspace, login)) for login in ("ann", "dan", "eve"))
    assert "asked for the run" in ann.waiting[0].why_not
    assert ann.waiting[0].may_reject
    assert "dan is no approver" in dan.waiting[0].why_not
    assert not dan.waiting[0].may_reject
    assert dan.waiting_for_actor == ()
    assert "ann, bob, cat" in dan.roles[1].why_not
    assert "the login eve" in eve.roles[1].why_not


def test_who_has_approved_already_is_not_asked_again(workspace: Workspace) -> None:
    write_policy(workspace, required=2)
    release = at_gate(workspace)
    with workspace.registry.write() as tx:
        made = Approval(
            release_id=release.id, person="bob", login="bob", decision="approved", comment="", at=NOW,
            version_id=1, package=release.package, gate=release.gate, data="", evidence=release.evidence,
        )  # fmt: skip
        approvals.add(tx, made)
    (waiting,) = overview(as_person(workspace, "bob")).waiting
    assert "approved it already" in waiting.why_not
    assert waiting.missing == 1


def test_the_longest_waiting_release_comes_first_and_all_are_counted(workspace: Workspace) -> None:
    write_policy(workspace)
    with workspace.registry.write() as tx:
        for seconds in (-10, -300, *range(-200, -170)):
            add_release(tx, state=ReleaseState.WAITING_APPROVAL, waiting_since=later(seconds))
    found = overview(as_person(workspace, "bob"))
    assert found.oldest_waiting is not None
    assert found.oldest_waiting.since == later(-300)
    assert (found.waiting_in_all, len(found.waiting)) == (32, 20)


def test_what_runs_is_shown_with_the_step_and_the_stage_it_is_at(workspace: Workspace) -> None:
    write_policy(workspace)
    with workspace.registry.write() as tx:
        run = add_run(tx, state=WorkState.RUNNING, started_at=NOW)
        add_run(tx)
        steps.save(tx, StepAttempt(run.id, "prepare", 1, WorkState.SUCCEEDED, started_at=later(1)))
        steps.save(tx, StepAttempt(run.id, "train", 1, WorkState.RUNNING, started_at=later(2)))
        release = add_release(tx)
        stages.save(tx, Stage(release.id, "package", WorkState.SUCCEEDED, later(1), later(2)))
        stages.save(tx, Stage(release.id, "profile", WorkState.RUNNING, later(3)))
    found = overview(as_person(workspace, "bob"))
    assert [(each.run.id, each.step and each.step.step) for each in found.running] == [(run.id, "train")]
    assert found.queued == 1
    assert [(each.release.id, each.stage and each.stage.name) for each in found.releasing] == [(release.id, "profile")]
    with workspace.registry.write() as tx:
        releases.update(tx, release.id, state=ReleaseState.CANCELLED)
    assert overview(as_person(workspace, "bob")).releasing == ()


def test_a_worker_is_alive_while_its_process_is_there_and_was_heard_of_lately(workspace: Workspace) -> None:
    import os

    write_policy(workspace)
    for seconds, ticks, is_alive in ((-5, start_ticks(os.getpid()), True), (-21, start_ticks(os.getpid()), False),
                                     (-5, 1, False)):  # fmt: skip
        with workspace.registry.write() as tx:
            worker.beat(tx, pid=os.getpid(), start_ticks=ticks, build="1", host="here", at=later(seconds))
        found = overview(as_person(workspace, "bob")).worker
        assert found.is_alive is is_alive
        assert found.beat is not None
        assert found.beat.at == later(seconds)
