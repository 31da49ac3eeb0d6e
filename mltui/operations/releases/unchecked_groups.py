"""Gates that look at no figure of an attribute that the newest version was evaluated by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from mltui.bands import is_measured
from mltui.domain.bias_in_sight import unchecked
from mltui.domain.names import version_name
from mltui.domain.policy import Policy
from mltui.domain.version import GroupFigure
from mltui.domain.way import stops
from mltui.domain.worst_first import most_telling
from mltui.errors import Damaged
from mltui.registry import versions
from mltui.workspace import Workspace


def unchecked_groups(workspace: Workspace, policy: Policy) -> Iterator[tuple[str, str]]:
    """Environment where people decide, and a warning with the line to write; none before the first version.

    What was merely measured of pictures nobody declared, and so nobody is told to check it. Reads only.
    """
    try:
        newest = next(iter(versions.groups_of(workspace.registry.read(), until=None, limit=1)), None)
    except Damaged:
        return
    if newest is None:
        return
    declared = dict.fromkeys(name for each in newest.groups for name in each.slice if not is_measured(name))
    for place in stops(policy):
        for attribute in unchecked(declared, policy.environments[place].checks):
            yield place, _told(attribute, newest.groups, version_name(newest.id))


def _told(attribute: str, groups: Sequence[GroupFigure], version: str) -> str:
    own = [each for each in groups if tuple(each.slice) == (attribute,)]
    is_outside = any(each.verdict == "outside" for each in own)
    telling = most_telling(own)
    metric = "accuracy" if telling is None else telling.metric.partition(":")[0]
    found = ", though figures by it are outside" if is_outside else ""
    line = f'{{ metric = "{metric}", attribute = {json.dumps(attribute, ensure_ascii=False)}, dry_run = true }}'
    return f"no check looks at {attribute} of {version}{found}; write {line} and leave dry_run out to have it decide"
