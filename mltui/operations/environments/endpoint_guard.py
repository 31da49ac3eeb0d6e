"""What guards an endpoint, read from the files that the policy names: a certificate with its key, and a token."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mltui.domain.certificate import first_certificate, validity
from mltui.domain.endpoint import is_loopback
from mltui.domain.policy import EnvironmentPolicy, Policy, Tls
from mltui.errors import ConfigInvalid

LEAST_TOKEN = 16
"""Characters; a token is stored as a plain hash, which a short word would not survive."""
SOON_DAYS = 14
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True, slots=True)
class Guard:
    pem: bytes = field(default=b"", repr=False)
    """Certificates and key; empty without TLS."""
    token: str = field(default="", repr=False)


def read_guard(folder: Path, name: str, rules: EnvironmentPolicy) -> Guard:
    """Of the environment `name`, paths beginning in the workspace's folder. Raises `ConfigInvalid`."""
    where = f"environments.{name}"
    pem = b"" if rules.tls is None else _pem(folder, rules.tls, f"{where}.tls")
    token = "" if rules.token_file is None else _token(folder / rules.token_file, f"{where}.token_file")
    return Guard(pem, token)


def require_guards(folder: Path, policy: Policy, *, now: datetime) -> None:
    """Raises `ConfigInvalid` for the first environment that could not be guarded as its rules say."""
    for name, rules in policy.environments.items():
        guard = read_guard(folder, name, rules)
        if guard.pem and rules.tls is not None:
            require_valid(guard.pem, f"environments.{name}.tls: {rules.tls.certificate}", now=now)


def require_valid(pem: bytes, what: str, *, now: datetime) -> None:
    """Raises `ConfigInvalid` for a certificate that holds no more, or not yet."""
    begins, ends = validity(first_certificate(pem))
    if ends <= now:
        hint = "have it renewed; the next smoke shows the new one"
        raise ConfigInvalid(f"{what} has expired on {ends:%Y-%m-%d}", hint=hint, code="certificate_expired")
    if now < begins:
        hint = "wait until then, or name one that holds now; is the clock of this machine right?"
        raise ConfigInvalid(f"{what} holds from {begins:%Y-%m-%d %H:%M} UTC on", hint=hint, code="certificate_too_new")


def guard_notes(folder: Path, policy: Policy, *, now: datetime) -> Iterator[str]:
    """What has to be said aloud about endpoints that can be used."""
    for name, rules in policy.environments.items():
        if rules.insecure and not rules.is_guarded and not is_loopback(rules.listen):
            yield f"! {name} will be OPEN on {rules.listen}: insecure = true, so whoever reaches it may ask it"
        guard = read_guard(folder, name, rules)
        if guard.pem and (days := (validity(first_certificate(guard.pem))[1] - now).days) < SOON_DAYS:
            yield f"! the certificate of {name} expires in {days} days"


def _pem(folder: Path, tls: Tls, where: str) -> bytes:
    certificate, key = folder / tls.certificate, folder / tls.key
    content = _read(certificate, where)
    private = _read(key, where, is_private=True)
    try:
        validity(first_certificate(content))
    except ValueError as error:
        raise ConfigInvalid(f"{where}: {certificate}: {error}", hint="name a PEM file of certificates") from error
    _require_pair(certificate, key, where)
    return content if key == certificate else content.rstrip() + b"\n" + private


def _require_pair(certificate: Path, key: Path, where: str) -> None:
    import ssl  # slow to load, and few need it

    def no_password() -> bytes:
        raise ValueError("the key is encrypted")

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=no_password)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise ConfigInvalid(
            f"{where}: {key} is no key for {certificate}: {reason}",
            hint="name the key that the certificate was asked for with, without a password",
        ) from error


def _token(path: Path, where: str) -> str:
    token = _read(path, where, is_private=True).decode("utf-8", "replace").strip()
    if len(token) < LEAST_TOKEN or _TOKEN.fullmatch(token) is None:
        raise ConfigInvalid(
            f"{where}: {path} holds no token of {LEAST_TOKEN} letters and digits or more",
            hint="openssl rand -hex 32 makes one",
        )
    return token


def _read(path: Path, where: str, *, is_private: bool = False) -> bytes:
    try:
        if is_private and path.stat().st_mode & stat.S_IROTH:
            raise ConfigInvalid(f"{where}: {path} can be read by everybody", hint=f"chmod 640 {path}")
        return path.read_bytes()
    except OSError as error:
        raise ConfigInvalid(
            f"{where}: {path} cannot be read: {error.strerror}", hint="mend its name or its permissions"
        ) from error
