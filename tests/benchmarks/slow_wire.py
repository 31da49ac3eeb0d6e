"""A TCP proxy on loopback that is as slow as a modem far away, and an sshd of one's own behind it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BYTES_PER_SECOND = 64_000 // 8
DELAY_SECONDS = 0.2
"""Each way."""
CHUNK = 256
"""As many bytes as take 32 ms: what is smaller waits no longer than that behind it."""

SSHD_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
PermitRootLogin prohibit-password
"""


@dataclass
class SlowWire:
    """Bytes that passed; `down` from the server to the client."""

    port: int
    target: int
    down: int = 0
    up: int = 0

    async def serve(self, listener: socket.socket, is_over: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, sock=listener)
        await is_over.wait()
        server.close()

    async def _connected(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        near = socket.socket()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what waits shall wait in the sender, as it would
        near.connect(("127.0.0.1", self.target))
        server_in, server_out = await asyncio.open_connection(sock=near, limit=1024)
        ways = (self._pass(server_in, client_out, "down"), self._pass(client_in, server_out, "up"))
        with contextlib.suppress(asyncio.CancelledError):  # the measurement is over
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.ensure_future(_deliver(under_way, sink))
        while chunk := await source.read(CHUNK):
            setattr(self, way, getattr(self, way) + len(chunk))
            await asyncio.sleep(len(chunk) / BYTES_PER_SECOND)
            under_way.put_nowait((time.monotonic() + DELAY_SECONDS, chunk))
        under_way.put_nowait((time.monotonic() + DELAY_SECONDS, b""))
        await delivery


async def _deliver(under_way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
    while True:
        due, chunk = await under_way.get()
        await asyncio.sleep(max(due - time.monotonic(), 0))
        if not chunk:
            sink.close()
            return
        sink.write(chunk)
        await sink.drain()


@contextmanager
def slow_wire(target: int) -> Iterator[SlowWire]:
    """A wire to the port `target` of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    wire = SlowWire(listener.getsockname()[1], target)
    with asyncio.Runner() as runner:
        loop, is_over = runner.get_loop(), asyncio.Event()
        thread = threading.Thread(target=runner.run, args=[wire.serve(listener, is_over)])
        thread.start()
        try:
            yield wire
        finally:
            loop.call_soon_threadsafe(is_over.set)
            thread.join()


@contextmanager
def private_sshd(folder: Path) -> Iterator[int]:
    """Its port. Host key, user's key and settings lie in `folder`; the machine's own sshd has no part in it."""
    program = os.environ.get("SSHD") or shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SystemExit("this measures through a real sshd, and none is installed: SSHD=… names one")
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (folder / "sshd_config").write_text(SSHD_CONFIG.format(port=port, folder=folder))
    # sshd wants its absolute path, to start itself anew for each connection
    process = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr or ():
            if "listening" in line:
                break
        else:
            raise SystemExit(f"sshd ended with {process.wait()}")
        drain = threading.Thread(target=lambda: [None for _ in process.stderr or ()], daemon=True)
        drain.start()
        yield port
    finally:
        process.terminate()
        process.wait(10)


def ssh_command(port: int, folder: Path) -> list[str]:
    """A client that reads no settings of the person's, and has a terminal there."""
    options = ("UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "IdentitiesOnly=yes", "LogLevel=ERROR")
    words = [word for option in options for word in ("-o", option)]
    return ["ssh", "-F", "none", *words, "-i", str(folder / "user_key"), "-p", str(port), "-tt", "127.0.0.1"]
