from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mltui.operations.versions.pictures import AnsweredPicture, HeldOutPictures, Picture
from mltui.tui.presentation.pictures import held_out_lines, picture_lines, word_lines
from tui.presentation.foreign import NASTY, UNHURRIED, WIDTHS, assert_harmless, plain

RED = Picture(8, 8, bytes((255, 0, 0)) * 64)
WRONG = AnsweredPicture("smoke/not_a_hot_dog-17.jpg", "hot_dog", "not_hot_dog", 0.75, False, RED, "")
RIGHT = replace(WRONG, file="smoke/b.jpg", answer="hot_dog", is_right=True)


def test_each_picture_has_file_truth_answer_and_score_below_it() -> None:
    lines = plain(picture_lines([WRONG, RIGHT], width=76))
    assert lines[:8] == ["▀" * 16 + "   " + "▀" * 16] * 8
    assert [line.split() for line in lines[8:]] == [
        ["✗", "…_hot_dog-17.jpg", "✓", "b.jpg"],
        ["is", "hot_dog", "is", "hot_dog"],
        ["said", "not_hot_dog", "said", "hot_dog"],
        ["score", "0.7500", "score", "0.7500"],
    ]  # fmt: skip


def test_all_wrong_ones_are_drawn_and_right_ones_fill_the_row() -> None:
    told = "\n".join(plain(picture_lines([WRONG] * 5 + [RIGHT] * 9, width=76)))
    assert (told.count("✗"), told.count("✓")) == (5, 3)
    told = "\n".join(plain(picture_lines([RIGHT] * 9, width=76)))
    assert told.count("✓") == 4


def test_pictures_are_larger_where_there_is_room() -> None:
    assert plain(picture_lines([WRONG], width=116))[:13].count("▀" * 24) == 12


def test_a_picture_that_cannot_be_shown_says_why_in_its_place() -> None:
    gone = replace(WRONG, picture=None, problem="the blob is \x1b[31mgone")
    lines = plain(picture_lines([gone, RIGHT], width=76))
    assert lines[0].startswith("! no picture:")
    assert "␛[31mgone" in "".join(line[:16].strip() for line in lines[:8])
    assert lines[8].startswith("✗ …_hot_dog-17.jpg")


def test_without_colours_the_same_is_told_in_words() -> None:
    lines = plain(word_lines([WRONG, RIGHT], width=76))
    assert lines[1].split() == ["✗", "wrong", "smoke/not_a_hot_dog-17.jpg", "hot_dog", "not_hot_dog", "0.7500"]
    found = HeldOutPictures(rows=72, wrong=28, shown=(WRONG, RIGHT))
    lines = plain(held_out_lines(found, has_colours=False, width=76))
    assert lines[0] == "28 of 72 wrong; the most confident answers, the wrong ones first"
    assert "▀" not in "".join(lines)
    assert "▀" in "".join(plain(held_out_lines(found, has_colours=True, width=76)))


def test_an_evaluation_that_is_gone_is_a_sentence() -> None:
    assert plain(held_out_lines(HeldOutPictures(0, 0, (), "it is gone"), has_colours=True, width=76)) == [
        "! it is gone"
    ]


@UNHURRIED
@given(st.lists(st.tuples(NASTY, NASTY, NASTY, st.booleans()), max_size=9), WIDTHS)
def test_no_picture_leaves_its_frame(shown: list[tuple[str, str, str, bool]], width: int) -> None:
    pictures = [
        AnsweredPicture(file, truth, answer, None, is_right, None if is_right else RED, answer)
        for file, truth, answer, is_right in shown
    ]
    assert_harmless(picture_lines(pictures, width=width), width)
    assert_harmless(word_lines(pictures, width=width), width)
