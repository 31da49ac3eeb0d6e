"""What a report says first, for people who never saw a terminal: whole sentences, no abbreviation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mltui.domain.bias_limits import USUAL_LIMITS
from mltui.domain.comparison import PairedComparison
from mltui.domain.data_bias import DataGroup
from mltui.domain.names import version_name
from mltui.domain.release import ReleaseState
from mltui.domain.threshold import threshold_in
from mltui.domain.unplaced import unplaced_sentences
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.domain.worst_first import is_of_data, may_be_harmed, most_telling_first, standing
from mltui.operations.report.charts import figure
from mltui.operations.report.gathered import Gathered

_MOST_NAMED, _MOST_GUESSED = 5, 2
_LIMITS = f"{USUAL_LIMITS.least_ratio:g} to {USUAL_LIMITS.most_ratio:g}"
_LEAST = f"{USUAL_LIMITS.least_difference:g}"
_HEADLINES = ("accuracy", "mae")
VERDICTS = {
    "outside": f"the ratio is beyond {_LIMITS}, by more than chance explains, and the difference is {_LEAST} or more",
    "within": f"the ratio surely lies in {_LIMITS}, or the difference is less than {_LEAST}",
    "undecided": "too few rows to tell one from the other",
    "too few": f"fewer than {USUAL_LIMITS.least_rows} rows, of which nothing is said",
}
"""What each says of a group."""


def summary(found: Gathered) -> list[str]:
    version = found.version
    beside = [_worse_than_production(found), found.harm]
    unplaced = unplaced_sentences(version.groups, held_out=version.rows.get("held_out", 0))
    of_groups = [*group_sentences(version.groups), *unplaced]
    sentences = [*beside, _how_good(version), _threshold(version), *of_groups, *_data(found)]
    return [sentence for sentence in [*sentences, _decision(found), *_harm(found)] if sentence]


def _worse_than_production(found: Gathered) -> str:
    """Empty, too, where the harm tells it already: of everybody alike."""
    is_told = found.harm and found.answers is not None and found.answers.harms_all_alike
    pairs = () if found.compared is None or is_told else found.compared.metrics
    worse = next((each for each in pairs if each.metric in _HEADLINES and each.tendency == "worse"), None)
    if found.compared is None or worse is None or worse.paired is None:
        return ""
    versions = f"{version_name(found.version.id)} is worse than {version_name(found.compared.baseline)}"
    return f"{versions}, which was in production: {_instead(worse.paired)}."


def _instead(pair: PairedComparison) -> str:
    sizes = sorted(abs(each) for each in (pair.low, pair.high) if each is not None)
    less = "more" if pair.metric == "mae" else "less"
    values = f"its {pair.metric} is {figure(pair.candidate)} instead of {figure(pair.production)}"
    span = f"with 95 % confidence {' to '.join(map(figure, sizes))} {less}"
    return f"on the {pair.n:,} rows that both were evaluated on {values}; {span}"


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


def _threshold(version: ModelVersion) -> str:
    threshold = threshold_in(version.parameters)
    if threshold is None or len(version.classes) != 2:
        return ""
    return f"It answers {version.classes[1]} only from a score of {threshold:g} on, instead of by the highest score."


def group_sentences(groups: Sequence[GroupFigure]) -> Iterator[str]:
    """A sentence for each group that is worse off, by the figure that tells it best, the worst off first.

    Where there is none, for those that may be.
    """
    if not groups:
        yield "No groups of people or things were told apart, so nothing is known of whom it treats worse."
        return
    outside = [each for each in groups if each.verdict == "outside"]
    told = _one_of_each(each for each in outside if _is_harmed(each))[:_MOST_NAMED]
    yield from map(_worse_off, told)
    if len(outside) > len(told):
        named = {id(each) for each in told}
        yield _more_outside([each for each in outside if id(each) not in named], which="further " if told else "")
    unclear = [each for each in groups if each.verdict in ("too few", "undecided")]
    if not told:
        yield from map(_maybe_worse_off, _one_of_each(filter(may_be_harmed, unclear))[:_MOST_GUESSED])
    if not outside:
        yield "No group is outside of the limits" + ("." if not unclear else f", but {_undecided(len(unclear), '')}.")
    elif unclear:
        yield f"{_undecided(len(unclear), 'further ')}: there are too few rows."


def _is_harmed(each: GroupFigure) -> bool:
    """Worse off, or treated otherwise; base rates are the data's, not the model's."""
    return standing(each) != "better off" and not is_of_data(each)


def _one_of_each(figures: Iterable[GroupFigure]) -> list[GroupFigure]:
    """One figure of each group, and none of a part of a group that has one already."""
    found: list[GroupFigure] = []
    for each in most_telling_first(figures):
        if not any(named.slice.items() <= each.slice.items() for named in found):
            found.append(each)
    return found


def _worse_off(each: GroupFigure) -> str:
    how = standing(each) or "treated otherwise than the rest"
    told = f"the {_in_words(each)} of its {each.n:,} rows is {figure(each.value)}{_against(each)}"
    return f"{each.group} ({each.attribute}) is {how}, by more than chance explains: {told}."


def _maybe_worse_off(each: GroupFigure) -> str:
    told = f"the {_in_words(each)} of its {each.n:,} rows is {figure(each.value)}{_against(each)}"
    return f"{each.group} ({each.attribute}) may be worse off: {told}; too few rows to tell."


def _in_words(each: GroupFigure) -> str:
    return each.metric.replace("_", " ")


def _more_outside(those: Sequence[GroupFigure], *, which: str) -> str:
    count, worse = len(those), sum(standing(each) == "worse off" for each in those)
    figures = "figure of groups is" if count == 1 else "figures of groups are"
    return f"{count:,} {which}{figures} outside of the limits, {worse or 'none'} of them of groups that are worse off."


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
