"""A small workspace; no worker carries anything."""

from __future__ import annotations

import pytest
from operations.conftest import project, workspace

from tui.pilots import TERMINAL

__all__ = ["project", "workspace"]


@pytest.fixture(autouse=True)
def _same_terminal_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in TERMINAL.items():
        monkeypatch.setenv(name, value)
