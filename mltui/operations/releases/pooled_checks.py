"""Checks that no version like the newest can pass, because groups of it are too small to be told one by one."""

from __future__ import annotations

from collections.abc import Iterator

from mltui.domain.metrics import OF_DATA
from mltui.domain.names import version_name
from mltui.domain.policy import CheckRule, Policy
from mltui.errors import Damaged
from mltui.pooling import LEAST_ROWS
from mltui.registry import versions
from mltui.workspace import Workspace


def undecidable_checks(workspace: Workspace, policy: Policy) -> Iterator[tuple[str, str]]:
    """Environment, and a warning with the ways out; none before the first version. Reads only."""
    try:
        newest = next(iter(versions.groups_of(workspace.registry.read(), until=None, limit=1)), None)
    except Damaged:
        return
    if newest is None:
        return
    pooled = {each.attribute: each.pooled for each in newest.groups if each.pooled}
    for name, rules in policy.environments.items():
        for rule in rules.checks:
            if _is_of_each_group(rule) and rule.attribute in pooled:
                yield name, _told(rule, pooled[rule.attribute], version_name(newest.id))


def _is_of_each_group(rule: CheckRule) -> bool:
    return rule.attribute is not None and rule.group is None and rule.metric not in OF_DATA


def _told(rule: CheckRule, count: int, version: str) -> str:
    return (
        f"{rule.metric} by {rule.attribute} stays inconclusive:"
        f" {count:,} groups of {version} have fewer than {LEAST_ROWS} rows each;"
        " put them together in a coarser column or in bands, collect rows,"
        ' or name the groups that count, each in a check of its own: group = "…" with a floor'
    )
