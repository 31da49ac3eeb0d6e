"""Releases as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from mltui.domain.names import release_name, version_name
from mltui.domain.release import Approval, Release
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.marks import short_mark
from mltui.tui.presentation.moments import briefly_ago

RELEASE_HEAD = ("RELEASE", "VERSION", "TO", "STATE", "AGE", "DECIDED BY", "REASON")
RELEASE_FLEXIBLE = (6, 5)


def release_cells(release: Release, decisions: Sequence[Approval], now: datetime) -> tuple[Text | str, ...]:
    return (
        release_name(release.id),
        version_name(release.version_id),
        literal(release.environment),
        short_mark(release.state),
        briefly_ago(release.opened_at, now),
        deciders(decisions),
        literal(_reason(release, decisions)),
    )


def _reason(release: Release, decisions: Sequence[Approval]) -> str:
    """Why it ended; of a rejection only the comment, since who rejected it stands beside."""
    rejections = (each.comment for each in decisions if each.decision == "rejected")
    return next(rejections, "") or release.failure or ""


def deciders(decisions: Sequence[Approval]) -> Text:
    """`✓ bob  ✗ cat`, in the order of their decisions."""
    return Text("  ").join(
        Text(f"{'✓' if each.decision == 'approved' else '✗'} {literal(each.person)}") for each in decisions
    )
