"""A release whose traffic goes over in steps: it arrives, is taken back by itself, waits for a person, or is ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from stories.dying import die_at, go_on, newest_job
from stories.impostor import impostor_of
from stories.lame import lame
from stories.loans import bring_to_gate, bring_to_production, carry_job, inconclusive, live, roll_back
from stories.pictures import add_version, noise, picture_workspace
from stories.soundness import answer, assert_history, await_that, history, is_in_line, pids_of

from mltui.domain.job import Job, JobKind
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import Refused
from mltui.operations.environments.lock import lock, unlock
from mltui.operations.environments.roll_back import request_stop
from mltui.operations.environments.rollback_plan import rollback_plan
from mltui.operations.releases.continue_release import continue_release
from mltui.operations.releases.decide import approve
from mltui.operations.runs.resume import after_cancelling, cancel_release
from mltui.operations.standing.rollout_progress import progress_of
from mltui.operations.standing.state import release_state, require_release
from mltui.operations.standing.which import which
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.worker.environments.gateways import admin_of
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.loop import carry
from mltui.worker.watch import look_after
from mltui.workspace import Workspace

PICTURE = noise("dark", seed=5)
GAP_SECONDS = 0.004
STEPS = "traffic_steps = [40, 50, 100]\nstep_seconds = 2.0\nleast_requests = 30\n"


@pytest.fixture
def engine() -> str:
    return "process"


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, engine: str) -> Iterator[Workspace]:
    """v1 is in production, v2 is approved for it, and goes there in steps."""
    with picture_workspace(tmp_path_factory, tmp_path, engine=engine) as opened:
        bring_to_production(opened, 1)
        rule(opened, "bake_seconds", f"{STEPS}bake_seconds")
        let_through(opened, add_version(opened, slope=5))
        yield opened


def rule(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.folder / "policy.toml"
    path.write_text(path.read_text().replace(old, new))


def let_through(workspace: Workspace, version_id: int) -> Release:
    release = bring_to_gate(workspace, version_id)
    approve(workspace, version_id, evidence=release.evidence, acknowledged=inconclusive(workspace, release))
    return release


@contextmanager
def asked(workspace: Workspace) -> Iterator[Counter[str]]:
    """Four callers ask production all the time: version, or what was wrong → how often."""
    found, is_over = Counter[str](), threading.Event()
    endpoint = which(workspace, "production").environment.endpoint

    def ask() -> None:
        with PredictionClient.over_tcp(endpoint) as client:
            while not is_over.wait(GAP_SECONDS):
                try:
                    answer = client.predict(PICTURE)
                    said = answer.headers.get("x-mltui-version", "nobody")
                    found[said if answer.status == 200 else f"{answer.status} of {said}"] += 1
                except ServerUnreachable as error:
                    found[str(error)] += 1

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        yield found
    finally:
        is_over.set()
        for caller in callers:
            caller.join()


@contextmanager
def carried(
    workspace: Workspace, name: str, *, on_boundary: Callable[[str], None] = lambda name: None
) -> Iterator[Job]:
    """The release's job in a thread, over at the exit."""
    job = newest_job(workspace, JobKind.RELEASE, name)
    thread = threading.Thread(
        target=lambda: carry(workspace, job, on_boundary=on_boundary, is_stopping=lambda: False), name=name
    )
    thread.start()
    try:
        yield job
    finally:
        thread.join(60)
        assert not thread.is_alive()


def kinds(workspace: Workspace, name: str) -> list[str]:
    return [
        each.kind.removeprefix("Traffic") for each in history(workspace) if each.subject == name and "Step" in each.kind
    ]


def shares(workspace: Workspace) -> list[tuple[int, int]]:
    return [(each.deployment_id, each.percent) for each in which(workspace, "production").environment.shares]


def words(workspace: Workspace, name: str) -> str:
    found = progress_of(release_state(workspace, name).stages)
    return "" if found is None else found[1].words


@pytest.mark.parametrize("engine", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_version_that_is_as_good_gets_more_in_each_step_and_the_old_one_is_live_until_the_last(
    workspace: Workspace,
) -> None:
    seen: list[tuple[str, int | None, list[tuple[int, int]]]] = []

    def look(boundary: str) -> None:
        if boundary in ("step 1 begun", "step 2 begun", "production pointed"):
            seen.append((boundary, live(workspace), shares(workspace)))

    with asked(workspace) as found, carried(workspace, "r2", on_boundary=look):
        pass
    assert require_release(workspace, "r2").state is ReleaseState.SUCCEEDED
    assert seen == [
        ("step 1 begun", 1, [(1, 60), (2, 40)]),
        ("step 2 begun", 1, [(1, 50), (2, 50)]),
        ("production pointed", 1, [(1, 50), (2, 50)]),
    ]
    assert (live(workspace), shares(workspace)) == (2, [])
    assert kinds(workspace, "r2") == ["StepStarted", "StepPassed", "StepStarted", "StepPassed"]
    assert set(found) == {"v1", "v2"}
    assert_history(workspace)


@pytest.mark.parametrize(
    ("how", "why"), [({"fails_each": 3}, "5xx for"), ({"late_seconds": 0.15}, "p95 ")], ids=["failing", "slow"]
)
def test_a_version_that_is_worse_is_taken_back_by_itself_long_before_its_step_is_over(
    workspace: Workspace, how: dict[str, float], why: str
) -> None:
    rule(workspace, "step_seconds = 2.0", "step_seconds = 600.0")
    with ExitStack() as stack:

        def disturb(boundary: str) -> None:
            if boundary == "step 1 begun":
                stack.enter_context(lame(workspace, "d2.1", PICTURE, **how))  # type: ignore[arg-type]
            if boundary == "steps pointed back":
                stack.close()

        with asked(workspace) as found, carried(workspace, "r2", on_boundary=disturb):
            pass
    release = require_release(workspace, "r2")
    assert release.state is ReleaseState.FAILED
    assert f"v2 is worse in production with 40 % of the traffic: {why}" in str(release.failure)
    assert str(release.failure).endswith("v1 answers everything again")
    assert (live(workspace), shares(workspace)) == (1, [])
    assert [each.kind for each in history(workspace)].count("TrafficTakenBack") == 1
    assert found["v1"] > 100
    assert not {said for said in found if "v1" in said} - {"v1"}
    assert_history(workspace)


@pytest.mark.parametrize("is_locked", [False, True], ids=["for a person", "for a lock"])
def test_a_version_that_turns_bad_while_its_step_waits_is_taken_back_by_itself(
    workspace: Workspace, is_locked: bool
) -> None:
    def disturb(boundary: str) -> None:
        if boundary == "step 1 begun" and is_locked:
            lock(workspace, "production", reason="incident 14")
        if boundary == "steps pointed back":
            bad.close()

    with ExitStack() as bad, ExitStack() as callers:
        if is_locked:
            callers.enter_context(asked(workspace))
        else:
            rule(workspace, "step_seconds = 2.0", "step_seconds = 0.5")
        with carried(workspace, "r2", on_boundary=disturb):
            waits = "StepPassed" if is_locked else "StepHeld"
            await_that(lambda: waits in kinds(workspace, "r2"), what="the step waits")
            bad.enter_context(lame(workspace, "d2.1", PICTURE, fails_each=3))
            if not is_locked:
                callers.enter_context(asked(workspace))
            await_that(lambda: require_release(workspace, "r2").state.is_over, what="it is taken back")
    release = require_release(workspace, "r2")
    assert (release.state, live(workspace), shares(workspace)) == (ReleaseState.FAILED, 1, [])
    assert "v2 is worse in production with 40 % of the traffic" in str(release.failure)


def test_too_few_requests_extend_each_step_once_and_the_bake_too_and_then_a_person_is_asked(
    workspace: Workspace,
) -> None:
    rule(workspace, "least_requests = 30", "least_requests = 100000")
    rule(workspace, "step_seconds = 2.0", "step_seconds = 1.0")
    with asked(workspace), carried(workspace, "r2"):
        with pytest.raises(Refused, match="waits for nobody"):
            continue_release(workspace, "r2")
        for step in ("step 1", "step 2", "step 3"):
            await_that(partial(_is_held, workspace, step), what=f"it waits in {step}")
            assert live(workspace) == (2 if step == "step 3" else 1)
            continue_release(workspace, "r2")
    assert require_release(workspace, "r2").state is ReleaseState.SUCCEEDED
    waited = ["StepExtended", "StepHeld", "StepContinued"]
    assert kinds(workspace, "r2") == 2 * ["StepStarted", *waited, "StepPassed"] + waited
    passed = next(each for each in history(workspace) if each.kind == "TrafficStepPassed")
    assert "operator let it go on" in str(passed)


def _is_held(workspace: Workspace, step: str) -> bool:
    said = words(workspace, "r2")
    return said.startswith(step) and "waits for a person" in said and "of 100000 requests" in said


def test_a_bake_compares_with_what_the_old_version_answered_and_ends_early_on_a_breach(workspace: Workspace) -> None:
    rule(workspace, STEPS, "")
    with ExitStack() as stack:

        def disturb(boundary: str) -> None:
            if boundary == "bake started":
                stack.enter_context(lame(workspace, "d2.1", PICTURE, fails_each=3))
            if boundary == "production pointed back":
                stack.close()

        rule(workspace, "bake_seconds = 0.5", "bake_seconds = 600.0")
        with asked(workspace) as found, carried(workspace, "r2", on_boundary=disturb):
            pass
    release = require_release(workspace, "r2")
    assert (release.state, live(workspace)) == (ReleaseState.FAILED, 1)
    assert "v2 fails in production: 5xx for" in str(release.failure)
    assert found["v1"] > 50
    rule(workspace, "bake_seconds = 600.0", "bake_seconds = 0.2")
    let_through(workspace, add_version(workspace, slope=6))
    with carried(workspace, "r3"):
        pass
    (bake,) = (each for each in release_state(workspace, "r3").stages if each.name == "bake")
    assert (bake.state, bake.data["comparison"]["sentence"]) == (WorkState.SUCCEEDED, "0 of 50 requests")


def test_a_rollback_ends_the_steps_and_goes_no_further_back(workspace: Workspace) -> None:
    rule(workspace, "step_seconds = 2.0", "step_seconds = 0.5")
    with carried(workspace, "r2"):
        await_that(lambda: "waits for a person" in words(workspace, "r2"), what="it waits")
        plan = rollback_plan(workspace, "production")
        assert plan.current is not None
        assert plan.target is not None
        assert (plan.current.deployment.version_id, plan.target.deployment.version_id) == (2, 1)
        job = roll_back(workspace, leaving=plan.current.deployment.id)
    assert (job.state, job.result["restored"]["version"]) == (WorkState.SUCCEEDED, "v1")
    release = require_release(workspace, "r2")
    assert (release.state, shares(workspace), live(workspace)) == (ReleaseState.ROLLED_BACK, [], 1)
    assert_history(workspace)


def test_a_stop_ends_the_steps_and_a_lock_holds_them(workspace: Workspace) -> None:
    rule(workspace, "step_seconds = 2.0", "step_seconds = 0.5")
    lock(workspace, "production", reason="incident 14")
    with carried(workspace, "r2"):
        await_that(lambda: "DeployHeld" in [each.kind for each in history(workspace)], what="the lock holds it")
        unlock(workspace, "production")
        await_that(lambda: "waits for a person" in words(workspace, "r2"), what="it waits")
        lock(workspace, "production", reason="incident 15")
        continue_release(workspace, "r2")
        await_that(lambda: "StepPassed" in kinds(workspace, "r2"), what="the first step is over")
        assert (live(workspace), shares(workspace)) == (1, [(1, 60), (2, 40)])
        request_stop(workspace, "production", reason="incident 15")
        assert carry_job(workspace, JobKind.STOP, "production").state is WorkState.SUCCEEDED
    assert require_release(workspace, "r2").state is ReleaseState.CANCELLED
    assert kinds(workspace, "r2").count("StepStarted") == 1
    assert (shares(workspace), answer(workspace)) == ([], "status 503")


def test_what_ends_a_release_gives_the_old_version_everything_again(workspace: Workspace) -> None:
    rule(workspace, "step_seconds = 2.0", "step_seconds = 0.5")
    with carried(workspace, "r2"):
        await_that(lambda: "waits for a person" in words(workspace, "r2"), what="it waits")
        told = after_cancelling(workspace, require_release(workspace, "r2"))
        assert told == "v1 gets all the traffic of production again"
        cancel_release(workspace, "r2")
    release = require_release(workspace, "r2")
    assert (release.state, shares(workspace), live(workspace)) == (ReleaseState.CANCELLED, [], 1)
    assert "v1 answers everything again" in str(release.failure)


def test_a_version_that_is_taken_back_loses_its_part_also_when_the_old_one_is_not_up_just_then(
    workspace: Workspace,
) -> None:
    rule(workspace, "step_seconds = 2.0", "step_seconds = 0.5")
    shim, program = pids_of(workspace, "d1.1")
    with carried(workspace, "r2"):
        await_that(lambda: "waits for a person" in words(workspace, "r2"), what="it waits")
        os.kill(shim, signal.SIGSTOP)
        os.kill(program, signal.SIGKILL)
        await_that(lambda: not _is_up(workspace, "d1.1"), what="the gateway sees it down")
        cancel_release(workspace, "r2")
    release = require_release(workspace, "r2")
    assert (release.state, shares(workspace)) == (ReleaseState.CANCELLED, [])
    assert "v1 answers everything again as soon as that can be" in str(release.failure)
    os.kill(shim, signal.SIGCONT)
    await_that(lambda: _comes_in_line(workspace), what="the watch moves the weights")
    assert live(workspace) == 1


def _is_up(workspace: Workspace, server: str) -> bool:
    return any(each.name == server and each.is_up for each in admin_of(workspace, "production").servers())


def _comes_in_line(workspace: Workspace) -> bool:
    look_after(place_for_emergency(workspace, "production"))
    return is_in_line(workspace, "production")


def test_the_steps_start_an_old_server_again_that_has_ended_meanwhile(workspace: Workspace) -> None:
    die_at(workspace, JobKind.RELEASE, "r2", "steps")
    for pid in pids_of(workspace, "d1.1"):
        os.kill(pid, signal.SIGKILL)
    await_that(lambda: not _is_up(workspace, "d1.1"), what="the gateway sees it down")
    die_at(workspace, JobKind.RELEASE, "r2", "step 1 begun")
    assert _is_up(workspace, "d1.1")


def test_a_version_that_was_judged_is_taken_back_although_it_answers_rightly_by_then(workspace: Workspace) -> None:
    with ThreadPoolExecutor() as worker:
        dying = worker.submit(die_at, workspace, JobKind.RELEASE, "r2", "steps to be taken back")
        await_that(lambda: kinds(workspace, "r2") == ["StepStarted"], what="the first step has begun")
        with impostor_of(workspace, "d2.1"):
            dying.result()
    assert go_on(workspace, JobKind.RELEASE, "r2").state is WorkState.FAILED
    assert (live(workspace), shares(workspace)) == (1, [])
    assert_history(workspace)


def test_a_worker_that_dies_in_a_step_is_followed_by_one_that_goes_on_in_it(workspace: Workspace) -> None:
    with asked(workspace) as found:
        for boundary in ("step 1 pointed", "step 2 begun", "production pointed"):
            die_at(workspace, JobKind.RELEASE, "r2", boundary)
            assert live(workspace) == 1
        began = time.monotonic()
        assert go_on(workspace, JobKind.RELEASE, "r2").state is WorkState.SUCCEEDED
        assert time.monotonic() - began < 60
    assert kinds(workspace, "r2").count("StepStarted") == 2
    assert (live(workspace), set(found)) == (2, {"v1", "v2"})
    assert_history(workspace)
