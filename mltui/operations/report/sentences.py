"""What a report says first, for people who never saw a terminal: whole sentences, no abbreviation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mltui.domain.data_bias import DataGroup
from mltui.domain.names import version_name
from mltui.domain.release import ReleaseState
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.operations.report.charts import figure
from mltui.operations.report.gathered import Gathered

_MOST_NAMED = 5


def summary(found: Gathered) -> list[str]:
    sentences = [found.harm, _how_good(found.version), *group_sentences(found.version.groups), *_data(found)]
    return [sentence for sentence in [*sentences, _decision(found), *_harm(found)] if sentence]


def _how_good(version: ModelVersion) -> str:
    rows = f"{version.rows.get('held_out', 0):,} rows that it never saw in training"
    accuracy, error = version.metrics.get("accuracy"), version.metrics.get("mae")
    if accuracy is not None:
        low, high = version.intervals.get("accuracy", (accuracy, accuracy))
        return f"Of {rows}, it answers {accuracy:.1%} rightly; with 95 % confidence between {low:.1%} and {high:.1%}."
    if error is not None:
        low, high = version.intervals.get("mae", (error, error))
        span = f"with 95 % confidence between {figure(low)} and {figure(high)}"
        return f"On {rows}, its answers are off by {figure(error)} on average; {span}."
    return f"It was evaluated on {rows}."


def group_sentences(groups: Sequence[GroupFigure]) -> Iterator[str]:
    if not groups:
        yield "No groups of people or things were told apart, so nothing is known of whom it treats worse."
        return
    outside = [each for each in groups if each.verdict == "outside"]
    for each in outside[:_MOST_NAMED]:
        told = f"For {each.group} ({each.attribute}) the {each.metric.replace('_', ' ')} is {figure(each.value)}"
        yield f"{told}{_against(each)}: outside of the limits."
    if len(outside) > _MOST_NAMED:
        yield f"{len(outside) - _MOST_NAMED} more figures of groups are outside of the limits."
    unclear = sum(each.verdict in ("too few", "undecided") for each in groups)
    if not outside:
        yield "No group is outside of the limits" + ("." if not unclear else f", but {_undecided(unclear, '')}.")
    elif unclear:
        yield f"{_undecided(unclear, 'further ')}: there are too few rows."


def _undecided(count: int, which: str) -> str:
    return f"1 {which}figure is not decided" if count == 1 else f"{count} {which}figures are not decided"


def _against(each: GroupFigure) -> str:
    """By the difference where there is no ratio: the others are at 0, or the metric may lie below it."""
    if each.ratio is not None:
        return f", {figure(each.ratio)} times that of {each.reference}"
    if each.difference is None:
        return ""
    return f", {figure(abs(each.difference))} {'less' if each.difference < 0 else 'more'} than that of {each.reference}"


def _data(found: Gathered) -> Iterator[str]:
    missing = [each for each in found.data.groups if each.missing and len(each.group) == 1]
    for each in missing[:_MOST_NAMED]:
        yield f"The data has no row of {_told(each)} in {' and '.join(each.missing)}."


def _told(group: DataGroup) -> str:
    return f"{group.name} ({group.attribute})"


def _decision(found: Gathered) -> str:
    if found.newest is None:
        return "It was never released."
    release, approvals = found.newest.release, found.newest.approvals
    where = f"{version_name(release.version_id)} to {release.environment}"
    if release.state is ReleaseState.WAITING_APPROVAL:
        return f"The release of {where} waits for a decision."
    decided = ", ".join(f"{each.person} {each.decision} it on {each.at:%Y-%m-%d}" for each in approvals)
    why = release.failure or decided
    return f"The release of {where} is {release.state.value.replace('_', ' ')}{f': {why}' if why else ''}."


def _harm(found: Gathered) -> Iterator[str]:
    card = {each.field: each.text for each in found.card}
    if card.get("could_harm"):
        yield f"Who could be harmed, in the words of its makers: {card['could_harm']}"
