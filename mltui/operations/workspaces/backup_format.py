"""What a backup is: a tar of regular files, a header first, an end last, and between them only names as these.

`registry.db`, `policy.toml`, `store/blobs/XX/…` each named by its SHA-256, and the logs of runs.
"""

from __future__ import annotations

import re

import msgspec

FORMAT = 1
HEADER = "mltui-backup.json"
END = "mltui-backup-end.json"
POLICY = "policy.toml"
LOGS = ("*/*/log.jsonl", "*/*.build.log")
"""Under `runs/`."""

_BLOB = re.compile(r"store/blobs/([0-9a-f]{2})/([0-9a-f]{62})")
_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_LOG = re.compile(rf"runs/\d+/(?:{_WORD}/log\.jsonl|{_WORD}\.build\.log)")


class Header(msgspec.Struct, frozen=True):
    format: int
    made_by: str
    """Version of mltui."""
    made_at: str
    """ISO 8601."""
    project: str
    workspace: str
    """UUID of the workspace that it was made of."""
    events: int
    head: str
    """Hash of the last event."""
    bytes: int
    """Of all files that follow, about: logs may have grown."""


class End(msgspec.Struct, frozen=True):
    """Its absence tells a backup that was cut."""

    files: int
    lost: tuple[str, ...]
    """Blobs that the registry names and that could not be saved: damaged or missing."""


def blob_member(digest: str) -> str:
    return f"store/blobs/{digest[:2]}/{digest[2:]}"


def digest_in(member: str) -> str | None:
    """The digest that a blob's name promises; None for other members."""
    found = _BLOB.fullmatch(member)
    return found[1] + found[2] if found else None


def is_log(member: str) -> bool:
    return _LOG.fullmatch(member) is not None
