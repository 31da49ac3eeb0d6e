"""An evaluation table from predictions that were made elsewhere, by the columns that a person names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from mltui.analysis.decimal_signs import require_said, with_points
from mltui.analysis.foreign_bands import banded
from mltui.analysis.foreign_columns import ForeignColumns
from mltui.analysis.grouping import Grouping
from mltui.analysis.table import LARGEST_NUMBER, EvaluationTable
from mltui.bands import Banding
from mltui.domain.task import Task
from mltui.errors import UsageError

MOST_CLASSES = 20
"""Numbers with more different truths are a regression, where nobody says what they are."""

USUAL_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class NamedColumns:
    """Which column is what."""

    truth: str
    prediction: str | None = None
    """None: by the threshold on the score."""
    score: str | None = None
    """Of the positive class, 0 to 1; an empty cell or `nan` beside a prediction is no score."""
    by: tuple[str, ...] = ()
    bands: Mapping[str, Banding] = field(default_factory=dict)
    """Columns that are numbers, and groups by these."""
    dropped: tuple[str, ...] = ()
    """Those that must not be looked at."""
    decimal: str | None = None
    """`.` or `,`; None: a point, and numbers that seem to have a comma are refused."""

    def names(self) -> list[str]:
        """Raises `UsageError` where they contradict each other."""
        named = [self.truth, *(name for name in (self.prediction, self.score) if name is not None)]
        named += [*self.by, *self.bands]
        barred = [name for name in named if name in self.dropped]
        if barred:
            raise UsageError(f"column “{barred[0]}” is named and dropped", hint="take one of the two away")
        if self.truth in self.by:
            raise UsageError(f"column “{self.truth}” is the truth", hint="make groups of another one, or bands of it")
        if self.prediction is None and self.score is None:
            raise UsageError("nothing says what was predicted", hint="name --prediction, or --score with --threshold")
        for name, banding in self.bands.items():
            if banding.problem is not None:
                raise UsageError(f"bands of “{name}”: {banding.problem[0]}", hint=banding.problem[1])
        return named


def table_of(
    found: ForeignColumns,
    columns: NamedColumns,
    *,
    task: Task | None = None,
    positive: str | None = None,
    threshold: float | None = None,
) -> EvaluationTable:
    """Labels that are numbers are the same label however they are written (`1` and `1.0`).

    `threshold`: None is `USUAL_THRESHOLD` where there is no prediction. `positive`: of two classes the one that rates
    are of; else the last in alphabetical order. Raises `WorkFailed` with line and column of a cell that does not fit,
    `UsageError` where columns and classes do not go together.
    """
    _check_threshold(threshold, columns)
    found = _with_points(found, columns)
    is_labelled = task == "classification" or columns.score is not None or positive is not None
    truths, predictions = _values(found, columns.truth), _predicted(found, columns)
    if task != "regression" and (is_labelled or not _are_many(truths)):
        least = USUAL_THRESHOLD if threshold is None else threshold
        return _classification(found, columns, positive=positive, threshold=least, is_text=is_labelled)
    if columns.score is not None or predictions is None:
        raise UsageError("a regression has no scores", hint="name --prediction, and no --score")
    numbers = [_numbers(found, name) for name in (columns.truth, columns.prediction or "")]
    return EvaluationTable("regression", (), _row_ids(found), numbers[0], numbers[1], None, _attributes(found, columns))


def _with_points(found: ForeignColumns, columns: NamedColumns) -> ForeignColumns:
    labels = [name for name in (columns.truth, columns.prediction) if name is not None]
    numbers = [*([] if columns.score is None else [columns.score]), *columns.bands]
    if columns.decimal is None:
        require_said(found, labels=labels, numbers=numbers)
    return with_points(found, dict.fromkeys([*labels, *numbers])) if columns.decimal == "," else found


def _check_threshold(threshold: float | None, columns: NamedColumns) -> None:
    if threshold is None:
        return
    if not 0 <= threshold <= 1:
        raise UsageError(f"a threshold of {threshold:g} is no score", hint="scores are from 0 to 1")
    if columns.prediction is not None:
        raise UsageError(
            f"column “{columns.prediction}” says what was predicted, and so does the threshold",
            hint="take --prediction away, or --threshold",
        )


def _classification(
    found: ForeignColumns, columns: NamedColumns, *, positive: str | None, threshold: float, is_text: bool
) -> EvaluationTable:
    truth = _labels(found, columns.truth, is_text=is_text)
    score = None if columns.score is None else _scores(found, columns.score, is_needed=columns.prediction is None)
    said = None if columns.prediction is None else _labels(found, columns.prediction, is_text=is_text)
    if not is_text:
        _check_alike(found, columns, {*truth}, {*(said or ())})
    classes = _classes(
        {*truth, *(said or ())}, None if positive is None else _label(positive), has_score=score is not None
    )
    if said is None:
        assert score is not None
        said = [classes[int(value)] for value in score >= threshold]
    codes = {label: code for code, label in enumerate(classes)}
    places = [np.array([codes[label] for label in labels], dtype=np.intp) for labels in (truth, said)]
    scores = None if score is None else np.column_stack([1 - score, score])
    return EvaluationTable(
        "classification", classes, _row_ids(found), places[0], places[1], scores, _attributes(found, columns)
    )


def _check_alike(found: ForeignColumns, columns: NamedColumns, truths: set[str], answers: set[str]) -> None:
    """Refuses answers in other words than all of the truth's, and fractions that are none of its few labels."""
    strangers = answers - truths
    is_foreign = strangers == answers and len(truths | answers) > 2
    fractions = [each for each in strangers if _is_number(each) and not float(each).is_integer()]
    if strangers and (is_foreign or len(fractions) > MOST_CLASSES):
        cells = [_label(cell) for cell in found.cells[columns.prediction or ""]]
        row = next(row for row, cell in enumerate(cells) if cell in strangers)
        found.refuse(
            row,
            columns.prediction or "",
            f"“{cells[row]}” is no label of {columns.truth}; if they are numbers, say --task regression, "
            "if they are scores, name --score, and if they are classes, say --task classification",
        )


def _classes(labels: set[str], positive: str | None, *, has_score: bool) -> tuple[str, ...]:
    """The positive one last."""
    ordered = sorted(labels, key=_in_order)
    if positive is None:
        if len(ordered) == 1:
            return (f"not {ordered[0]}", ordered[0])
        if len(ordered) > 2 and has_score:
            raise UsageError(
                "a score is of one of two classes", hint=f"the table has {len(ordered)}: take --score away"
            )
        return tuple(ordered)
    rest = [label for label in ordered if label != positive]
    if (positive not in labels and len(rest) > 1) or not labels:
        raise UsageError(f"no row is of “{positive}”", hint=f"the classes are {', '.join(ordered)}")
    if len(rest) > 1:
        raise UsageError(
            f"“{positive}” can be positive only of two classes", hint=f"the classes are {', '.join(ordered)}"
        )
    return (rest[0] if rest else f"not {positive}", positive)


def _in_order(label: str) -> tuple[float, str]:
    return (float(label), label) if _is_number(label) else (np.inf, label)


def _predicted(found: ForeignColumns, columns: NamedColumns) -> Sequence[str] | None:
    return None if columns.prediction is None else _values(found, columns.prediction)


def _values(found: ForeignColumns, column: str) -> Sequence[str]:
    cells = found.cells[column]
    if "" in cells:
        found.refuse(list(cells).index(""), column, "it is empty")
    return cells


def _labels(found: ForeignColumns, column: str, *, is_text: bool) -> list[str]:
    """Where nobody says what they are, all are numbers if the first one is."""
    cells = _values(found, column)
    if not is_text:
        is_number = _is_number(cells[0])
        for row, cell in enumerate(cells):
            if _is_number(cell) != is_number:
                kinds = ("a number", "none") if not is_number else ("no number", "one")
                found.refuse(row, column, f"“{cell}” is {kinds[0]}, and the first row's “{cells[0]}” is {kinds[1]}")
    known = {cell: _label(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _label(cell: str) -> str:
    """Whole numbers in all their digits."""
    if not _is_number(cell):
        return cell
    number = Decimal(cell) + 0
    is_whole = abs(number) < 10**18 and number == number.to_integral_value()
    return f"{number:.0f}" if is_whole else f"{float(cell):.15g}"


def _are_many(cells: Sequence[str]) -> bool:
    different = set(cells)
    return len(different) > MOST_CLASSES and _is_number(cells[0])


def _numbers(found: ForeignColumns, column: str) -> NDArray[np.float64]:
    cells = _values(found, column)
    try:
        numbers = np.array(cells, dtype=np.float64)
    except ValueError:
        row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
        found.refuse(row, column, f"“{cells[row]}” is no number")
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers)))
        found.refuse(row, column, f"“{cells[row]}” is no finite number")
    if not (np.abs(numbers) <= LARGEST_NUMBER).all():
        row = int(np.argmax(np.abs(numbers) > LARGEST_NUMBER))
        found.refuse(row, column, f"“{cells[row]}” is larger than any figure can be made of")
    return numbers


def _scores(found: ForeignColumns, column: str, *, is_needed: bool) -> NDArray[np.float64]:
    cells = found.cells[column]
    scores = np.full(len(found), np.nan)
    for row, cell in enumerate(cells):
        if cell.lower() in ("", "nan") and not is_needed:
            continue
        if not _is_number(cell):
            found.refuse(row, column, f"“{cell}” is no number")
        scores[row] = float(cell)
        if not 0 <= scores[row] <= 1:
            found.refuse(row, column, f"“{cell}” is no score from 0 to 1")
    return scores


def _attributes(found: ForeignColumns, columns: NamedColumns) -> dict[str, Grouping]:
    plain = {name: Grouping.of(found.cells[name]) for name in dict.fromkeys(columns.by) if name not in columns.bands}
    return plain | {name: banded(found, name, banding) for name, banding in columns.bands.items()}


def _row_ids(found: ForeignColumns) -> NDArray[np.str_]:
    return np.array(found.places, dtype=np.str_)


def _is_number(cell: str) -> bool:
    """Finite ones; `nan` may be a label, and has no place in an order."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
