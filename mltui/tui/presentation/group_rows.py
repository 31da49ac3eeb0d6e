"""The rows behind a figure: what each was, what was answered, how sure, and in which groups it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from mltui.domain.groups import GroupedMetric, group_name
from mltui.domain.task import Task
from mltui.operations.versions.group_rows import EvaluatedRow
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import shortened


def head_lines(of: GroupedMetric, *, counted: int, mistakes: int, task: Task, width: int) -> list[Text]:
    """What counts in the figure, and how the rows are ordered."""
    is_regression = task == "regression"
    order = "the largest errors first" if is_regression else "the most confident mistakes first"
    wrong = "" if is_regression else f", {mistakes:,} of them are mistakes"
    told = f"{figure_words(of)}: {counted:,} rows count{wrong}"
    return [shortened(Text(told, "bold"), width), shortened(Text(order, "dim"), width)]


def figure_words(of: GroupedMetric) -> str:
    return literal(f"{of.metric} of {group_name(tuple(of.slice.values()))}" if of.slice else f"{of.metric} of all rows")


def heads(task: Task, attributes: Sequence[str]) -> tuple[str, ...]:
    return ("", "ROW", "IS", "SAID", "OFF" if task == "regression" else "SCORE", *map(str.upper, attributes))


def row_cells(row: EvaluatedRow, attributes: Sequence[str]) -> tuple[Text | str, ...]:
    return (
        mark(row),
        row.file or row.row_id,
        value(row.truth),
        value(row.prediction),
        measure(row),
        *(Text(literal(row.attributes.get(name, "–")), "dim") for name in attributes),
    )


def mark(row: EvaluatedRow) -> Text:
    """In a regression nothing is right or wrong but what is hit exactly."""
    if row.error is not None:
        return Text("▲ above" if row.error > 0 else "▼ below", "yellow") if row.error else Text("✓ hit", "green")
    return Text("✗ wrong", "red") if row.is_mistake else Text("✓ right", "green")


def value(told: str | float) -> str:
    return literal(told) if isinstance(told, str) else figure(told)


def measure(row: EvaluatedRow) -> str:
    """How far off, or the score of the answer."""
    if row.error is None:
        return figure(row.score)
    return ("+" if row.error > 0 else "") + figure(row.error)


def row_text(row: EvaluatedRow, fields: Mapping[str, str], problem: str) -> str:
    """All that is known of a row, a line each; to be made literal by who shows it."""
    known: dict[str, str] = {
        "row": row.row_id,
        **({"file": row.file} if row.file else {}),
        "is": value(row.truth),
        "said": value(row.prediction),
        "off" if row.error is not None else "score": measure(row),
        **row.attributes,
    }
    lines = [f"{name}: {told}" for name, told in known.items()]
    lines += ["", *(f"{name}: {told}" for name, told in fields.items())] if fields else []
    return "\n".join([*lines, *([f"! {problem}"] if problem else [])])
