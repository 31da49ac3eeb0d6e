"""The model card: what people should know of a version before they let it decide about others.

The fields are those of Mitchell et al., Model Cards for Model Reporting (2019), as far as no figure tells them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mltui.domain.checks import CheckResult, GateReport, Verdict

CARD_FIELDS: Mapping[str, str] = {
    "intended_use": "what it is for, and for whom",
    "out_of_scope": "what it must not be used for",
    "could_harm": "who could be harmed, and how",
    "limitations": "where it is known to fail",
    "contact": "whom to ask",
}
"""Name → what belongs there."""


@dataclass(frozen=True, slots=True)
class CardField:
    field: str
    text: str
    """Empty where nobody has written it."""
    author: str = ""
    """Who wrote it here; empty for what came with the commit."""
    at: datetime | None = None


ModelCard = tuple[CardField, ...]


def model_card(from_commit: Mapping[str, str], written: Iterable[CardField]) -> ModelCard:
    """All fields in their order; what was written last counts, and above what the commit said."""
    newest = {each.field: each for each in written}
    return tuple(newest.get(name, CardField(name, from_commit.get(name, ""))) for name in CARD_FIELDS)


def with_card(report: GateReport, card: ModelCard, *, needed: Collection[str]) -> GateReport:
    """The report with a check of the fields that the gate asks for; without any it stays as it is."""
    if not needed:
        return report
    missing = [each.field for each in card if each.field in needed and not each.text.strip()]
    told = f"{', '.join(missing)} to be written: mltui version card" if missing else "all that is asked for is written"
    check = CheckResult(
        name="model card",
        verdict=Verdict.FAILED if missing else Verdict.PASSED,
        value=None,
        limit=f"{', '.join(_in_order(needed))} filled in",
        baseline=None,
        sentence=told,
    )
    return replace(report, checks=(*report.checks, check))


def _in_order(names: Collection[str]) -> Sequence[str]:
    return [name for name in CARD_FIELDS if name in names]
