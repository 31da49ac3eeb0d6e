"""Edges that were computed once are kept, so that later data fall into the same bands and versions can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.bands import MEASURED, OF_TRAINING, WORDS


def with_known_edges(
    parameters: Mapping[str, Any], reported: Mapping[str, Any], *, version: str, is_same_data: bool
) -> dict[str, Any]:
    """Prepare's parameters with the edges that the version before `reported` for bands of as many quantiles.

    Of the same data the edges come out alike by themselves, and a cached step stays what it was.
    """
    wanted = {name: each["quantiles"] for name, each in parameters.get("bands", {}).items() if not each["edges"]}
    wanted |= {MEASURED + name: len(WORDS[name]) for name in parameters.get("measured", ()) if name in WORDS}
    known = {}
    for name, quantiles in wanted.items():
        found = reported.get(name)
        if found is None or found["quantiles"] != quantiles:
            continue
        if found["of"] != OF_TRAINING or not is_same_data:
            origin = version if found["of"] == OF_TRAINING else found["of"]
            known[name] = {"edges": found["edges"], "quantiles": quantiles, "of": origin}
    return {**parameters, "bands": {**parameters.get("bands", {}), **known}} if known else dict(parameters)
