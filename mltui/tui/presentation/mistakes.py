"""The most confident mistakes of a figure, beside each other as pictures or under each other with their fields."""

from __future__ import annotations

from rich.text import Text

from mltui.operations.versions.mistakes import Mistakes, ShownMistake
from mltui.operations.versions.pictures import MISSING, AnsweredPicture
from mltui.tui.presentation import group_rows
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.pictures import missing_lines, picture_lines, word_lines
from mltui.tui.presentation.table import flow, shortened
from mltui.tui.presentation.wrapping import wrapped

MOST_SHOWN = 12
"""At once."""


def head_lines(found: Mistakes, where: str, *, width: int) -> list[Text]:
    """`where` says which of the groups this is."""
    last = found.offset + len(found.shown)
    place = f"{found.offset + 1:,}–{last:,}" if found.offset else f"{last:,}"
    told = f"{place} of {found.mistakes:,} mistakes in {found.counted:,} rows, the most confident first"
    if found.task == "regression":
        told = f"{place} of {found.mistakes:,} errors in {found.counted:,} rows, the largest first"
    told += f"; > shows {min(found.mistakes - last, MOST_SHOWN):,} more" if last < found.mistakes else ""
    first = Text(f"{group_rows.figure_words(found.of)}   {where}".rstrip(), "bold")
    return [shortened(first, width), shortened(Text(told, "dim"), width)]


def mistake_lines(found: Mistakes, *, has_colours: bool, width: int) -> list[Text]:
    if not found.shown:
        return [Text("· no mistakes", "green")]
    if not found.has_pictures:
        return _row_lines(found, width)
    draw = picture_lines if has_colours else word_lines
    lines = missing_lines([each.problem for each in found.shown], width=width)
    lines += draw([_picture(each) for each in found.shown], width=width)
    problems = {each.problem for each in found.shown if each.problem} - {MISSING}
    if not has_colours and problems:
        lines = [*lines, *(line for each in sorted(problems) for line in wrapped(f"! {literal(each)}", width=width))]
    return lines


def _picture(mistake: ShownMistake) -> AnsweredPicture:
    row = mistake.row
    return AnsweredPicture(
        file=row.file or row.row_id,
        truth=str(row.truth) if isinstance(row.truth, str) else group_rows.value(row.truth),
        answer=str(row.prediction) if isinstance(row.prediction, str) else group_rows.value(row.prediction),
        score=row.score,
        is_right=False,
        picture=mistake.picture,
        problem=mistake.problem,
    )


def _row_lines(found: Mistakes, width: int) -> list[Text]:
    lines: list[Text] = []
    for each in found.shown:
        row, measure = each.row, "off" if each.row.error is not None else "score"
        head = Text.assemble(
            group_rows.mark(row),
            (f"  {literal(row.row_id)}", "bold"),
            f"  is {group_rows.value(row.truth)}, said {group_rows.value(row.prediction)}",
            f", {measure} {group_rows.measure(row)}",
        )
        groups = [Text(f"{literal(name)} {literal(value)}", "cyan") for name, value in row.attributes.items()]
        fields = [Text(f"{literal(name)} {literal(value) or '–'}") for name, value in each.fields.items()]
        problem = [Text(f"! {literal(each.problem)}", "yellow")] if each.problem else []
        lines += [Text()] if lines else []
        lines += [shortened(head, width)]
        lines += [
            Text("  ").append_text(line) for line in flow([*groups, *fields, *problem], width=width - 2, indent=0)
        ]
    return lines
