"""The images of server and gateway, hardened as in production: no network, no rights, nothing to write to."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docker import from_env
from docker.errors import APIError
from impatient_callers import Callers
from serving_models import make_picture_model, make_row_model, picture_spec, plain
from serving_processes import wait_until
from tritonclient.http import InferenceServerClient, InferInput

import mltui
from mltui.serving.admin import GatewayAdmin
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.gateway import Backend, arguments, render

pytestmark = pytest.mark.docker

PACKAGE = Path(mltui.__file__).parent
IMAGES = PACKAGE / "templates" / "images"
NUMBERS, TEXTS = ("income", "age"), ("purpose", "region")
USER = os.getuid() or 65532
HARDENED: dict[str, Any] = {
    "user": f"{USER}:{USER}",
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "tmpfs": {"/tmp": ""},
    "init": True,
    "pids_limit": 64,
    "mem_limit": "256m",
    "detach": True,
}


@pytest.fixture(scope="module")
def docker() -> Iterator[Any]:
    client = from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def build(docker: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Image id of a Dockerfile of ours. The newest image stays, so that its layers need not be built again."""

    def build_image(name: str, *, model: Path | None = None) -> str:
        context = tmp_path_factory.mktemp(name)
        shutil.copy(IMAGES / f"{name}.Dockerfile", context / "Dockerfile")
        if model is not None:
            shutil.copytree(model, context / "model")
            shutil.copy(PACKAGE / "serving" / "requirements.txt", context)
            (context / "mltui" / "serving").mkdir(parents=True)
            shutil.copy(PACKAGE / "__init__.py", context / "mltui")
            for path in (PACKAGE / "serving").glob("*.py"):
                shutil.copy(path, context / "mltui" / "serving")
        tag = f"mltui/test-{name}:latest"
        before = {image.id for image in docker.images.list(tag)}
        image, _ = docker.images.build(path=str(context), tag=tag, rm=True, forcerm=True)
        for stale in before - {image.id}:
            with suppress(APIError):  # in use, or removed already, by tests in another process
                docker.images.remove(stale)
        return str(image.id)

    return build_image


@pytest.fixture
def run(docker: Any) -> Iterator[Callable[..., Any]]:
    started: list[Any] = []

    def start(image: str, command: list[str] | None = None, **options: Any) -> Any:
        name = f"mltui-test-serving-{secrets.token_hex(4)}"
        container = docker.containers.run(image, command, name=name, **{**HARDENED, **options})
        started.append(container)
        return container

    yield start
    for container in started:
        container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def serving_image(build: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its model's files are readable by their owner alone, as a careful umask leaves them."""
    spec = picture_spec(side=160, max_bytes=10_485_760, max_pixels=25_000_000)
    model = make_picture_model(tmp_path_factory.mktemp("model") / "model", spec=spec)
    for path in model.iterdir():
        path.chmod(0o600)
    return build("serving", model=model)


def start_server(
    run: Callable[..., Any], image: str, folder: Path, *, model: Path | None = None
) -> tuple[Any, PredictionClient]:
    """With the image's own model, or another one."""
    folder.mkdir()
    folder.chmod(0o777)
    environment = {
        "HOME": "/tmp",
        "MLTUI_SOCKET": "/mltui/run/s.sock",
        "MLTUI_CPUS": "2",
        "MLTUI_VERSION": f"v{folder.name[1]}",
        "MLTUI_PACKAGE": "ab" * 32,
        "MLTUI_DEPLOYMENT": folder.name.split(".")[0],
    }
    volumes = {str(folder): {"bind": "/mltui/run", "mode": "rw"}}
    if model is not None:
        environment["MLTUI_MODEL"] = "/mltui/other"
        volumes[str(model)] = {"bind": "/mltui/other", "mode": "ro"}
    container = run(image, environment=environment, network_mode="none", volumes=volumes)
    client = PredictionClient.over_socket(folder)
    wait_until(lambda: is_ready(client), f"ready: {container.name}")
    return container, client


def is_ready(client: PredictionClient) -> bool:
    try:
        return bool(client.ready()["ready"])
    except ServerUnreachable:
        return False


def test_the_hardened_image_serves_small_and_large_pictures(
    tmp_path: Path, run: Callable[..., Any], serving_image: str, docker: Any
) -> None:
    _, client = start_server(run, serving_image, tmp_path / "d7.1")
    assert client.predict(plain("red")).body["label"] == "taco"
    assert client.predict(plain("blue", (4000, 3000), "JPEG")).body["label"] == "burrito"
    assert client.predict(b"broken").status == 400
    assert client.ready()["peak_memory_bytes"] < 256 * 1024 * 1024
    assert docker.images.get(serving_image).attrs["Size"] < 450_000_000


def test_a_server_in_a_container_ends_at_once_and_well(
    tmp_path: Path, run: Callable[..., Any], serving_image: str
) -> None:
    container, _ = start_server(run, serving_image, tmp_path / "d7.1")
    container.stop(timeout=20)
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0
    assert container.logs() == b""


def test_containers_change_places_behind_a_gateway_without_loss(
    tmp_path: Path, run: Callable[..., Any], build: Callable[..., str], serving_image: str, endpoint: str
) -> None:
    """The gateway sees the servers' sockets read-only, and each server nothing but its own folder."""
    own = tmp_path / "production"
    own.mkdir()
    own.chmod(0o777)
    (own / "haproxy.cfg").write_text(render("production", endpoint, ()), "utf-8")
    volumes = {
        str(tmp_path): {"bind": "/mltui/run", "mode": "ro"},
        str(own): {"bind": "/mltui/run/production", "mode": "rw"},
    }
    tmp_path.chmod(0o755)
    command = list(arguments("production"))
    run(build("gateway"), command, volumes=volumes, network_mode="host", working_dir="/mltui/run")
    admin = GatewayAdmin(own)
    wait_until(admin.is_answering, "an answer of the gateway")
    start_server(run, serving_image, tmp_path / "d1.1")
    admin.shift([Backend("d1.1", "d1.1/s.sock", 100)], timeout_seconds=20)
    with Callers(endpoint, plain("red")) as callers:
        start_server(run, serving_image, tmp_path / "d2.1")
        admin.shift([Backend("d2.1", "d2.1/s.sock", 100)], timeout_seconds=20)
        admin.remove("d1.1", drain_seconds=10)
        callers.wait_for(100)
    assert callers.failures == []
    assert set(callers.versions) == {"v1", "v2"}
    with InferenceServerClient(endpoint) as client:
        red = InferInput("picture", [1], "BYTES").set_data_from_numpy(np.array([plain("red")], dtype=object))
        assert client.infer("model", [red], model_version="v2").as_numpy("label").tolist() == [b"taco"]

    _, rows = start_server(run, serving_image, tmp_path / "d3.1", model=make_row_model(tmp_path / "rows"))
    admin.shift([Backend("d3.1", "d3.1/s.sock", 100)], timeout_seconds=20)
    row = {"income": 3, "age": 40, "purpose": "house", "region": "north"}
    with InferenceServerClient(endpoint) as client:
        given = [
            *(InferInput(name, [1], "FP64").set_data_from_numpy(np.array([float(row[name])])) for name in NUMBERS),
            *(
                InferInput(name, [1], "BYTES").set_data_from_numpy(np.array([row[name]], dtype=object))
                for name in TEXTS
            ),
        ]
        answer = client.infer("model", given, model_version="v3")
    assert answer.as_numpy("value").tolist() == [rows.predict(row).body["value"]]
