from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mltui.tui.presentation.lineage import changes, key_values
from tui.presentation.foreign import NASTY, UNHURRIED, assert_harmless, plain


def test_nested_parameters_are_told_by_dotted_keys() -> None:
    assert plain(key_values({"train": {"epochs": 5, "model": "mobilenet_v2"}, "seed": 1}, width=80)) == [
        "train.epochs  5",
        "train.model   mobilenet_v2",
        "seed          1",
    ]


def test_only_what_differs_is_told() -> None:
    old = {"train": {"epochs": 5, "seed": 1}, "gone": 1}
    new = {"train": {"epochs": 8, "seed": 1}, "new": None}
    assert plain(changes(old, new, width=80)) == ["- gone          1", "+ new           None", "~ train.epochs  5 → 8"]


def test_equal_mappings_have_no_differences() -> None:
    assert plain(changes({"a": 1}, {"a": 1}, width=80)) == ["= no differences"]
    assert plain(key_values({}, width=80)) == ["· none"]


_MAPPINGS = st.dictionaries(NASTY, NASTY, max_size=6)


@UNHURRIED
@given(_MAPPINGS, _MAPPINGS, st.integers(10, 100))
def test_no_line_is_wider_than_the_screen(old: dict[str, str], new: dict[str, str], width: int) -> None:
    assert_harmless(key_values(old, width=width), width)
    assert_harmless(changes(old, new, width=width), width)
