"""What a project's model does."""

from __future__ import annotations

from typing import Literal

Task = Literal["classification", "regression"]
