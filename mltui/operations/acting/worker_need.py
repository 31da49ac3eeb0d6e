"""Whether there is anything that a worker has to be there for. Reads only."""

from __future__ import annotations

from mltui.domain.deployment import Environment
from mltui.registry import deliveries, environments, jobs
from mltui.workspace import Workspace


def needs_worker(workspace: Workspace) -> bool:
    """Something answers, is asked for, waits for a decision, or is still to be told outside."""
    conn = workspace.registry.read()
    is_awaited = bool(jobs.unfinished(conn) or jobs.waiting(conn))
    is_untold = deliveries.has_pending(conn) or deliveries.is_behind(conn)
    return is_awaited or is_untold or bool(live_environments(workspace))


def live_environments(workspace: Workspace) -> list[Environment]:
    """Those in which something is live, or was until a stop."""
    found = environments.list_environments(workspace.registry.read())
    return [each for each in found if each.deployment_id is not None and not each.is_dormant]
