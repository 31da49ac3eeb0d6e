"""What is sealed of a version's groups, for whoever decides on its release. Reads only."""

from __future__ import annotations

from mltui.domain.bias_in_sight import BiasInSight, bias_in_sight
from mltui.domain.policy import Policy
from mltui.domain.release import Release
from mltui.registry import versions
from mltui.workspace import Workspace


def groups_in_sight(workspace: Workspace, release: Release, policy: Policy | None) -> BiasInSight | None:
    """None where the version cannot be read; what the gate looks at is told only while it still decides."""
    found = versions.find_as_far_as_read(workspace.registry.read(), release.version_id)
    if found is None or "groups" in found[1]:
        return None
    rules = None if policy is None or release.state.is_over else policy.environments.get(release.environment)
    return bias_in_sight(found[0], None if rules is None else rules.checks)
