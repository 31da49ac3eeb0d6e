"""Carries events to the programs outside: each in the history's order, at least once, none waiting for another's."""

from __future__ import annotations

from collections.abc import Callable

from mltui.domain.delivery import Delivery, tried
from mltui.domain.policy import Notifier
from mltui.operations.acting.notices import outcome_of, tell
from mltui.registry import deliveries, events
from mltui.workspace import Workspace

MOST_AT_ONCE = 500
"""Events that are looked at in one transaction."""


def is_due(workspace: Workspace, name: str) -> bool:
    """Whether there are events that were not looked at for it, or a delivery whose time has come."""
    conn = workspace.registry.read()
    cursor = deliveries.cursors(conn).get(name)
    if cursor is not None and cursor < events.head(conn)[0]:
        return True
    pending = deliveries.first_pending(conn, name)
    return pending is not None and pending.due_at <= workspace.now()


def take_up(workspace: Workspace, name: str, notifier: Notifier) -> None:
    """Rows for the events that it wants, and the cursor behind them, in one transaction: none is lost, none skipped."""
    with workspace.registry.write() as tx:
        cursor = deliveries.cursors(tx).get(name)
        if cursor is None:
            return
        found = events.list_events(tx, after=cursor, limit=MOST_AT_ONCE)
        wanted = [event.sequence for event in found if notifier.wants(event.kind)]
        deliveries.take_up(tx, name, wanted, at=workspace.now())
        if found:
            deliveries.set_cursor(tx, name, found[-1].sequence)


def tell_next(
    workspace: Workspace, name: str, notifier: Notifier, *, is_stopping: Callable[[], bool] = lambda: False
) -> bool:
    """Tells it of the oldest event that it was not told of; whether the next one may follow at once.

    A worker that dies after the program has ended and before that is on record tells it again; so does the next one
    where `is_stopping` made an end of it.
    """
    conn = workspace.registry.read()
    delivery = deliveries.first_pending(conn, name)
    if delivery is None or delivery.due_at > workspace.now():
        return False
    (event,) = events.list_events(conn, after=delivery.sequence - 1, limit=1)
    end = tell(workspace, notifier, event, is_stopping=is_stopping)
    if end.is_killed and is_stopping():
        return False
    outcome = outcome_of(end, seconds=notifier.seconds)
    return _settle(workspace, tried(delivery, is_delivered=end.exit_code == 0, outcome=outcome, now=workspace.now()))


def _settle(workspace: Workspace, delivery: Delivery) -> bool:
    """Unless it was forgotten meanwhile, with its notifier."""
    with workspace.registry.write() as tx:
        if deliveries.is_known(tx, delivery.id):
            deliveries.save(tx, delivery)
    return not delivery.is_pending
