"""What an approver is shown before the approval, and why there is nothing to decide."""

from __future__ import annotations

from rich.text import Text

from mltui.domain.names import release_name, version_name
from mltui.domain.release import ReleaseState
from mltui.operations.releases.release_page import ReleasePage
from mltui.tui.presentation import marks
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.wrapping import wrapped


def approval_refusal(found: ReleasePage) -> str:
    """Why this person may not approve it now, a sentence; empty where they may."""
    against = _not_waiting(found)
    if against or found.waiting is None:
        return against
    if not found.waiting.may_approve:
        return literal(found.waiting.why_not)
    failed = found.report.failed if found.report is not None else ()
    return "; ".join(f"{literal(check.name)}: {literal(check.sentence)}" for check in failed)


def emergency_refusal(found: ReleasePage) -> str:
    """Why the glass is not there to be broken: no approver, nothing that waits, or checks that hold even then."""
    against = _not_waiting(found)
    if against or found.waiting is None:
        return against
    if found.waiting.may_approve:
        return "nothing hinders a usual approval: a approves"
    return "" if found.waiting.may_break_glass else literal(found.waiting.why_not)


def rejection_refusal(found: ReleasePage) -> str:
    against = _not_waiting(found)
    if against or found.waiting is None or found.waiting.may_reject:
        return against
    return literal(found.waiting.why_not)


def _not_waiting(found: ReleasePage) -> str:
    release = found.release
    if release.state is ReleaseState.WAITING_APPROVAL:
        return ""
    return f"{release_name(release.id)} is {marks.word(release.state)}, it waits for no decision"


def subject_lines(found: ReleasePage, *, width: int) -> list[Text]:
    """Version, environment, evidence, and how many others have to agree."""
    release = found.release
    name, place = version_name(release.version_id), literal(release.environment)
    lines = wrapped(f"{name} would go to {place}", width=width, style="bold")
    if found.baseline is not None:
        lines.append(Text(f"it takes the place of {version_name(found.baseline.id)}", "dim"))
    missing = None if found.waiting is None else found.waiting.missing
    if missing is not None and missing > 1:
        lines.append(Text(f"{missing} approvals are missing, yours among them", "dim"))
    if release.evidence:
        lines += [Text("on the evidence", "dim"), *wrapped(literal(release.evidence), width=width)]
    return lines


def approved_words(name: str, *, missing: int, environment: str) -> str:
    """What an approval led to, for instance `v7 approved, 1 more approval is missing`."""
    if missing:
        return f"{name} approved, {missing} more approval{'s are' if missing > 1 else ' is'} missing"
    return f"{name} approved, it goes to {literal(environment)} now"
