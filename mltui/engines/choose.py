"""Which engine a name means. Imports nothing until it is asked, for the shim and quick commands pass through here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from mltui.engines.base import Engine


def open_engine(name: str, *, state_folder: Path) -> Engine:
    """`docker` or `process`; starts and connects nothing.

    `state_folder` keeps what the process engine must remember; its group is the group of the containers' files.
    """
    state_folder.mkdir(parents=True, exist_ok=True)
    if name == "docker":
        from mltui.engines.docker import DockerEngine

        return DockerEngine(gid=state_folder.stat().st_gid)
    if name == "process":
        from mltui.engines.process import ProcessEngine

        return ProcessEngine(state_folder)
    from mltui.errors import ConfigInvalid

    raise ConfigInvalid(f"there is no engine {name!r}", hint="`engine` is `docker` or `process`.")


def docker_answers() -> bool:
    """Whether a Docker Engine answers at DOCKER_HOST or the local socket; a client without an engine counts as none."""
    from mltui.engines.docker_ping import PING_SECONDS, try_ping

    found = try_ping()
    if found is None:
        from mltui.engines.docker_client import sdk_answers

        found = sdk_answers(timeout_seconds=PING_SECONDS)
    return found
