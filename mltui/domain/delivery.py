"""Deliveries: an event on its way to one program outside; when it is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

PATIENCE_SECONDS = 300.0
"""From the time it was taken up; a delivery that fails after that is given up."""
LEAST_ATTEMPTS = 3
"""Before that, nothing is given up, however long it had to wait for its turn."""
LONGEST_PAUSE_SECONDS = 60.0


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    DISMISSED = "dismissed"
    """Given up, and a person said that it need not be made up for."""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    notifier: str
    """Its name in the policy."""
    sequence: int
    """Of the event."""
    state: DeliveryState
    taken_up_at: datetime
    due_at: datetime
    """Before that a pending one is not tried."""
    attempts: int = 0
    tried_at: datetime | None = None
    outcome: str = ""
    """How the last attempt ended: exit status, and what the program said last."""

    @property
    def is_pending(self) -> bool:
        return self.state is DeliveryState.PENDING


def tried(delivery: Delivery, *, is_delivered: bool, outcome: str, now: datetime) -> Delivery:
    """After an attempt. The pauses double from two seconds on."""
    attempts = delivery.attempts + 1
    known = replace(delivery, attempts=attempts, tried_at=now, outcome=outcome)
    if is_delivered:
        return replace(known, state=DeliveryState.DELIVERED)
    if attempts >= LEAST_ATTEMPTS and (now - delivery.taken_up_at).total_seconds() > PATIENCE_SECONDS:
        return replace(known, state=DeliveryState.GIVEN_UP)
    return replace(known, due_at=now + timedelta(seconds=min(LONGEST_PAUSE_SECONDS, 2.0 ** min(attempts, 16))))


def afresh(delivery: Delivery, *, now: datetime) -> Delivery:
    """As if it had just been taken up."""
    return replace(delivery, state=DeliveryState.PENDING, taken_up_at=now, due_at=now, attempts=0)
