"""Bands that were there before keep their edges and names, whatever later data are like."""

from __future__ import annotations

from typing import Any

from mltui.domain.known_bands import with_known_edges

DECLARED = {"age": {"edges": [25.0, 40.0], "quantiles": 0}}
NAMES = ["<25", "25–39", "≥40"]


def bands_after(reported: dict[str, Any], declared: dict[str, Any], *, is_same_data: bool = False) -> Any:
    found = with_known_edges({"bands": declared}, {"age": reported}, version="v1", is_same_data=is_same_data)
    return found["bands"]["age"]


def test_edges_of_the_project_keep_the_names_that_their_bands_had() -> None:
    first = {"edges": [25, 40], "quantiles": 0, "names": NAMES, "of": "project"}
    kept = {**first, "of": "v1"}
    assert bands_after(first, DECLARED) == kept
    assert bands_after(first, DECLARED, is_same_data=True) == DECLARED["age"], "they come out the same by themselves"
    assert bands_after(kept, DECLARED, is_same_data=True) == kept, "its data alone might name them otherwise"
    for other in ({"edges": [25.0, 41.0], "quantiles": 0}, {"edges": [], "quantiles": 3}):
        assert bands_after(first, {"age": other}) == other
