from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.tui.presentation.curve import ACCURACIES, learning_curve
from tui.presentation.foreign import FIGURES, UNHURRIED, WIDTHS, assert_harmless, plain

Epoch = dict[str, float]


def epochs(count: int) -> list[Epoch]:
    return [
        {"epoch": number, "train_loss": 1 / number, "validation_loss": 1 / number + number / 10}
        for number in range(1, count + 1)
    ]


def test_the_picture_of_few_epochs() -> None:
    assert plain(learning_curve(epochs(4), width=40, height=12)) == [
        " 1.100 ┤×",
        "       │⠈⠑⠢⣀",
        "       │    ⠑⠢⢄   ×",
        "0.6011 ┤       ⠉⠢⢄⡀          ×         ×",
        "       │          •⠉⠒⠒⠤⠤⣀⣀",
        "0.2500 ┤                  ⠉⠉⠒•⠒⠒⠤⠤⠤⠤⠤⣀⣀•",
        "       └────────────────────────────────",
        "        1            epoch             4",
        "⠤ train loss  last 0.2500",
        "  best 0.2500 in epoch 4",
        "× validation loss  last 0.6500",
        "  best 0.6333 in epoch 3",
    ]


def test_limits_ends_last_and_best_are_told_in_figures() -> None:
    lines = plain(learning_curve(epochs(5), width=80, height=12))
    assert lines[0].startswith(" 1.100 ┤")
    assert lines[-4].startswith("       └──")
    assert lines[-3].split() == ["1", "epoch", "5"]
    assert lines[-2:] == [
        "⠤ train loss  last 0.2000  best 0.2000 in epoch 5",
        "× validation loss  last 0.7000  best 0.6333 in epoch 3",
    ]


def test_a_narrow_legend_takes_more_lines_and_loses_no_figure() -> None:
    lines = plain(learning_curve(epochs(5), width=30, height=14))
    assert len(lines) == 14
    assert lines[-4:] == [
        "⠤ train loss  last 0.2000",
        "  best 0.2000 in epoch 5",
        "× validation loss  last 0.7000",
        "  best 0.6333 in epoch 3",
    ]


def test_the_series_differ_without_colour() -> None:
    drawn = "".join(plain(learning_curve(epochs(5), width=60, height=14))[:-2])
    assert drawn.count("×") == 5
    assert any("\u2800" < one <= "\u28ff" for one in drawn)


def test_higher_is_better_for_accuracy() -> None:
    found = [{"train_accuracy": each, "validation_accuracy": 1 - each} for each in (0.1, 0.9, 0.5)]
    lines = plain(learning_curve(found, width=80, height=9, series=ACCURACIES, higher_is_better=True))
    assert lines[-2:] == [
        "⠤ train accuracy  last 0.5000  best 0.9000 in epoch 2",
        "× validation accuracy  last 0.5000  best 0.9000 in epoch 1",
    ]


def test_many_epochs_are_drawn_as_means_and_told_as_they_are() -> None:
    found = epochs(1000)
    found[499]["train_loss"] = 0.0001
    lines = plain(learning_curve(found, width=60, height=12))
    assert "epoch, means of up to 10" in lines[-3]
    assert lines[-2].endswith("best 1.000e-4 in epoch 500")


@pytest.mark.parametrize(
    "found",
    [[], [{}], [{"train_loss": math.nan, "validation_loss": math.inf}], [{"accuracy": 1.0}]],
)
def test_without_any_figure_it_says_so(found: list[Epoch]) -> None:
    assert plain(learning_curve(found, width=40, height=9)) == ["· no learning curve was recorded"]


def test_a_series_without_figures_is_named() -> None:
    lines = plain(learning_curve([{"train_loss": 0.5}, {"train_loss": math.nan}], width=40, height=9))
    assert lines[-2:] == ["  best 0.5000 in epoch 1", "× validation loss  no figures"]


def test_a_constant_series_lies_inside_its_scale() -> None:
    lines = plain(learning_curve([{"train_loss": 0.3, "validation_loss": 0.3}] * 3, width=60, height=11))
    assert [line[:6] for line in (lines[0], lines[6])] == ["0.4500", "0.1500"]
    assert sum("×" in line for line in lines[:-1]) == 1


@UNHURRIED
@given(
    st.lists(st.fixed_dictionaries({"train_loss": FIGURES, "validation_loss": FIGURES}), max_size=300),
    WIDTHS,
    st.integers(1, 30),
)
def test_no_curve_leaves_its_frame(found: list[Epoch], width: int, height: int) -> None:
    lines = learning_curve(found, width=width, height=height)
    assert 1 <= len(lines) <= height
    assert_harmless(lines, width)
