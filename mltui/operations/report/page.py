"""Writes a report: one HTML file that needs nothing else, or Markdown for a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mltui.bands import is_measured
from mltui.domain.groups import attributes_in
from mltui.domain.metrics import find_metric
from mltui.domain.names import data_name, release_name, version_name
from mltui.domain.verdict_words import with_side
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import most_telling
from mltui.errors import Refused, Unreachable
from mltui.operations.report.charts import (
    CURVE_HEIGHT,
    WIDTH,
    GroupChart,
    curve_chart,
    figure,
    group_chart,
    shades,
    trend_chart,
)
from mltui.operations.report.comparison import comparison_part
from mltui.operations.report.gathered import Gathered
from mltui.operations.report.learned import learned_table
from mltui.operations.report.recorded import as_recorded
from mltui.operations.report.sentences import VERDICTS, summary

_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_DIRECTIONS = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HALVES = range(0xD800, 0xE000)
_UNSEEN = dict.fromkeys([*_CONTROLS, *_DIRECTIONS, *_HALVES], "�")
"""What a page must not hold, what turns the order of its letters, what no file can hold; ends of lines may stay."""
_TELLING = ("accuracy", "recall", "selection_rate", "mae")
_MARKUP = str.maketrans({each: f"\\{each}" for each in "\\`*_{}[]|#~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def html(found: Gathered) -> str:
    """Foreign text is escaped."""
    return _rendered("page.html", found)


def markdown(found: Gathered) -> str:
    return _rendered("page.md", found)


def _rendered(name: str, found: Gathered) -> str:
    with as_recorded(version_name(found.version.id)):
        return environment(autoescape=name.endswith(".html")).get_template(name).render(_values(found))


def environment(*, autoescape: bool) -> Environment:
    made = Environment(
        loader=PackageLoader("mltui", "templates/report"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    made.globals["verdicts"] = VERDICTS
    made.filters |= {
        "figure": figure,
        "against": _against,
        "with_side": with_side,
        "md": _plain,
        "version": version_name,
        "release": release_name,
    }
    return made


def _seen(value: Any) -> Any:
    return value.translate(_UNSEEN) if isinstance(value, str) else value


def _plain(text: object) -> str:
    """In one line, with nothing that Markdown takes for markup."""
    return " ".join(str(text).split()).translate(_MARKUP)


def _against(each: GroupFigure) -> str:
    """The ratio to the reference; the difference where the metric has no ratio."""
    if each.ratio is not None or each.difference is None:
        return figure(each.ratio)
    return f"{'+' if each.difference > 0 else ''}{figure(each.difference)}"


def _values(found: Gathered) -> Mapping[str, Any]:
    version = found.version
    return {
        "found": found,
        "version": version,
        "summary": summary(found),
        "meanings": meanings([*version.metrics, *(each.metric for each in version.groups)]),
        "breakdowns": breakdowns(version.groups, version.metrics),
        "comparison": comparison_part(found.compared, found.answers),
        "trends": _trends(found),
        "curve": curve_chart(version.learning_curve),
        "curve_height": CURVE_HEIGHT,
        "learned": learned_table(version.learning_curve),
        "width": WIDTH,
        "confusion": list(shades(version.confusion)),
        "proxies": list(found.data.told_by_features()),
        "data": data_name(version.data),
        "card": [each for each in found.card if each.text],
    }


def breakdowns(groups: Sequence[GroupFigure], overall: Mapping[str, float | None]) -> list[dict[str, Any]]:
    """By attribute: all its figures, and pictures of those metrics that tell most; none of two attributes that meet."""
    found = []
    for attribute, figures in groupby(groups, key=lambda each: each.attribute):
        rows = list(figures)
        by_metric = [(metric, list(rows)) for metric, rows in groupby(rows, key=lambda each: each.metric)]
        drawn = [] if len(attributes_in(attribute)) > 1 else [each for each in by_metric if _tells_much(*each)]
        charts = [group_chart(rows, overall=overall.get(metric)) for metric, rows in drawn]
        found.append({"attribute": attribute, "rows": rows, "charts": charts, "is_measured": is_measured(attribute)})
    return found


def _trends(found: Gathered) -> list[GroupChart]:
    """For each single attribute, of the metric that tells most."""
    by_attribute: dict[str, list[GroupFigure]] = {}
    for each in found.version.groups:
        if len(each.slice) == 1:
            by_attribute.setdefault(each.attribute, []).append(each)
    told = {name: first.metric for name, rows in by_attribute.items() if (first := most_telling(rows)) is not None}
    drawn = (
        trend_chart(found.history.trend(attribute, metric), title=f"{metric} by {attribute}")
        for attribute, metric in sorted(told.items())
    )
    return [each for each in drawn if each is not None]


def meanings(names: Iterable[str]) -> dict[str, str]:
    """Metric → what it means, of all that are told."""
    known = {name: find_metric(name) for name in dict.fromkeys(name.partition(":")[0] for name in names)}
    return {name: metric.sentence for name, metric in known.items() if metric is not None}


def _tells_much(metric: str, rows: Sequence[GroupFigure]) -> bool:
    return metric in _TELLING or any(each.verdict == "outside" for each in rows)


def file_name(project: str, version: int, *, is_markdown: bool) -> str:
    """Where nobody names another."""
    return f"{project}-{version_name(version)}.{'md' if is_markdown else 'html'}"


def write(found: Gathered, file: Path, *, is_markdown: bool) -> None:
    save(markdown(found) if is_markdown else html(found), file, of="this version")


def save(text: str, file: Path, *, of: str) -> None:
    """Whole or not at all. Replaces an older report; raises `Refused` where another file stands there."""
    try:
        if file.exists() and _head(file.read_text("utf-8", "replace")) != _head(text):
            raise Refused(f"{file} is no report of {of}", hint="name another file, or take it away")
        _replace(file, text)
    except OSError as error:
        raise Unreachable(f"{file} cannot be written: {error.strerror}", hint="name another file") from error


def _replace(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _head(text: str) -> str:
    """What all reports of one version begin with."""
    return text.partition("<style>")[0] if text.startswith("<!doctype") else text.partition("\n")[0]
