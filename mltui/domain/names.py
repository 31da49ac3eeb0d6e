"""The names that people type: run 41, version v7, release r12, deployment d18."""

from __future__ import annotations

import re

from mltui.errors import UsageError

_PREFIXES = {"run": "", "version": "v", "release": "r", "deployment": "d"}


def parse_id(noun: str, text: str) -> int:
    """The number in a name of a run, version, release or deployment; raises `UsageError` for anything else."""
    match = re.fullmatch(rf"{_PREFIXES[noun]}([1-9][0-9]{{0,17}})", text.strip())
    if match is None:
        raise UsageError(
            f"“{text}” is not the name of a {noun}",
            hint=f"names of that kind look like {_PREFIXES[noun]}7, or say latest",
        )
    return int(match.group(1))


def version_name(version_id: int) -> str:
    return f"v{version_id}"


def release_name(release_id: int) -> str:
    return f"r{release_id}"


def deployment_name(deployment_id: int) -> str:
    return f"d{deployment_id}"


def data_name(digest: str) -> str:
    return f"data@{digest[:7]}"
