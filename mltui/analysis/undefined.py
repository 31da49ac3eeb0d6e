"""Why a metric of a table has no value."""

from __future__ import annotations

import numpy as np

from mltui.analysis.shares import count, find_share, fractions
from mltui.analysis.table import EvaluationTable

_WANTED = {
    "recall": "is of",
    "false_negative_rate": "is of",
    "precision": "is answered with",
    "f1": "is of, or is answered with,",
    "false_positive_rate": "is of another class than",
}
_MOST_NAMED = 5


def why_undefined(table: EvaluationTable, metric: str) -> str:
    """In a few words, of a metric that `figures` leaves without a value."""
    share = find_share(metric, table.classes)
    if share is not None:
        bottoms = fractions(share, count(table))[1][0]
        missing = [table.classes[code] for code, rows in zip(share.classes, bottoms, strict=True) if rows == 0]
        rest = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        return f"no row {_WANTED[share.kind]} {', '.join(missing[:_MOST_NAMED])}{rest}" if missing else "no rows"
    if table.task == "regression":
        return "the truth is always the same" if metric == "r2" else "its sums are too large for numbers"
    if table.scores is None or not np.isfinite(table.scores).all(axis=1).any():
        return "there are no scores"
    return "not every class has rows with scores"
