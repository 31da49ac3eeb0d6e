"""What a release answers otherwise than production, as its checks found it. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from mltui.domain.answer_changes import AnswerChanges, harm_sentence
from mltui.domain.names import version_name
from mltui.domain.release import Stage
from mltui.operations.versions.sealed_values import sealed_value

KEY = "prediction_diff"
"""Under which the stage of the checks has it, and the evidence."""


@dataclass(frozen=True, slots=True)
class CheckedChanges:
    production: int
    """The version that was there when the checks ran; it answered the candidate's held-out rows again."""
    changes: AnswerChanges
    rows: str
    """Digest of the table in the store that names every changed row."""

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def harm(self, candidate: int) -> str:
        """Whom the release would serve worse than production does; empty where nobody is."""
        return harm_sentence(self.changes, candidate=version_name(candidate), baseline=version_name(self.production))


def checked_changes(stages: Sequence[Stage]) -> CheckedChanges | None:
    """None before the checks, and where there was nothing to compare with. Raises `Damaged`."""
    found = next((stage.data.get(KEY) for stage in stages if stage.name == "checks"), None)
    return sealed_value(found, CheckedChanges, of="what the checks found")
