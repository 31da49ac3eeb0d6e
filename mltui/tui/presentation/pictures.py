"""Answered pictures beside each other, with file, truth, answer and score in words; or a table of words alone."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from mltui.operations.versions.pictures import MISSING, AnsweredPicture, HeldOutPictures
from mltui.tui.presentation.figures import figure
from mltui.tui.presentation.half_blocks import picture
from mltui.tui.presentation.literal import cut, ending, literal
from mltui.tui.presentation.table import columns, shortened
from mltui.tui.presentation.wrapping import wrapped

SMALL, LARGE = (16, 8), (24, 12)
"""Columns and rows of a picture, in cells."""
_MARGIN = 2
"""Cells by which its words may be wider."""
_MANY = 4
"""Large ones are drawn where so many have room beside each other."""


def picture_lines(shown: Sequence[AnsweredPicture], *, width: int) -> list[Text]:
    """As many rows as the wrong ones need, the last filled with right ones; at least one."""
    size = LARGE if _across(width, LARGE) >= _MANY else SMALL
    across = _across(width, size)
    wrong = sum(not each.is_right for each in shown)
    lines: list[Text] = []
    for start in range(0, max(1, wrong), across):
        lines += [Text()] if lines else []
        blocks = [_block(each, size) for each in shown[start : start + across]]
        lines += _beside(blocks, size[0] + _MARGIN + 1, width)
    return lines


def _across(width: int, size: tuple[int, int]) -> int:
    return max(1, (width + 1) // (size[0] + _MARGIN + 1))


def _block(shown: AnsweredPicture, size: tuple[int, int]) -> list[Text]:
    """Always as high: what a picture is lower by stands empty above its words."""
    across, down = size
    if shown.picture is None:
        told = wrapped(f"! no picture: {literal(shown.problem)}", width=across, style="yellow")[:down]
    else:
        pixel_width, pixel_height = shown.picture.width, shown.picture.height
        told = picture(
            shown.picture.pixels, pixel_width=pixel_width, pixel_height=pixel_height, columns=across, rows=down
        )
    room = across + _MARGIN
    score = [] if shown.score is None else [Text(f"score {figure(shown.score)}", "dim")]
    words = [_name(shown, room), _said("is", shown.truth, room), _said("said", shown.answer, room), *score]
    return [*told, *(Text() for _ in range(down - len(told))), *words]


def _name(shown: AnsweredPicture, room: int) -> Text:
    """Its end where it is too long: files of one folder differ there."""
    mark, style = ("✓", "green") if shown.is_right else ("✗", "bold red")
    name = literal(shown.file.rpartition("/")[2])
    if cell_len(name) > room - len("✓ "):
        name = "…" + ending(name, room - len("✓ …"))
    return Text.assemble((mark, style), " ", name)


def _said(word: str, label: str, room: int) -> Text:
    return Text.assemble((f"{word} ", "dim"), cut(literal(label), room - len(word) - 1))


def _beside(blocks: Sequence[Sequence[Text]], apart: int, width: int) -> list[Text]:
    """Each begins `apart` cells behind the one before it."""
    height = max((len(block) for block in blocks), default=0)
    lines = []
    for index in range(height):
        line = Text()
        for place, block in enumerate(blocks):
            line.append(" " * (place * apart - cell_len(line.plain)))
            line.append_text(block[index] if index < len(block) else Text())
        lines.append(shortened(line, width))
    return lines


def word_lines(shown: Sequence[AnsweredPicture], *, width: int) -> list[Text]:
    """For terminals whose colours are too few for pictures."""
    rows = [
        (
            Text("✓ right", "green") if each.is_right else Text("✗ wrong", "red"),
            literal(each.file),
            literal(each.truth),
            literal(each.answer),
            figure(each.score),
        )
        for each in shown
    ]
    return columns(rows, head=("", "FILE", "IS", "SAID", "SCORE"), align="<<<<>", width=width, flexible=(1,))


def held_out_lines(found: HeldOutPictures, *, has_colours: bool, width: int) -> list[Text]:
    if found.problem:
        return wrapped(f"! {literal(found.problem)}", width=width, style="yellow")
    told = f"{found.wrong:,} of {found.rows:,} wrong; the most confident answers, the wrong ones first"
    draw = picture_lines if has_colours else word_lines
    head = [shortened(Text(told, "dim"), width), *missing_lines([each.problem for each in found.shown], width=width)]
    return [*head, *draw(found.shown, width=width)]


def missing_lines(problems: Sequence[str], *, width: int) -> list[Text]:
    """Once for all pictures that are gone: how many, and what brings them back."""
    count = problems.count(MISSING)
    if not count:
        return []
    told = f"{count:,} of these {len(problems):,} pictures {'is' if count == 1 else 'are'} missing from the store."
    back = "mltui train --again from the same commit puts them back, and so does a backup (mltui restore)"
    return wrapped(f"! {told} {back}", width=width, style="yellow")
