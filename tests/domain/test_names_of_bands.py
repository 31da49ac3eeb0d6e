"""Bands that were there before keep their edges and names, whatever later data are like."""

from __future__ import annotations

from typing import Any

from mltui.domain.known_bands import ReportedBands, with_known_edges

DECLARED = {"age": {"edges": [25.0, 40.0], "quantiles": 0}}
NAMES = ["<25", "25–39", "≥40"]


def bands_after(reported: dict[str, Any], declared: dict[str, Any], *, is_same_data: bool = False) -> Any:
    return first_of(declared, ReportedBands("v1", {"age": reported}, is_same_data))


def first_of(declared: dict[str, Any], *reported: ReportedBands) -> Any:
    return with_known_edges({"bands": declared}, reported)["bands"]["age"]


def test_edges_of_the_project_keep_the_names_that_their_bands_had() -> None:
    first = {"edges": [25, 40], "quantiles": 0, "names": NAMES, "of": "project"}
    kept = {**first, "of": "v1"}
    assert bands_after(first, DECLARED) == kept
    assert bands_after(first, DECLARED, is_same_data=True) == DECLARED["age"], "they come out the same by themselves"
    assert bands_after(kept, DECLARED, is_same_data=True) == kept, "its data alone might name them otherwise"
    for other in ({"edges": [25.0, 41.0], "quantiles": 0}, {"edges": [], "quantiles": 3}):
        assert bands_after(first, {"age": other}) == other


def test_bands_are_those_of_the_first_version_that_declared_them_alike() -> None:
    wanted = {"age": {"edges": [], "quantiles": 3}}
    thirds = {"edges": [30.5, 50.5], "quantiles": 3, "names": ["a", "b", "c"], "of": "training rows"}
    answers = ReportedBands("v4", {"age": {**thirds, "edges": [1.0], "quantiles": 2}}, is_same_data=False)
    torn = ReportedBands("v6", {"age": "gone", "income": thirds}, is_same_data=False)
    newest, older = (ReportedBands(name, {"age": thirds}, is_same_data=False) for name in ("v5", "v2"))
    assert first_of(wanted, answers, torn, newest, older) == {**thirds, "of": "v5"}
    assert first_of(wanted, answers, torn) == wanted["age"]
