"""The server's program: `python -m mltui.serving.server`, told by its environment what to serve and where."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from mltui.serving.app import Application
from mltui.serving.connection import GuardedConnection
from mltui.serving.description import DESCRIPTION_FILE, ModelDescription, ModelInvalid
from mltui.serving.settings import ServerSettings, SettingsInvalid


class Listener(uvicorn.Server):
    """Uvicorn's server, which ends as a program that was asked to end: with 0, not by the signal it got."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield


def main() -> int:
    warnings.simplefilter("ignore")  # Pillow words its own after what is sent in, and Python remembers each
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start one for each cpu of the host
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    try:
        run(ServerSettings.from_environment(os.environ))
    except (SettingsInvalid, ModelInvalid, OSError) as error:
        print(f"mltui.serving.server: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def run(settings: ServerSettings) -> None:
    """Serves until SIGTERM or SIGINT; raises `ModelInvalid` when there is nothing fit to serve."""
    description = ModelDescription.load(settings.model / DESCRIPTION_FILE)
    os.chdir(settings.socket.parent)
    name = settings.socket.name
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(serve(Application(settings, description), settings, uds=name))
        finally:
            Path(name).unlink(missing_ok=True)


async def serve(application: Application, settings: ServerSettings, **place: Any) -> None:
    """Until a signal. `place` is where uvicorn listens: `uds`, or `host` and `port`."""
    config = uvicorn.Config(
        application,
        **place,
        loop="none",
        http=GuardedConnection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="error",
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=int(settings.body_seconds) + 5,
    )
    listener = Listener(config)
    loading = asyncio.create_task(_load(application, listener))
    await listener.serve()
    await loading


async def _load(application: Application, listener: Listener) -> None:
    try:
        await application.load()
    except BaseException:
        listener.should_exit = True
        raise


if __name__ == "__main__":
    sys.exit(main())
