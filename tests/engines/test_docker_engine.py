"""What only the Docker engine promises: isolation, memory, builds, left-overs."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_harness import OUT, Harness, program, until

from mltui.engines import docker_answers, open_engine
from mltui.engines.base import IMAGE_MISSING, ContainerSpec, ImageRecipe, Limits, State
from mltui.engines.docker import UNPRIVILEGED_ID, DockerEngine
from mltui.engines.docker_client import open_api
from mltui.engines.docker_images import LABEL_IMAGE_KEY
from mltui.engines.docker_specs import container_config
from mltui.errors import Unreachable, WorkFailed

WAIT_SECONDS = 60
MEGABYTE = 1024 * 1024

INSIDE = """
import getpass, json, os, socket
def attempt(act):
    try:
        act()
        return "done"
    except OSError as error:
        return type(error).__name__
def connect():
    socket.create_connection(("127.0.0.1", 5000), timeout=1)
status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(json.dumps({
    "ids": [os.getuid(), os.getgid()],
    "root": attempt(lambda: open("/written", "w")),
    "tmp": attempt(lambda: open("/tmp/written", "w")),
    "out": attempt(lambda: open("/mltui/out/written", "w")),
    "network": attempt(connect),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "capabilities": int(status["CapBnd"], 16),
    "no_new_privileges": status["NoNewPrivs"],
    "user": getpass.getuser(),
    "home": os.environ["HOME"],
    "names": sorted(os.environ),
    "first": open("/proc/1/comm").read().strip(),
}))
"""


def answer_of(docker: Harness, spec: ContainerSpec) -> Any:
    docker.engine.start(spec)
    lines = list(docker.engine.logs(spec.name))
    assert [line.text for line in lines if line.stream == "stderr"] == []
    return json.loads(lines[-1].text)


@pytest.mark.docker
def test_a_container_can_do_little(docker: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    inside = answer_of(docker, docker.spec(("python", "-c", INSIDE), env={"A": "1"}))
    assert inside["ids"] == list(docker.engine.owner)
    assert inside["ids"][0] != 0
    assert inside["root"] == "OSError"
    assert (inside["tmp"], inside["out"]) == ("done", "done")
    assert inside["network"] != "done"
    assert inside["interfaces"] == ["lo"]
    assert (inside["capabilities"], inside["no_new_privileges"]) == (0, "1")
    assert (inside["user"], inside["home"]) == ("mltui", "/tmp")
    assert set(inside["names"]) <= {"A", "HOME", "HOSTNAME", "LOGNAME", "PATH", "USER", "LC_CTYPE"}
    assert inside["first"] in ("docker-init", "tini")
    assert (docker.folder / "out" / "written").stat().st_uid == docker.engine.owner[0]


@pytest.mark.docker
def test_the_programs_of_root_do_not_run_as_root(docker: Harness) -> None:
    expected = UNPRIVILEGED_ID if os.geteuid() == 0 else os.geteuid()
    assert docker.engine.owner[0] == expected


@pytest.mark.docker
def test_a_program_that_takes_too_much_memory_is_reported_as_such(docker: Harness) -> None:
    limits = Limits(memory_bytes=32 * MEGABYTE)
    spec = docker.spec(("python", "-c", "x = b'x' * 200_000_000"), limits=limits)
    docker.engine.start(spec)
    status = docker.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    assert (status.exit_code, status.is_oom_killed, status.has_succeeded) == (137, True, False)


@pytest.mark.docker
def test_a_child_that_died_for_memory_spoils_an_exit_with_0(docker: Harness) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', \"x = b'x' * 200_000_000\"])"
    spec = docker.spec(("python", "-c", code), limits=Limits(memory_bytes=32 * MEGABYTE))
    docker.engine.start(spec)
    status = docker.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS)
    assert (status.exit_code, status.is_oom_killed, status.has_succeeded) == (0, True, False)


@pytest.mark.docker
def test_long_and_broken_lines_are_kept(docker: Harness) -> None:
    code = "import sys; o = sys.stdout.buffer; o.write(b'x' * 200_000 + b'\\n\\xff\\xfe broken\\n' + b'no end')"
    spec = docker.spec(("python", "-c", code))
    docker.engine.start(spec)
    lines = [line.text for line in docker.engine.logs(spec.name)]
    assert "".join(lines[:4]) == "x" * 200_000
    assert lines[4:] == ["\ufffd\ufffd broken", "no end"]


@pytest.mark.docker
def test_what_a_dead_starter_created_is_started(docker: Harness) -> None:
    spec = docker.spec(program(exit=7))
    uid, gid = docker.engine.owner
    open_api().create_container_from_config(container_config(spec, uid=uid, gid=gid), spec.name)
    assert docker.engine.status(spec.name).state is State.CREATED
    docker.engine.start(spec)
    assert docker.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code == 7


@pytest.mark.docker
def test_a_start_that_fails_leaves_no_container(docker: Harness) -> None:
    if open_api().info()["Runtimes"].get("nvidia"):
        pytest.skip("this Docker Engine has GPUs to give")
    spec = docker.spec(limits=Limits(gpus=1))
    with pytest.raises(WorkFailed):
        docker.engine.start(spec)
    assert docker.engine.status(spec.name).state is State.ABSENT


@pytest.mark.docker
def test_an_image_bears_its_whole_key_and_a_tag(docker: Harness) -> None:
    key = docker.engine.image_key(docker.recipe)
    image = open_api().inspect_image(docker.image)
    assert image["Config"]["Labels"] == {LABEL_IMAGE_KEY: key}
    assert image["RepoTags"] == [f"{docker.recipe.name}:{key[:12]}-{docker.recipe.owner}"]


@pytest.mark.docker
def test_a_tag_alone_does_not_make_an_image_the_one(docker: Harness, tmp_path: Path) -> None:
    (tmp_path / "changed").write_text(uuid.uuid4().hex)
    other = replace(docker.recipe, files={"nonce": tmp_path / "changed"})
    tag = docker.engine.image_key(other)[:12]
    open_api().tag(docker.image, other.name, tag)
    try:
        assert docker.engine.find_image(other) is None
    finally:
        open_api().remove_image(f"{other.name}:{tag}")


@pytest.mark.docker
def test_a_build_that_fails_shows_the_last_lines_of_its_log(docker: Harness) -> None:
    recipe = ImageRecipe("mltui/broken", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo the reason && exit 9\n", {})
    heard: list[str] = []
    with pytest.raises(WorkFailed, match=r"(?s)mltui/broken.*code: 9.*the reason"):
        docker.engine.build(recipe, on_line=heard.append)
    assert "the reason" in heard
    assert docker.engine.find_image(recipe) is None


class Cancelled(Exception):
    pass


@pytest.mark.docker
def test_a_build_ends_when_its_listener_gives_up(docker: Harness) -> None:
    mark = uuid.uuid4().hex
    dockerfile = f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\nRUN echo begun && sleep 600 && echo {mark}\n"

    def give_up(line: str) -> None:
        if line == "begun":
            raise Cancelled

    with pytest.raises(Cancelled):
        docker.engine.build(ImageRecipe("mltui/slow", dockerfile, {}), on_line=give_up)
    until(lambda: not [one for one in open_api().containers(all=True) if mark in one["Command"]])


@pytest.mark.docker
def test_a_base_image_that_cannot_be_had_points_at_the_setting(docker: Harness) -> None:
    for base_image in ("127.0.0.1:5000/mltui/nowhere:1", "sha256:" + "0" * 64):
        with pytest.raises(WorkFailed) as failure:
            docker.engine.build(replace(docker.recipe, base_image=base_image), on_line=lambda line: None)
        assert failure.value.code == "base_image_missing"
        assert "base_image" in failure.value.hint


@pytest.mark.docker
def test_an_image_can_start_from_another_of_ours(docker: Harness) -> None:
    owner = uuid.uuid4().hex
    recipe = ImageRecipe("mltui/child", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n", {}, docker.image, owner=owner)
    image = docker.engine.build(recipe, on_line=lambda line: None)
    try:
        assert docker.engine.find_image(recipe) == image != docker.image
    finally:
        assert docker.engine.give_up_images(owner) == [image]


@pytest.mark.docker
def test_a_layer_is_told_with_its_bytes_and_counts_as_one_where_two_images_have_it(
    docker: Harness, tmp_path: Path
) -> None:
    owner = uuid.uuid4().hex
    (tmp_path / "large").write_bytes(os.urandom(300_000))
    large = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY large /large\n"
    recipes = [
        ImageRecipe(f"mltui/{name}", large + f"ENV NAME={name}\n", {"large": tmp_path / "large"}, owner=owner)
        for name in ("one", "two")
    ]
    ids = [docker.engine.build(recipe, on_line=lambda line: None) for recipe in recipes]
    try:
        found = {each.id: each for each in docker.engine.images()}
        one, two = (found[each] for each in ids)
        assert (one.names, two.names, one.owners) == (("mltui/one",), ("mltui/two",), frozenset({owner}))
        shared = {layer: size for layer, size in one.layers.items() if layer in two.layers}
        assert 300_000 <= sum(shared.values()) < 1_000_000
        assert sum(one.layers.values()) < 1_000_000
    finally:
        assert len(docker.engine.give_up_images(owner)) == 2


@pytest.mark.docker
def test_an_image_removed_by_hand_is_a_missing_image(docker: Harness) -> None:
    owner = uuid.uuid4().hex
    dockerfile = f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\nENV MARK={owner}\n"
    image = docker.engine.build(ImageRecipe("mltui/gone", dockerfile, {}, owner=owner), on_line=lambda line: None)
    docker.engine.give_up_images(owner)
    with pytest.raises(WorkFailed) as failure:
        docker.engine.start(docker.spec(image=image))
    assert failure.value.code == IMAGE_MISSING


@pytest.mark.docker
def test_a_docker_that_answers_is_found_within_a_second() -> None:
    began = time.monotonic()
    assert docker_answers()
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("host", ["unix:///nowhere.sock", "tcp://127.0.0.1:1"])
def test_a_client_without_an_engine_counts_as_none(host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert not docker_answers()
    engine = open_engine("docker", state_folder=tmp_path)
    recipe = ImageRecipe("mltui/x", "FROM python:3.11-slim\n", {})
    acts = [
        engine.check,
        lambda: engine.unenforced,
        lambda: engine.image_key(recipe),
        lambda: engine.build(recipe, on_line=lambda line: None),
        lambda: engine.has_image("sha256:1"),
        engine.images,
        lambda: engine.give_up_images("b"),
        lambda: engine.start(ContainerSpec("mltui-x", "sha256:1", ("true",))),
        lambda: engine.status("mltui-x"),
        lambda: next(engine.logs("mltui-x")),
        lambda: engine.wait("mltui-x", timeout_seconds=1),
        lambda: engine.restart("mltui-x"),
        lambda: engine.stop("mltui-x"),
        lambda: engine.set_restart_policy("mltui-x", "no"),
        lambda: engine.remove("mltui-x"),
        lambda: engine.list({}),
    ]
    for act in acts:
        with pytest.raises(Unreachable) as caught:
            act()
        assert "DOCKER_HOST" in caught.value.hint


def test_the_group_of_the_workspace_is_the_group_of_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    assert DockerEngine(gid=777).owner == (1234, 777)


@pytest.mark.docker
def test_a_container_writes_to_a_second_folder_of_root_only_where_it_may(docker: Harness, tmp_path: Path) -> None:
    spec = docker.spec(mounts=(replace(docker.out, is_read_only=True),))
    docker.engine.start(spec)
    assert docker.engine.wait(spec.name, timeout_seconds=WAIT_SECONDS).exit_code != 0
    assert docker.starts == 0, f"{OUT} is mounted read-only"
