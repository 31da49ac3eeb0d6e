"""What every engine keeps, the recording one included."""

from __future__ import annotations

import itertools
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from engine_harness import OUT, Harness, program, until

from mltui.engines.base import IMAGE_MISSING, LABEL_WORKSPACE, ImageRecipe, Mount, State
from mltui.errors import Conflict, NotFound, WorkFailed

WAIT_SECONDS = 30


def test_an_exit_code_is_reported_as_it_was(harness: Harness) -> None:
    for code in (0, 3):
        spec = harness.spec(program(exit=code))
        harness.engine.start(spec)
        status = harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
        assert (status.state, status.exit_code, status.has_succeeded) == (State.EXITED, code, code == 0)


def test_a_death_by_signal_is_128_and_the_signal(harness: Harness) -> None:
    spec = harness.spec(program(kill=int(signal.SIGKILL)))
    harness.engine.start(spec)
    assert harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code == 137


def test_a_status_names_container_image_and_labels(harness: Harness) -> None:
    spec = harness.spec()
    status = harness.engine.start(spec)
    assert status.container_id
    assert status.image_id == harness.image
    assert spec.labels.items() <= status.labels.items()


def test_while_it_runs_there_is_no_exit_code(harness: Harness) -> None:
    spec = harness.spec(program(waits=True))
    assert harness.engine.start(spec).state is State.RUNNING
    status = harness.engine.wait(spec.name, timeout_seconds=0.2)
    assert (status.state, status.exit_code, status.has_succeeded) == (State.RUNNING, None, False)


def test_stop_ends_a_program_with_sigterm(harness: Harness) -> None:
    spec = harness.spec(program(waits=True, say=[["stdout", "up"]]))
    harness.engine.start(spec)
    next(harness.engine.logs(spec.name))
    status = harness.engine.stop(spec.name, timeout_seconds=20)
    assert (status.state, status.exit_code) == (State.EXITED, 143)


def test_stop_kills_what_does_not_listen(harness: Harness) -> None:
    spec = harness.spec(program(waits=True, ignores_term=True, say=[["stdout", "deaf"]]))
    harness.engine.start(spec)
    next(harness.engine.logs(spec.name))
    status = harness.engine.stop(spec.name, timeout_seconds=1)
    assert (status.state, status.exit_code) == (State.EXITED, 137)


def test_stop_does_nothing_to_what_has_ended_or_is_not_there(harness: Harness) -> None:
    spec = harness.spec(program(exit=3))
    harness.engine.start(spec)
    harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    assert harness.engine.stop(spec.name).exit_code == 3
    assert harness.engine.stop("mltui-test-nowhere").state is State.ABSENT


@pytest.mark.parametrize("waits", [True, False])
def test_a_second_start_takes_up_the_first_container(harness: Harness, waits: bool) -> None:
    spec = harness.spec(program(append=f"{OUT}/starts", waits=waits, exit=5))
    first = harness.engine.start(spec)
    until(lambda: harness.starts == 1)
    if not waits:
        harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    second = harness.reopen().start(spec)
    assert second.container_id == first.container_id
    assert (second.state, second.exit_code) == ((State.RUNNING, None) if waits else (State.EXITED, 5))
    assert harness.starts == 1


def test_of_many_starters_exactly_one_starts(harness: Harness) -> None:
    spec = harness.spec(program(append=f"{OUT}/starts", waits=True))
    with ThreadPoolExecutor(4) as pool:
        engines = [harness.engine, harness.engine, harness.reopen(), harness.reopen()]
        statuses = list(pool.map(lambda engine: engine.start(spec), engines))
    assert len({status.container_id for status in statuses}) == 1
    until(lambda: harness.starts == 1)
    harness.engine.stop(spec.name, timeout_seconds=5)
    assert harness.starts == 1


def test_a_container_of_another_workspace_is_not_taken_up(harness: Harness) -> None:
    spec = harness.spec(program(waits=True))
    harness.engine.start(spec)
    with pytest.raises(Conflict):
        harness.engine.start(replace(spec, labels={LABEL_WORKSPACE: "another"}))
    assert harness.engine.status(spec.name).state is State.RUNNING


def test_log_lines_bear_their_stream_and_times_that_increase(harness: Harness) -> None:
    said = [["stdout", "one"], ["stderr", "two"], ["stdout", ""], ["stdout", "three \u2713"]]
    spec = harness.spec(program(say=said))
    harness.engine.start(spec)
    lines = list(harness.engine.logs(spec.name))
    for stream in ("stdout", "stderr"):
        assert [line.text for line in lines if line.stream == stream] == [text for name, text in said if name == stream]
    assert all(before.nanoseconds < after.nanoseconds for before, after in itertools.pairwise(lines))


def test_each_log_line_comes_once_across_a_second_reader(harness: Harness) -> None:
    said = [["stdout", f"line {number}"] for number in range(400)]
    spec = harness.spec(program(say=said))
    harness.engine.start(spec)
    first = list(itertools.islice(harness.engine.logs(spec.name), 150))
    rest = list(harness.reopen().logs(spec.name, after_nanoseconds=first[-1].nanoseconds))
    assert [line.text for line in first + rest] == [text for _, text in said]


def test_a_container_that_has_ended_can_be_started_again(harness: Harness) -> None:
    spec = harness.spec(program(append=f"{OUT}/starts", say=[["stdout", "hello"]], exit=4))
    harness.engine.start(spec)
    harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    first = list(harness.engine.logs(spec.name))
    harness.reopen().restart(spec.name)
    assert harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code == 4
    assert harness.starts == 2
    again = list(harness.engine.logs(spec.name, after_nanoseconds=first[-1].nanoseconds))
    assert [line.text for line in again] == ["hello"]


def test_what_is_not_there_cannot_be_started_again_read_or_given_a_policy(harness: Harness) -> None:
    name = "mltui-test-nowhere"
    for act in (
        lambda: harness.engine.restart(name),
        lambda: next(harness.engine.logs(name)),
        lambda: harness.engine.set_restart_policy(name, "no"),
    ):
        with pytest.raises(NotFound):
            act()
    assert harness.engine.status(name).state is State.ABSENT


def test_under_always_a_program_that_died_runs_again_until_the_policy_ends_it(harness: Harness) -> None:
    spec = harness.spec(program(append=f"{OUT}/starts", exit=6), restart="always")
    harness.engine.start(spec)

    def has_run_thrice() -> bool:
        assert harness.engine.status(spec.name).state is State.RUNNING
        return harness.starts >= 3

    until(has_run_thrice)
    harness.engine.set_restart_policy(spec.name, "no")
    assert harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code == 6


def test_stop_ends_a_program_under_always_for_good(harness: Harness) -> None:
    spec = harness.spec(program(append=f"{OUT}/starts", waits=True), restart="always")
    harness.engine.start(spec)
    until(lambda: harness.starts == 1)
    assert harness.engine.stop(spec.name, timeout_seconds=20).state is State.EXITED
    assert harness.engine.wait(spec.name, timeout_seconds=0.5).state is State.EXITED
    assert harness.starts == 1


def test_containers_are_found_by_all_of_their_labels(harness: Harness) -> None:
    mine = {LABEL_WORKSPACE: harness.workspace}
    training = harness.spec(labels={**mine, "mltui.step": "train"})
    evaluating = harness.spec(labels={**mine, "mltui.step": "evaluate"})
    for spec in (training, evaluating):
        harness.engine.start(spec)
    found = harness.reopen().list
    assert {status.name for status in found(mine)} == {training.name, evaluating.name}
    assert [status.name for status in found({**mine, "mltui.step": "train"})] == [training.name]
    assert found({**mine, "mltui.step": "export"}) == []


@pytest.mark.parametrize("waits", [True, False])
def test_what_is_removed_is_absent_and_may_be_removed_again(harness: Harness, waits: bool) -> None:
    spec = harness.spec(program(waits=waits))
    harness.engine.start(spec)
    for _ in range(2):
        harness.engine.remove(spec.name)
    assert harness.engine.status(spec.name).state is State.ABSENT
    assert harness.engine.list(spec.labels) == []


def test_a_missing_image_has_a_code_of_its_own_and_leaves_nothing(harness: Harness) -> None:
    spec = harness.spec(image="sha256:" + "0" * 64)
    with pytest.raises(WorkFailed) as failure:
        harness.engine.start(spec)
    assert failure.value.code == IMAGE_MISSING
    assert not harness.engine.has_image(spec.image)
    assert harness.engine.status(spec.name).state is State.ABSENT


def test_a_program_that_is_not_there_fails_the_start_or_ends_with_127(harness: Harness) -> None:
    spec = harness.spec(("no-such-program-anywhere",))
    try:
        harness.engine.start(spec)
    except WorkFailed:
        assert harness.engine.status(spec.name).state is State.ABSENT
    else:
        assert harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code == 127


def test_a_mount_without_a_source_fails_the_start(harness: Harness, tmp_path: Path) -> None:
    spec = harness.spec(mounts=(Mount(tmp_path / "missing", OUT),))
    with pytest.raises(WorkFailed, match="missing"):
        harness.engine.start(spec)
    assert harness.engine.status(spec.name).state is State.ABSENT


def test_an_image_is_found_by_what_it_is_made_of(harness: Harness, tmp_path: Path) -> None:
    recipe = harness.recipe
    again = replace(recipe, name="mltui/other", owner="other")
    assert harness.engine.find_image(again) == harness.image
    assert harness.engine.build(recipe, on_line=lambda line: pytest.fail("it was built again")) == harness.image
    assert harness.engine.has_image(harness.image)
    (tmp_path / "changed").write_text("changed")
    for other in (
        replace(recipe, files={"nonce": tmp_path / "changed"}),
        replace(recipe, dockerfile=recipe.dockerfile + "ENV A=1\n"),
        replace(recipe, build_args={"A": "1"}),
    ):
        assert harness.engine.image_key(other) != harness.engine.image_key(recipe)
        assert harness.engine.find_image(other) is None


def test_an_image_is_gone_when_nobody_uses_it_and_its_owner_gives_it_up(harness: Harness, tmp_path: Path) -> None:
    owner = uuid.uuid4().hex
    images = {}
    for name in ("idle", "used"):
        (tmp_path / name).write_text(uuid.uuid4().hex)
        recipe = ImageRecipe(f"mltui/{name}", harness.recipe.dockerfile, {"nonce": tmp_path / name}, owner=owner)
        images[name] = harness.engine.build(recipe, on_line=lambda line: None)
    spec = harness.spec(image=images["used"])
    harness.engine.start(spec)
    harness.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    assert harness.engine.give_up_images("nobody-else") == []
    assert harness.engine.give_up_images(owner, only=()) == []
    listed = {each.id: each.owners for each in harness.engine.images() if owner in each.owners}
    assert listed in ({}, dict.fromkeys(images.values(), frozenset({owner})))
    assert harness.engine.give_up_images(owner, only={images["idle"]}) == [images["idle"]]
    assert harness.engine.give_up_images(owner) == []
    assert not harness.engine.has_image(images["idle"])
    harness.engine.remove(spec.name)
    assert harness.engine.give_up_images(owner) == [images["used"]]


def test_an_image_that_two_need_stays_until_the_second_gives_it_up(harness: Harness, tmp_path: Path) -> None:
    (tmp_path / "shared").write_text(uuid.uuid4().hex)
    owners = [uuid.uuid4().hex for _ in range(2)]
    recipes = [replace(harness.recipe, files={"nonce": tmp_path / "shared"}, owner=owner) for owner in owners]
    first, second = (harness.engine.build(recipe, on_line=lambda line: None) for recipe in recipes)
    assert first == second
    assert harness.engine.give_up_images(owners[0]) == []
    assert harness.engine.has_image(first)
    assert harness.engine.give_up_images(owners[1]) == [first]
    assert not harness.engine.has_image(first)


def test_a_missing_file_of_a_recipe_is_named(harness: Harness, tmp_path: Path) -> None:
    recipe = replace(harness.recipe, files={"train.py": tmp_path / "nowhere.py"})
    with pytest.raises(WorkFailed, match=r"nowhere\.py"):
        harness.engine.build(recipe, on_line=lambda line: None)


def test_an_engine_reports_what_it_runs_on(harness: Harness) -> None:
    report = harness.engine.check()
    assert report.name == harness.engine.name
    assert report.version
    assert report.cpus >= 1
    assert report.memory_bytes > 0
