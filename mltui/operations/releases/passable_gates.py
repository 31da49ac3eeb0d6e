"""Gates of the policy that nobody can pass in this workspace, each with its line and the ways out. Reads only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mltui.config.policy import POLICY_FILE
from mltui.config.reading import told
from mltui.domain.passable import gates_for_one_alone, gates_that_nobody_passes
from mltui.domain.policy import Policy
from mltui.errors import ConfigInvalid
from mltui.workspace import Workspace

_ADD = "add approvers, or lower the number that is required"
_SHARE = "set self_approval = true there, or name another approver and share the workspace: mltui init --group"


def impassable_gates(workspace: Workspace, policy: Policy) -> dict[str, ConfigInvalid]:
    """Environment → the error, which whoever cannot go on without it raises."""
    found = {name: (problem, _ADD) for name, problem in gates_that_nobody_passes(policy).items()}
    writer = sole_writer(workspace.folder)
    if writer is not None:
        alone = gates_for_one_alone(policy, writer=writer)
        found = {name: (problem, _SHARE) for name, problem in alone.items()} | found
    path = workspace.folder / POLICY_FILE
    text = path.read_text("utf-8")
    return {
        name: told(f"environments.{name}.gate: {problem}", text, str(path), hint=hint)
        for name, (problem, hint) in found.items()
    }


def sole_writer(folder: Path) -> str | None:
    """Login of the folder's owner, where neither its group nor a list of others may write; None else."""
    shared = stat.S_IWGRP | stat.S_IWOTH
    if folder.stat().st_mode & shared or "system.posix_acl_access" in os.listxattr(folder):
        return None
    try:
        return folder.owner()
    except KeyError:
        return None
