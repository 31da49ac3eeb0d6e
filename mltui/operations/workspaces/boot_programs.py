"""systemctl, loginctl and crontab, as far as a worker needs them; failures become errors that say what failed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from mltui.errors import Refused, Unreachable

SECONDS = 30.0
_LINGERING = Path("/var/lib/systemd/linger")
_NONE_YET = ("no crontab for", "No such file")
"""What the usual crontabs say on stderr where there is none yet, in the C locale."""


def has_systemd() -> bool:
    """Whether a service manager of this user answers."""
    return shutil.which("systemctl") is not None and _ran(["systemctl", "--user", "show-environment"]).returncode == 0


def enable_timer(name: str) -> None:
    """From now on, and, where that is allowed, from each start of the machine on without a login."""
    _must(["systemctl", "--user", "daemon-reload"])
    _must(["systemctl", "--user", "enable", "--now", name])
    if not lingers() and shutil.which("loginctl") is not None:
        _ran(["loginctl", "enable-linger"])


def disable_timer(name: str) -> None:
    _must(["systemctl", "--user", "disable", "--now", name])


def is_timer_enabled(name: str) -> bool:
    return has_systemd() and _ran(["systemctl", "--user", "is-enabled", "--quiet", name]).returncode == 0


def lingers() -> bool:
    """Whether systemd starts this user's services without a login."""
    import pwd

    return (_LINGERING / pwd.getpwuid(os.getuid()).pw_name).exists()


def has_cron() -> bool:
    return shutil.which("crontab") is not None


def read_crontab() -> str:
    """Empty where there is none yet; raises `Refused` where it cannot be read, so that it is not written over."""
    answer = _ran(["crontab", "-l"])
    if answer.returncode == 0:
        return answer.stdout.decode("utf-8", "surrogateescape")
    said = answer.stderr.decode("utf-8", "replace").strip()
    if any(words in said for words in _NONE_YET):
        return ""
    raise Refused(f"your crontab cannot be read: {said}", hint="crontab -l tells more")


def write_crontab(text: str) -> None:
    _must(["crontab", "-"], given=text.encode("utf-8", "surrogateescape"))


def _must(argv: list[str], *, given: bytes = b"") -> None:
    answer = _ran(argv, given=given)
    if answer.returncode != 0:
        said = answer.stderr.decode("utf-8", "replace").strip()
        raise Refused(
            f"{' '.join(argv)} failed: {said}", hint="mltui worker install --print shows what to write yourself"
        )


def _ran(argv: list[str], *, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(argv, input=given, capture_output=True, env=environment, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreachable(f"{argv[0]} does not answer: {error}", hint="try it by hand") from error
