"""Who can reach an endpoint, and what has to guard one that is reachable from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mltui.domain.policy import EnvironmentPolicy

_LISTEN = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})")
_LOOPBACK = re.compile(r"127(\.[0-9]+){3}|localhost|\[::1\]")


def is_loopback(endpoint: str) -> bool:
    """Whether only this machine reaches `host:port`."""
    return _LOOPBACK.fullmatch(endpoint.rpartition(":")[0]) is not None


def endpoint_problems(rules: EnvironmentPolicy, where: str) -> Iterator[tuple[str, str]]:
    """What is wrong, and what would be right."""
    found = _LISTEN.fullmatch(rules.listen)
    if found is None or int(found["port"]) > 65535:
        yield f"{where}.listen = “{rules.listen}”", "write host:port, for instance 127.0.0.1:8501"
    elif not is_loopback(rules.listen) and not rules.is_guarded and not rules.insecure:
        missing = " and ".join([*(["TLS"] if rules.tls is None else []), *([] if rules.token_file else ["a token"])])
        yield (
            f"{where}.listen = “{rules.listen}” is reachable from outside without {missing}",
            "listen on 127.0.0.1, give both tls and token_file, or say insecure = true",
        )
    if rules.token_file is not None and not rules.token_file.strip():
        yield f"{where}.token_file is empty", "name the file that holds the token"
    if rules.tls is not None and not (rules.tls.certificate.strip() and rules.tls.key.strip()):
        yield f"{where}.tls names no files", 'write tls = { certificate = "server.pem", key = "server.key" }'
