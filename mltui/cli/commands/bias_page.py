"""The bias breakdown of a version, and the rows behind one of its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.read import limit_of
from mltui.cli.commands.version_page import group_lines
from mltui.cli.text import figure, table
from mltui.domain.groups import GroupedMetric, crossed
from mltui.domain.metrics import find_metric
from mltui.domain.names import version_name
from mltui.domain.told_once import class_words, told_once
from mltui.domain.unplaced import unplaced_sentences
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import worst_first
from mltui.errors import MltuiError, UsageError
from mltui.operations.standing.browse import main_metric
from mltui.operations.standing.state import require_version
from mltui.operations.versions.bias import figures_by, version_bias
from mltui.operations.versions.group_rows import EvaluatedRow, group_rows
from mltui.operations.versions.held_out import fields_of


def version_bias_of(call: Call) -> Answer:
    bias = version_bias(call.workspace, call.version)
    attributes = [crossed(call.by)] if call.by else list(bias.by_attribute)
    found = [each for attribute in attributes for each in figures_by(call.workspace, bias, attribute)]
    if not call.metric:
        found = [*told_once(found, bias.version.classes)]
    else:
        found = [each for each in found if each.metric == call.metric]
        if not found:
            raise UsageError(f"there is no {call.metric} by group", hint="mltui version bias without --metric has all")
    shown = worst_first(found)[: limit_of(call)]
    name = version_name(bias.version.id)
    head = f"{name}: {len(shown):,} of {len(found):,} figures, the worst first{class_words(bias.version.classes)}"
    data = {"version": name, "count": len(found), "groups": shown, "more_attributes": bias.more}
    unplaced = unplaced_sentences(bias.version.groups, held_out=bias.version.rows.get("held_out", 0))
    lines = [*([bias.problem] if bias.problem else []), *unplaced]
    lines += [head, *group_lines(shown), *_meanings(shown)] if found else ["no groups: data.groups names none"]
    return Answer(data, lines)


def version_rows(call: Call) -> Answer:
    version = require_version(call.workspace, call.version)
    of = _figure_of(call.group, call.metric or main_metric(version.task))
    rows = group_rows(call.workspace.store, version, of)
    found = (rows.only_mistakes() if call.mistakes else rows).matching(call.match)
    shown = found.page(0, limit_of(call))
    fields, problem = _fields(call, [each.row_id for each in shown]) if call.fields else ({}, "")
    data = {
        "version": version_name(version.id),
        "metric": of.metric,
        "group": of.slice,
        "counted": len(rows),
        "mistakes": rows.mistakes,
        "found": len(found),
        "rows": [{**plain(each), **({"fields": fields.get(each.row_id)} if call.fields else {})} for each in shown],
        "problem": problem or None,
    }
    wrong = "" if rows.task == "regression" else f", {rows.mistakes:,} of them are mistakes"
    told = f"{of}: {len(rows):,} rows count{wrong}"
    return Answer(
        data,
        [
            f"{told}; {len(shown):,} of {len(found):,} shown",
            *([problem] if problem else []),
            *_table(shown),
            *_field_lines(fields),
        ],
    )


def _figure_of(groups: Sequence[str], metric: str) -> GroupedMetric:
    """`["lighting=dim", "camera=phone"]` is their intersection."""
    parts = [each.partition("=") for each in groups]
    bad = next((attribute for attribute, sign, group in parts if not sign or not group), None)
    if bad is not None:
        raise UsageError(f"“{bad}” names no group", hint="write --group ATTRIBUTE=GROUP")
    return GroupedMetric(metric, {attribute: group for attribute, _, group in parts})


def _fields(call: Call, row_ids: Sequence[str]) -> tuple[Mapping[str, Mapping[str, str]], str]:
    version = require_version(call.workspace, call.version)
    try:
        return fields_of(call.workspace.store, version, row_ids), ""
    except MltuiError as error:
        return {}, error.message


def _table(shown: Sequence[EvaluatedRow]) -> list[str]:
    names = list(dict.fromkeys(name for each in shown for name in each.attributes))
    is_regression = any(each.error is not None for each in shown)
    rows = [
        (
            "wrong" if each.is_mistake else "right",
            each.file or each.row_id,
            _value(each.truth),
            _value(each.prediction),
            f"{each.error:+,.4g}" if each.error is not None else figure(each.score),
            *(each.attributes.get(name, "–") for name in names),
        )
        for each in shown
    ]
    measure = "OFF" if is_regression else "SCORE"
    return ["", *table(rows, head=("", "ROW", "TRUTH", "ANSWER", measure, *map(str.upper, names)))] if rows else []


def _value(told: str | float) -> str:
    return told if isinstance(told, str) else figure(told)


def _field_lines(fields: Mapping[str, Mapping[str, str]]) -> list[str]:
    told = [
        f"{row_id}: {', '.join(f'{name} {value}' for name, value in each.items())}" for row_id, each in fields.items()
    ]
    return ["", *told] if told else []


def _meanings(shown: Sequence[GroupFigure]) -> list[str]:
    known = {name: find_metric(name) for name in dict.fromkeys(each.metric for each in shown)}
    return ["", *(f"{name}: {metric.sentence}" for name, metric in known.items() if metric is not None)]
