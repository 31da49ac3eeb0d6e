"""What Docker is told and what it tells, as values; errors translated completely. No daemon."""

from __future__ import annotations

import inspect
import itertools
import struct
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import requests.exceptions
import urllib3.exceptions

from mltui.engines.base import ContainerSpec, ImageRecipe, Limits, LogLine, Mount, State
from mltui.engines.docker_client import docker_errors
from mltui.engines.docker_logs import Frame, LineJoiner, frames
from mltui.engines.docker_specs import container_config, status_from, unenforced_by
from mltui.engines.recipes import base_images, build_arguments, build_context, recipe_key
from mltui.errors import Conflict, MltuiError, NotFound, Unreachable, WorkFailed

SPEC = ContainerSpec(
    name="mltui-1",
    image="sha256:abc",
    argv=("python", "-m", "train"),
    env={"MLTUI_IN": "/mltui/in", "HOME": "/mltui/home"},
    mounts=(Mount(Path("/host/in"), "/mltui/in"), Mount(Path("/host/out"), "/mltui/out", is_read_only=False)),
    limits=Limits(cpus=1.5, memory_bytes=1 << 30, pids=64, shm_bytes=1 << 20, gpus=2),
    labels={"mltui.workspace": "w"},
    workdir="/mltui/out",
    restart="always",
)


def test_a_container_is_described_whole() -> None:
    assert container_config(SPEC, uid=1000, gid=2000, extra_groups=(3000,)) == {
        "Image": "sha256:abc",
        "Entrypoint": ["python"],
        "Cmd": ["-m", "train"],
        "User": "1000:2000",
        "Env": ["HOME=/mltui/home", "LOGNAME=mltui", "MLTUI_IN=/mltui/in", "USER=mltui"],
        "Labels": {"mltui.workspace": "w"},
        "WorkingDir": "/mltui/out",
        "HostConfig": {
            "AutoRemove": False,
            "CapDrop": ["ALL"],
            "GroupAdd": ["3000"],
            "Init": True,
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "10485760", "max-file": "5"}},
            "Mounts": [
                {"Type": "bind", "Source": "/host/in", "Target": "/mltui/in", "ReadOnly": True},
                {"Type": "bind", "Source": "/host/out", "Target": "/mltui/out", "ReadOnly": False},
            ],
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "RestartPolicy": {"Name": "always"},
            "SecurityOpt": ["no-new-privileges:true"],
            "Tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=536870912"},
            "PidsLimit": 64,
            "ShmSize": 1 << 20,
            "NanoCpus": 1_500_000_000,
            "Memory": 1 << 30,
            "MemorySwap": 1 << 30,
            "DeviceRequests": [{"Driver": "", "Count": 2, "Capabilities": [["gpu"]]}],
        },
    }


def test_limits_that_are_not_set_are_not_sent() -> None:
    config = container_config(ContainerSpec("a", "image", ("true",)), uid=1, gid=1)
    assert not {"NanoCpus", "Memory", "MemorySwap", "DeviceRequests"} & set(config["HostConfig"])
    assert "WorkingDir" not in config


def inspected(**state: Any) -> dict[str, Any]:
    ended = {"Status": "exited", "ExitCode": 0, "OOMKilled": False, "FinishedAt": "2026-11-23T07:13:46.5Z"}
    return {"Name": "/a", "Id": "c", "Image": "sha256:i", "Config": {"Labels": None}, "State": {**ended, **state}}


@pytest.mark.parametrize(
    ("state", "standing", "exit_code"),
    [
        ({}, State.EXITED, 0),
        ({"ExitCode": 255}, State.EXITED, 255),
        ({"FinishedAt": "0001-01-01T00:00:00Z"}, State.EXITED, None),
        ({"Status": "running"}, State.RUNNING, None),
        ({"Status": "restarting", "ExitCode": 1}, State.RUNNING, None),
        ({"Status": "created"}, State.CREATED, None),
    ],
)
def test_an_exit_code_is_told_only_of_what_has_ended(
    state: dict[str, Any], standing: State, exit_code: int | None
) -> None:
    status = status_from(inspected(**state))
    assert (status.state, status.exit_code) == (standing, exit_code)


def test_exit_0_after_an_oom_kill_is_no_success() -> None:
    assert status_from(inspected()).has_succeeded
    assert not status_from(inspected(OOMKilled=True)).has_succeeded


def test_limits_that_the_kernel_drops_are_named() -> None:
    assert unenforced_by({"MemoryLimit": True, "CpuCfsQuota": True, "PidsLimit": True}) == frozenset()
    assert unenforced_by({"MemoryLimit": False, "PidsLimit": False}) == {"memory", "pids"}


def framed(kind: int, text: bytes) -> bytes:
    return struct.pack(">BxxxL", kind, len(text)) + text


def test_frames_are_read_however_the_stream_was_cut() -> None:
    data = framed(1, b"2026-11-23T07:09:12.000000001Z a\n") + framed(2, b"2026-11-23T07:09:12.5Z b")
    second = 1795417752 * 1_000_000_000
    expected = [Frame("stdout", second + 1, b"a\n"), Frame("stderr", second + 500_000_000, b"b")]
    for size in (1, 3, 8, 1000):
        chunks = [data[at : at + size] for at in range(0, len(data), size)]
        assert list(frames(chunks)) == expected
    assert list(frames([data[:-1]])) == expected[:1]


def joined(*entries: Frame, after: int = 0) -> list[LogLine]:
    joiner = LineJoiner(after_nanoseconds=after)
    lines = list(itertools.chain.from_iterable(map(joiner.feed, entries)))
    return lines + list(joiner.flush())


ENTRIES = (
    Frame("stdout", 100, b"long "),
    Frame("stderr", 100, b"error\n"),
    Frame("stdout", 100, b"line\n"),
    Frame("stdout", 90, b"stamped before, written after\n"),
    Frame("stderr", 200, b"no"),
    Frame("stdout", 201, b"end"),
)


def test_partial_frames_become_lines_with_times_that_increase() -> None:
    lines = joined(*ENTRIES)
    assert [(line.stream, line.text) for line in lines] == [
        ("stderr", "error"),
        ("stdout", "long line"),
        ("stdout", "stamped before, written after"),
        ("stdout", "end"),
        ("stderr", "no"),
    ]
    assert all(before.nanoseconds < after.nanoseconds for before, after in itertools.pairwise(lines))


def test_a_second_reader_gets_exactly_what_the_first_one_lacks() -> None:
    lines = joined(*ENTRIES)
    for at, line in enumerate(lines):
        assert joined(*ENTRIES, after=line.nanoseconds) == lines[at + 1 :]


def test_reading_the_same_stretch_again_repeats_nothing() -> None:
    joiner = LineJoiner(after_nanoseconds=0)
    first = list(itertools.chain.from_iterable(map(joiner.feed, ENTRIES[:4])))
    joiner.rewind()
    again = list(itertools.chain.from_iterable(map(joiner.feed, ENTRIES)))
    assert first + again + list(joiner.flush()) == joined(*ENTRIES)


def exceptions_of(module: Any) -> list[type[BaseException]]:
    found = [value for _, value in inspect.getmembers(module, inspect.isclass)]
    own = [one for one in found if one.__module__.split(".")[0] == module.__name__.split(".")[0]]
    return [one for one in own if issubclass(one, Exception) and not issubclass(one, Warning)]


@pytest.mark.parametrize(
    "kind",
    {*exceptions_of(docker.errors), *exceptions_of(requests.exceptions), *exceptions_of(urllib3.exceptions)}
    | {ConnectionRefusedError, FileNotFoundError, TimeoutError},
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_every_error_of_the_client_becomes_one_of_ours(kind: type[BaseException]) -> None:
    error = kind.__new__(kind)
    response = requests.Response()
    response.status_code = 500
    for name, value in {
        "response": response,
        "explanation": "refused",
        "partial": 1,
        "length": b"",
        "expected": 1,
    }.items():
        with suppress(AttributeError):
            setattr(error, name, value)
    for name in ("msg", "name", "param"):
        with suppress(AttributeError):
            setattr(error, name, "refused")
    with pytest.raises(MltuiError) as caught, docker_errors("do it"):
        raise error
    assert "could not do it" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("status_code", "expected"), [(404, NotFound), (409, Conflict), (400, WorkFailed), (500, WorkFailed)]
)
def test_an_answer_of_the_daemon_is_told_from_its_silence(status_code: int, expected: type[MltuiError]) -> None:
    response = requests.Response()
    response.status_code = status_code
    with pytest.raises(expected, match="because"), docker_errors("do it"):
        raise docker.errors.APIError("message", response=response, explanation="because")


def test_a_socket_without_permission_has_a_hint_of_its_own() -> None:
    error = requests.exceptions.ConnectionError("aborted")
    error.__cause__ = PermissionError(13, "Permission denied")
    with pytest.raises(Unreachable) as caught, docker_errors("do it"):
        raise error
    assert "group `docker`" in caught.value.hint


def recipe(tmp_path: Path, dockerfile: str = "FROM x\n", **changes: Any) -> ImageRecipe:
    (tmp_path / "b.py").write_text("b")
    (tmp_path / "a.sh").write_text("a")
    (tmp_path / "a.sh").chmod(0o755)
    files = {"src/b.py": tmp_path / "b.py", "a.sh": tmp_path / "a.sh"}
    return ImageRecipe("mltui/x", dockerfile, files, **changes)


def test_a_build_context_is_the_same_bytes_for_the_same_contents(tmp_path: Path) -> None:
    with build_context(recipe(tmp_path)) as context:
        first = context.read()
        context.seek(0)
        with tarfile.open(fileobj=context) as tar:
            entries = {entry.name: (entry.mode, entry.mtime, entry.uid) for entry in tar}
    assert entries == {"Dockerfile": (0o644, 0, 0), "a.sh": (0o755, 0, 0), "src/b.py": (0o644, 0, 0)}
    (tmp_path / "b.py").unlink()
    with build_context(recipe(tmp_path)) as context:
        assert context.read() == first


def test_a_key_depends_on_content_and_bases_only(tmp_path: Path) -> None:
    key = recipe_key(recipe(tmp_path), base_ids=["a"])
    assert key == recipe_key(recipe(tmp_path, owner="y", base_image="other"), base_ids=["a"])
    assert key != recipe_key(recipe(tmp_path), base_ids=["b"])
    changed = recipe(tmp_path)
    (tmp_path / "b.py").chmod(0o755)
    assert key != recipe_key(changed, base_ids=["a"])


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM python:3.12\n", ("python:3.12",)),
        ("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n", ("base:1",)),
        ("ARG BASE_IMAGE=python\nfrom $BASE_IMAGE as build\nFROM scratch\nFROM build\n", ("base:1",)),
        ("ARG TAG=3.11\nFROM --platform=linux/amd64 python:${TAG} AS a\nFROM other\n", ("python:3.11", "other")),
        ("# FROM nothing\nFROM a\n", ("a",)),
    ],
)
def test_the_images_that_a_dockerfile_starts_from_are_read(dockerfile: str, expected: tuple[str, ...]) -> None:
    assert base_images(ImageRecipe("x", dockerfile, {}, base_image="base:1")) == expected


def test_proxies_and_pip_settings_reach_a_build_that_asks_for_them(tmp_path: Path) -> None:
    environment = {
        "https_proxy": "http://proxy",
        "PIP_INDEX_URL": "https://index",
        "PIP_TRUSTED_HOST": "index",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    asking = recipe(tmp_path, "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG PIP_INDEX_URL\n", build_args={"A": "1"})
    assert build_arguments(asking, environment=environment, base_id="sha256:b") == {
        "https_proxy": "http://proxy",
        "PIP_INDEX_URL": "https://index",
        "BASE_IMAGE": "sha256:b",
        "A": "1",
    }
    silent = recipe(tmp_path)
    assert build_arguments(silent, environment=environment, base_id=None) == {"https_proxy": "http://proxy"}
