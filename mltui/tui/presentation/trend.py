"""Series without a second one: a sparkline, a metric over versions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.literal import cut, literal
from mltui.tui.presentation.plot import Scale, axes, braille, finite, is_known, margin_of, spread, thinned
from mltui.tui.presentation.table import flow, shortened

_BLOCKS = "▁▂▃▄▅▆▇█"
_POINT = "●"
_MARKED = "◆"


def sparkline(values: Sequence[float | None], *, width: int) -> Text:
    """Blocks and the limits that they span, `▁▃█ 12.30 … 45.60`; `·` where there is no value.

    More values than cells are drawn as means of neighbours; the limits are always of single values.
    """
    known = finite(values)
    if not known:
        return Text(cut("· no figures", width), "dim")
    limits = f" {figure(min(known))} … {figure(max(known))}"
    room = width - cell_len(limits)
    if room < 1:
        return Text(cut(limits.strip(), width))
    scale = Scale.over(known, len(_BLOCKS))
    blocks = "".join("·" if value is None else _BLOCKS[scale.at(value)] for value in thinned(values, room))
    return Text.assemble((blocks, "cyan"), limits)


def metric_over_versions(
    pairs: Sequence[tuple[str, float | None]], *, width: int, height: int, marked: str = ""
) -> list[Text]:
    """(version, value) from the oldest to the newest: a point for each of the last ones that have room, and figures.

    `marked` is the version in production. At most `height` lines; the figures come first where there is no room for
    both.
    """
    known = [(name, value) for name, value in pairs if value is not None and is_known(value)]
    if not known:
        return [Text(cut("· no version has this figure", width), "dim")][:height]
    columns = max(1, width - margin_of(Scale.over([value for _, value in known], 4 * max(1, height))))
    shown = [(name, value if is_known(value) else None) for name, value in pairs[-columns:]]
    legend = _legend(known, marked, width=width)
    rows = height - len(legend) - 2
    if rows < 2 or not finite([value for _, value in shown]):
        return legend[:height]
    name = "version" if len(shown) == len(pairs) else f"the last {len(shown)} of {len(pairs):,} versions"
    return [shortened(line, width) for line in [*_picture(shown, name, marked, width=width, rows=rows), *legend]]


def _picture(shown: Sequence[tuple[str, float | None]], name: str, marked: str, *, width: int, rows: int) -> list[Text]:
    values = [value for _, value in shown]
    scale = Scale.over(values, 4 * rows)
    columns = max(1, width - margin_of(scale))
    places = spread(values, scale, columns=2 * columns)
    cells = braille(places, columns=columns, rows=rows)
    in_order = sorted(zip(shown, places, strict=True), key=lambda each: each[0][0] == marked)  # the marked one on top
    for (version, _), place in in_order:
        if place is not None:
            cells[place[1] // 4][place[0] // 2] = _MARKED if version == marked else _POINT
    canvas = [_coloured("".join(row)) for row in cells]
    return axes(canvas, scale, ends=(literal(shown[0][0]), literal(shown[-1][0])), name=name, width=width)


def _coloured(row: str) -> Text:
    text = Text(row, "cyan")
    text.highlight_regex(_MARKED, "bold green")
    return text


def _legend(known: list[tuple[str, float]], marked: str, *, width: int) -> list[Text]:
    told = (
        ("newest", known[-1]),
        ("highest", max(known, key=lambda pair: pair[1])),
        ("lowest", min(known, key=lambda pair: pair[1])),
    )
    parts = [f"{which} {literal(name)} {figure(value)}" for which, (name, value) in told]
    live = [
        Text.assemble((_MARKED, "bold green"), f" production {literal(name)} {figure(value)}")
        for name, value in known
        if name == marked
    ]
    return flow([*live[:1], Text.assemble((_POINT, "cyan"), " ", parts[0]), *parts[1:]], width=width)
