"""A breakdown with intervals against Fairlearn's figures without them: 1 M rows, three attributes, eight metrics.

python tests/benchmarks/breakdown_speed.py [ROWS]

Prints the processor's seconds of each, their ratio, and the most memory that the breakdown needs beyond the table.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate
from sklearn import metrics as oracle

from mltui.analysis.grouping import Grouping
from mltui.analysis.groups import breakdown
from mltui.analysis.table import EvaluationTable

GROUPS = {"region": 15, "age": 10, "sex": 5}
METRICS: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": oracle.accuracy_score,
    "base_rate": lambda truth, said: float(truth.mean()),
    "selection_rate": selection_rate,
    "recall": oracle.recall_score,
    "precision": oracle.precision_score,
    "f1": oracle.f1_score,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, rows)
    said = np.where(rng.random(rows) < 0.8, truth, 1 - truth)
    score = np.where(said == 1, 0.5, 0.0) + rng.random(rows) / 2
    cells = {name: rng.choice([f"{name} {place:02}" for place in range(of)], rows) for name, of in GROUPS.items()}

    began = time.process_time()
    columns = {name: Grouping.of(values.tolist()) for name, values in cells.items()}
    reading = time.process_time() - began
    table = EvaluationTable(
        "classification",
        ("no", "yes"),
        np.arange(rows).astype(str),
        truth,
        said,
        np.column_stack([1 - score, score]),
        columns,
    )
    names = list(GROUPS)
    ours = _seconds(lambda: breakdown(table, attributes=names, metrics=list(METRICS)))
    ranked = _seconds(lambda: breakdown(table, attributes=names, metrics=[*list(METRICS)[1:], "auc"]))
    tracemalloc.start()
    breakdown(table, attributes=names, metrics=list(METRICS))
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    theirs = _seconds(lambda: [_frame(truth, said, values) for values in cells.values()])
    print(f"breakdown with intervals   {ours:7.3f} s  {memory / 2**20:7.0f} MiB")
    print(f"  its columns read once    {reading:7.3f} s")
    print(f"  with auc for accuracy    {ranked:7.3f} s")
    print(f"Fairlearn without          {theirs:7.3f} s")
    whole = theirs / (ours + reading)
    print(f"ratio {theirs / ours:.0f}, with the columns' reading {whole:.0f}, with auc {theirs / ranked:.0f}")


def _frame(truth: Any, said: Any, values: Any) -> Any:
    frame = MetricFrame(metrics=METRICS, y_true=truth, y_pred=said, sensitive_features=values)
    return frame.by_group, frame.difference(), frame.ratio()


def _seconds(act: Callable[[], object]) -> float:
    """Best of three where it is quick."""
    seconds: list[float] = []
    while not seconds or (len(seconds) < 3 and sum(seconds) < 10):
        began = time.process_time()
        act()
        seconds.append(time.process_time() - began)
    return min(seconds)


if __name__ == "__main__":
    main()
