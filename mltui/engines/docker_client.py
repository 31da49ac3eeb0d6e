"""The connection to a Docker Engine, and the one place where its errors become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mltui.engines.base import IMAGE_MISSING
from mltui.engines.docker_ping import knock
from mltui.errors import Conflict, MltuiError, NotFound, Unreachable, WorkFailed

CALL_TIMEOUT_SECONDS = 60
CONNECT_SECONDS = 10
_POOL_SIZE = 32

_START_HINT = (
    "Start Docker, or set DOCKER_HOST to where it listens; without Docker, an environment's `engine` can be `process`."
)
_PERMISSION_HINT = "Let this user use Docker (group `docker`), then log in again."


def open_api(*, timeout_seconds: float = CALL_TIMEOUT_SECONDS) -> Any:
    """A `docker.APIClient` for DOCKER_HOST (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH) or the local socket."""
    import docker

    sdk: Any = docker
    with docker_errors("connect to Docker"):
        knock()
        settings = sdk.utils.kwargs_from_env()
        return sdk.APIClient(version="auto", timeout=timeout_seconds, max_pool_size=_POOL_SIZE, **settings)


def sdk_answers(*, timeout_seconds: float) -> bool:
    try:
        with docker_errors("ping Docker"):
            return bool(open_api(timeout_seconds=timeout_seconds).ping())
    except Unreachable:
        return False


@contextmanager
def docker_errors(doing: str) -> Iterator[None]:
    """Translates every exception of the SDK and of what lies under it. `doing` completes the sentence "could not …"."""
    from docker.errors import APIError, DockerException, StreamParseError
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError, ProxySchemeUnsupported

    try:
        yield
    except APIError as error:
        raise _answered(error, doing) from error
    except (DockerException, StreamParseError, RequestException, HTTPError, ProxySchemeUnsupported, OSError) as error:
        causes = _causes(error)
        hint = _PERMISSION_HINT if any(isinstance(one, PermissionError) for one in causes) else _START_HINT
        raise Unreachable(f"could not {doing}: Docker does not answer ({causes[-1]})", hint=hint) from error


def _answered(error: Any, doing: str) -> MltuiError:
    from docker.errors import ImageNotFound

    message = f"could not {doing}: {error.explanation or error}"
    if isinstance(error, ImageNotFound):
        return WorkFailed(message, hint="Build the image again from its recipe.", code=IMAGE_MISSING)
    if error.status_code == 404:
        return NotFound(message, hint="It may have been removed by hand; the work can be started again.")
    if error.status_code == 409:
        return Conflict(message, hint="Somebody else is at work on it; try again in a moment.")
    return WorkFailed(message, hint="`docker info` and the log of the Docker daemon tell more.")


def _causes(error: BaseException) -> list[BaseException]:
    """From the outermost to the first."""
    causes = [error]
    while (deeper := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(deeper)
    return causes
