"""Edges that were computed once are kept, so that later data fall into the same bands and versions can be compared.

And so are the names of bands: with a fraction among later data `25–39` would be called `25 to <40`, and be missed as a
group that is not there any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mltui.bands import MEASURED, OF_PROJECT, OF_TRAINING, WORDS


@dataclass(frozen=True, slots=True)
class ReportedBands:
    version: str
    """`v7`"""
    bands: Mapping[str, Any]
    """Attribute → what prepare reported of it; of an old or damaged version it may be anything."""
    is_same_data: bool
    """As those of the run that asks."""


def with_known_edges(parameters: Mapping[str, Any], reported: Iterable[ReportedBands]) -> dict[str, Any]:
    """Prepare's parameters with edges and names of the first version that reports bands which are declared alike.

    The version that answers comes first of all: later ones are compared with it, group by group. Of the same data the
    edges come out alike by themselves, and a cached step stays what it was.
    """
    wanted = dict(parameters.get("bands", {}))
    measured = [name for name in parameters.get("measured", ()) if name in WORDS]
    wanted |= {MEASURED + name: {"edges": [], "quantiles": len(WORDS[name])} for name in measured}
    before = list(reported)
    found = {name: _kept(declared, name, before) for name, declared in wanted.items()}
    known = {name: kept for name, kept in found.items() if kept is not None}
    return {**parameters, "bands": {**parameters.get("bands", {}), **known}} if known else dict(parameters)


def _kept(declared: Mapping[str, Any], name: str, before: Sequence[ReportedBands]) -> Mapping[str, Any] | None:
    of = next((each for each in before if _is_alike(declared, each.bands.get(name))), None)
    if of is None:
        return None
    found = of.bands[name]
    is_of_that_data = found["of"] in (OF_TRAINING, OF_PROJECT)
    if is_of_that_data and of.is_same_data:
        return None
    return {**found, "of": of.version if is_of_that_data else found["of"]}


def _is_alike(declared: Mapping[str, Any], found: Any) -> bool:
    if not isinstance(found, Mapping) or not {"edges", "quantiles", "of"} <= set(found):
        return False
    if declared["edges"]:
        return bool(found["edges"] == list(declared["edges"]))
    return bool(found["quantiles"] == declared["quantiles"])
