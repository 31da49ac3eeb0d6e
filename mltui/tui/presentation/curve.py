"""Learning curves: two series over the epochs, told apart without colour, their figures beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.plot import Scale, axes, braille, finite, is_known, margin_of, spread, thinned
from mltui.tui.presentation.table import flow, shortened

LOSSES = ("train_loss", "validation_loss")
ACCURACIES = ("train_accuracy", "validation_accuracy")

_STYLES = ("cyan", "yellow")
_LINE, _POINT, _CROSS = "⠤", "•", "×"
_SPARSE = 4
"""Cells between two epochs from which on each epoch of the line gets a point."""


def learning_curve(
    epochs: Sequence[Mapping[str, float]],
    *,
    width: int,
    height: int,
    series: tuple[str, str] = LOSSES,
    higher_is_better: bool = False,
) -> list[Text]:
    """The first series as a line, the second as crosses, and a legend with last and best value of each.

    At most `height` lines; the legend comes first where there is no room for both. More epochs than dots are drawn as
    means of neighbours, which the axis says; the figures of the legend are always of single epochs.
    """
    values = [[_number(epoch.get(name)) for epoch in epochs] for name in series]
    if not any(finite(each) for each in values):
        return [shortened(Text("· no learning curve was recorded", "dim"), width)][:height]
    numbers = [_epoch_number(epoch, index) for index, epoch in enumerate(epochs)]
    legend = [
        line
        for index, name in enumerate(series)
        for line in _legend(index, name, values[index], numbers, higher_is_better=higher_is_better, width=width)
    ]
    rows = height - len(legend) - 2
    if rows < 2:
        return legend[:height]
    return [shortened(line, width) for line in [*_picture(values, numbers, width=width, rows=rows), *legend]]


def _picture(values: list[list[float | None]], numbers: list[int], *, width: int, rows: int) -> list[Text]:
    margin = margin_of(Scale.over([*values[0], *values[1]], 4 * rows))
    columns = max(1, width - margin)
    line, crosses = (thinned(each, 2 * columns) for each in values)
    scale = Scale.over([*line, *crosses], 4 * rows)
    columns = max(1, width - margin_of(scale))
    cells = braille(spread(line, scale, columns=2 * columns), columns=columns, rows=rows)
    styles = [[_STYLES[0]] * columns for _ in range(rows)]
    if columns >= _SPARSE * len(line):
        _put(cells, styles, _places(line, scale, columns), _POINT, 0)
    _put(cells, styles, _places(crosses, scale, columns), _CROSS, 1)
    each = -(-len(numbers) // len(line))
    name = "epoch" if each == 1 else f"epoch, means of up to {each}"
    canvas = [Text.assemble(*zip(row, looks, strict=True)) for row, looks in zip(cells, styles, strict=True)]
    return axes(canvas, scale, ends=(str(numbers[0]), str(numbers[-1])), name=name, width=width)


def _places(values: list[float | None], scale: Scale, columns: int) -> list[tuple[int, int]]:
    """In cells."""
    return [(place[0] // 2, place[1] // 4) for place in spread(values, scale, columns=2 * columns) if place is not None]


def _put(
    cells: list[list[str]], styles: list[list[str]], places: list[tuple[int, int]], character: str, index: int
) -> None:
    for column, row in places:
        cells[row][column], styles[row][column] = character, _STYLES[index]


def _legend(
    index: int, name: str, values: list[float | None], numbers: list[int], *, higher_is_better: bool, width: int
) -> list[Text]:
    symbol = (_LINE, _CROSS)[index]
    title = Text.assemble((symbol, _STYLES[index]), " ", literal(name).replace("_", " "))
    known = [(value, number) for value, number in zip(values, numbers, strict=True) if value is not None]
    if not known:
        return flow([title, Text("no figures", "dim")], width=width)
    best, epoch = (max if higher_is_better else min)(known, key=lambda pair: pair[0])
    last = f"last {figure(known[-1][0])}"
    return flow([title, last, f"best {figure(best)} in epoch {epoch}"], width=width)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and is_known(value) else None


def _epoch_number(epoch: Mapping[str, float], index: int) -> int:
    told = _number(epoch.get("epoch"))
    return index + 1 if told is None else int(told)
