"""A small workspace; no worker carries anything."""

from __future__ import annotations

from operations.conftest import project, workspace

__all__ = ["project", "workspace"]
