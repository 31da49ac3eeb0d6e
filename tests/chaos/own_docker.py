"""A Docker Engine of the test's own, that may be killed: own folders, own socket, own bridge.

Without any bridge it would take away `docker0`, which is the bridge of the machine's engine.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from stories.soundness import await_that

from mltui.processes import start_ticks

ENGINE_SECONDS = 60.0
BRIDGE, ADDRESS = f"mltui{os.getpid()}", f"172.31.{os.getpid() % 256}.1/24"


@dataclass
class OwnDocker:
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd", f"--bridge={BRIDGE}", "--iptables=false", "--ip-forward=false", "--shutdown-timeout=5",
                    "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec"),
                    "--pidfile", str(self.folder / "pid"), "-H", self.host,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        await_that(self._answers, what=f"the engine answers, see {self.folder}/log", seconds=ENGINE_SECONDS)

    def _answers(self) -> bool:
        return subprocess.run(["docker", "-H", self.host, "info"], capture_output=True).returncode == 0

    def stop(self) -> None:
        """In order: it ends its containers."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As by `kill -9`, its containerd with it."""
        containerd = self._containerd()
        self._end(signal.SIGKILL)
        if containerd is not None:
            with suppress(ProcessLookupError):
                os.kill(containerd, signal.SIGKILL)
            await_that(lambda: not start_ticks(containerd), what="containerd is gone")
        for left in (self.folder / "pid", self._containerd_file):
            left.unlink(missing_ok=True)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(ENGINE_SECONDS)

    @property
    def _containerd_file(self) -> Path:
        return self.folder / "exec" / "containerd" / "containerd.pid"

    def _containerd(self) -> int | None:
        try:
            return int(self._containerd_file.read_text())
        except (OSError, ValueError):
            return None

    def load_images(self, names: Sequence[str]) -> None:
        """From the engine of the machine."""
        with subprocess.Popen(["docker", "save", *names], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "-H", self.host, "load"], stdin=saved.stdout, check=True, capture_output=True)
        assert saved.returncode == 0


@contextmanager
def own_docker() -> Iterator[OwnDocker]:
    """In a folder whose path is short: that of a unix socket ends at 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mltui-engine-"))
    engine = OwnDocker(folder)
    subprocess.run(["ip", "link", "add", "name", BRIDGE, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "address", "add", ADDRESS, "dev", BRIDGE], check=True)
        engine.start()
        yield engine
    finally:
        engine.stop()
        subprocess.run(["ip", "link", "delete", BRIDGE], check=True)
        _unmount_under(folder)
        shutil.rmtree(folder)


def _unmount_under(folder: Path) -> None:
    """What an engine that was killed left mounted; the innermost first."""
    mounts = [line.split(" ")[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted(mounts, reverse=True):
        if mount.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", mount], check=True)
