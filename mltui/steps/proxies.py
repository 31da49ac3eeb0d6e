"""Proxies: how well a model's features tell a group that the model is not to know.

Each feature becomes indicators, of ten quantiles or of its categories, and a ridge regression on them separates a group
from all other rows; what it says is always of rows that it was not fitted on. So each feature may act in any shape, but
two only by what they add to one another: a group that shows in their interplay alone is not found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mltui.bands import in_order
from mltui.pooling import LEAST_ROWS, MOST_GROUPS, POOLED
from mltui.serving.description import Feature
from mltui.steps.splitting import Candidate
from mltui.steps.tables import as_number

Array = NDArray[np.float64]

FOLDS = 5
MOST_ROWS = 20_000
"""Of more, evenly spaced ones are taken."""
QUANTILES = 10
MOST_CATEGORIES = 50
MOST_CELLS = 20_000_000
"""Rows × indicators at once, 160 MB; of wider tables fewer rows are taken."""
PENALTY = 1.0
MOST_FEATURES = 3
SEED = 1


def proxies(rows: Sequence[Candidate], features: Sequence[Feature]) -> list[dict[str, Any]]:
    """Of each group of each attribute that is no feature: `auc`, `deviation` and the `features` that carry it most.

    `auc` is cross-validated, None with too few rows; `deviation` is the standard deviation around 0.5 of scores that
    know nothing and are independent of one another (Mann and Whitney 1947). Those of a cross-validation are not quite:
    theirs lie lower, and spread about 1.4 times as far at 600 rows. Each feature stands with its AUC when it is alone.
    """
    hidden = [name for name in rows[0].attributes if name not in {feature.name for feature in features}]
    if not features or not hidden:
        return []
    taken = rows[:: -(-len(rows) // _most_rows(features))]
    blocks = [_indicators([row.cells[feature.name] for row in taken], feature) for feature in features]
    folds = np.random.default_rng(SEED).permutation(len(taken)) % FOLDS
    found = []
    for name in hidden:
        groups = np.array([row.attributes[name] for row in taken])
        known = groups != ""
        found += _of_attribute(
            name, groups[known], [(f.name, b[known]) for f, b in zip(features, blocks, strict=True)], folds[known]
        )
    return found


def _most_rows(features: Sequence[Feature]) -> int:
    widths = (QUANTILES if each.type == "number" else min(len(each.categories), MOST_CATEGORIES) for each in features)
    return max(1, min(MOST_ROWS, MOST_CELLS // (1 + sum(width + 1 for width in widths))))


def _of_attribute(
    name: str, groups: NDArray[np.str_], blocks: Sequence[tuple[str, Array]], folds: NDArray[np.intp]
) -> list[dict[str, Any]]:
    labels, sizes = np.unique(groups, return_counts=True)
    if len(labels) < 2:
        return []
    is_told = np.minimum(sizes, len(groups) - sizes) >= LEAST_ROWS
    is_in = (groups[:, None] == labels[is_told]).astype(np.float64)
    together = _areas(np.hstack([block for _, block in blocks]), is_in, folds)
    alone = {feature: _areas(block, is_in, folds) for feature, block in blocks}
    places = np.cumsum(is_told) - 1
    found = []
    for label, inside, is_enough, place in zip(labels, sizes.tolist(), is_told, places, strict=True):
        entry: dict[str, Any] = {"attribute": name, "group": str(label), "rows": inside, "auc": None, "features": []}
        if is_enough:
            outside = len(groups) - inside
            aucs = {feature: areas[place] for feature, areas in alone.items()}
            best = sorted(aucs.items(), key=lambda item: (-item[1], item[0]))[:MOST_FEATURES]
            entry |= {
                "auc": together[place],
                "deviation": float(np.sqrt((inside + outside + 1) / (12 * inside * outside))),
                "features": [{"name": feature, "auc": value} for feature, value in best],
            }
        found.append(entry)
    by_group = {entry["group"]: entry for entry in found}
    ordered = [by_group[group] for group in in_order(by_group)]
    return _pooled(name, ordered) if len(ordered) > MOST_GROUPS else ordered


def _pooled(name: str, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those without a figure as one."""
    rare = [each for each in found if each["auc"] is None]
    together = {"attribute": name, "group": POOLED, "rows": sum(each["rows"] for each in rare), "auc": None}
    return [*(each for each in found if each["auc"] is not None), *([together | {"features": []}] if rare else [])]


def _areas(columns: Array, is_in: Array, folds: NDArray[np.intp]) -> list[float]:
    """[G]"""
    scores = _scores(columns, is_in, folds)
    return [auc(scores[:, place], is_in[:, place]) for place in range(is_in.shape[1])]


def _scores(columns: Array, is_in: Array, folds: NDArray[np.intp]) -> Array:
    """[N, G], each row by the regression on the other folds; from [N, D] indicators and [N, G] groups."""
    columns = np.hstack([np.ones((len(columns), 1)), columns])
    penalty = PENALTY * np.eye(columns.shape[1])
    penalty[0, 0] = 1e-9
    whole, answers = columns.T @ columns + penalty, columns.T @ is_in
    scores = np.empty_like(is_in)
    for fold in range(FOLDS):
        left_out = folds == fold
        part = columns[left_out]
        weights = np.linalg.solve(whole - part.T @ part, answers - part.T @ is_in[left_out])
        scores[left_out] = part @ weights
    return scores


def auc(scores: Array, is_in: Array) -> float:
    """Share of the pairs of one inside and one outside that are in order; a tie counts half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    inside = float(is_in.sum())
    outside = len(is_in) - inside
    return float((ranks @ is_in - inside * (inside + 1) / 2) / (inside * outside))


def _indicators(cells: Sequence[str], feature: Feature) -> Array:
    """[N, D], 0 or 1; an empty cell is a category of its own."""
    if feature.type == "number":
        values = np.array([as_number(cell) if cell else np.nan for cell in cells], dtype=np.float64)
        filled = values[~np.isnan(values)]
        inner = np.unique(np.quantile(filled, np.linspace(0, 1, QUANTILES + 1)[1:-1])) if len(filled) else filled
        codes = np.where(np.isnan(values), -1, np.searchsorted(inner, values, side="left"))
    else:
        codes = _codes(cells)
    indicators: Array = (codes[:, None] == np.unique(codes)).astype(np.float64)
    return indicators


def _codes(cells: Iterable[str]) -> NDArray[np.intp]:
    """The most frequent categories by number, all others together."""
    cells = list(cells)
    known = {name: place for place, (name, _) in enumerate(Counter(cells).most_common(MOST_CATEGORIES))}
    return np.array([known.get(cell, MOST_CATEGORIES) for cell in cells])
