"""The breakdown of predictions that were made elsewhere as a page of its own: the same look, no project, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mltui.errors import UsageError
from mltui.operations.report.charts import WIDTH, figure
from mltui.operations.report.page import breakdowns, environment, meanings, save
from mltui.operations.report.sentences import group_sentences
from mltui.operations.versions.evaluate import Evaluated

_TEMPLATES = {".html": "evaluation.html", ".md": "evaluation.md"}


def require_report_name(file: Path) -> None:
    """Raises `UsageError` for a file that is neither HTML nor Markdown by its name."""
    if file.suffix not in _TEMPLATES:
        raise UsageError(f"{file.name} is neither .html nor .md", hint="for instance --report breakdown.html")


def write_evaluation(found: Evaluated, file: Path, *, name: str) -> None:
    """`name` is the table's. Whole or not at all; raises `Refused` where another file stands there."""
    require_report_name(file)
    save(evaluation_text(found, name=name, is_markdown=file.suffix == ".md"), file, of=name)


def evaluation_text(found: Evaluated, *, name: str, is_markdown: bool) -> str:
    template = _TEMPLATES[".md" if is_markdown else ".html"]
    return environment(autoescape=not is_markdown).get_template(template).render(_values(found, name))


def _values(found: Evaluated, name: str) -> Mapping[str, Any]:
    overall = {metric: each.value for metric, each in found.overall.items()}
    return {
        "name": name,
        "found": found,
        "summary": summary(found),
        "meanings": meanings([*overall, *(each.metric for each in found.groups)]),
        "breakdowns": breakdowns(found.groups, overall),
        "width": WIDTH,
    }


def summary(found: Evaluated) -> list[str]:
    """How good the predictions are, for whom they are worse, and what to know of the table, in whole sentences."""
    return [_how_good(found), *group_sentences(found.groups), *found.cautions]


def _how_good(found: Evaluated) -> str:
    accuracy, error = found.overall.get("accuracy"), found.overall.get("mae")
    if accuracy is not None and accuracy.value is not None:
        span = (
            "" if accuracy.low is None else f"; with 95 % confidence between {accuracy.low:.1%} and {accuracy.high:.1%}"
        )
        return f"Of {found.rows:,} predictions, {accuracy.value:.1%} are right{span}."
    if error is not None and error.value is not None:
        span = (
            "" if error.low is None else f"; with 95 % confidence between {figure(error.low)} and {figure(error.high)}"
        )
        return f"{found.rows:,} predictions are off by {figure(error.value)} on average{span}."
    return f"{found.rows:,} predictions were evaluated."
