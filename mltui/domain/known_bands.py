"""Edges that were computed once are kept, so that later data fall into the same bands and versions can be compared.

And so are the names of bands: with a fraction among later data `25–39` would be called `25 to <40`, and be missed as a
group that is not there any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.bands import MEASURED, OF_PROJECT, OF_TRAINING, WORDS


def with_known_edges(
    parameters: Mapping[str, Any], reported: Mapping[str, Any], *, version: str, is_same_data: bool
) -> dict[str, Any]:
    """Prepare's parameters with edges and names that the version before `reported` for bands that are declared alike.

    Of the same data the edges come out alike by themselves, and a cached step stays what it was.
    """
    wanted = dict(parameters.get("bands", {}))
    measured = [name for name in parameters.get("measured", ()) if name in WORDS]
    wanted |= {MEASURED + name: {"edges": [], "quantiles": len(WORDS[name])} for name in measured}
    known = {}
    for name, declared in wanted.items():
        found = reported.get(name)
        if found is None or not _is_alike(declared, found):
            continue
        is_of_that_data = found["of"] in (OF_TRAINING, OF_PROJECT)
        if not is_of_that_data or not is_same_data:
            known[name] = {**found, "of": version if is_of_that_data else found["of"]}
    return {**parameters, "bands": {**parameters.get("bands", {}), **known}} if known else dict(parameters)


def _is_alike(declared: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    if declared["edges"]:
        return bool(found["edges"] == list(declared["edges"]))
    return bool(found["quantiles"] == declared["quantiles"])
