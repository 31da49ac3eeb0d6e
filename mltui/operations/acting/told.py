"""An act that leaves nothing to be done but to tell programs outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mltui.errors import MltuiError
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.wake import wake_worker
from mltui.registry import deliveries
from mltui.workspace import Workspace


@contextmanager
def told(workspace: Workspace) -> Iterator[None]:
    """Around the act's transaction: who stands in the policy now is told of it, and soon, since a worker is woken.

    Neither a policy that cannot be read nor a worker that cannot be woken stands in the act's way.
    """
    with suppress(MltuiError):
        policy_on_record(workspace)
    yield
    with suppress(MltuiError):
        conn = workspace.registry.read()
        if deliveries.is_behind(conn) or deliveries.has_pending(conn):
            wake_worker(workspace)
