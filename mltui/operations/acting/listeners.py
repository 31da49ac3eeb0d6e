"""Who is told of events: the policy's notifiers, each from the time on when it stands there."""

from __future__ import annotations

from mltui.domain.policy import Policy
from mltui.registry import Connection, deliveries, events


def begin_telling(tx: Connection, policy: Policy) -> None:
    """A new notifier is told of what happens from here on; one that is no more in the policy is forgotten."""
    known, (present, _) = deliveries.cursors(tx), events.head(tx)
    for name in policy.notify.keys() - known.keys():
        deliveries.set_cursor(tx, name, present)
    for name in known.keys() - policy.notify.keys():
        deliveries.forget_cursor(tx, name)


def is_begun(conn: Connection, policy: Policy) -> bool:
    return deliveries.cursors(conn).keys() == policy.notify.keys()
