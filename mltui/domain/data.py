"""Data versions: immutable trees of files with a content hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DataVersion:
    """A data set as it was imported; its tree lives in the store."""

    digest: str
    """Tree digest, SHA-256 in hex."""
    source: str
    """Where it came from, as the project wrote it."""
    files: int
    bytes_total: int
    imported_at: datetime
