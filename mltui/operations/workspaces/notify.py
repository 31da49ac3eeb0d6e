"""Programs outside that are told of events: how they stand, what was delivered, and what to do about what was not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mltui.domain.delivery import Delivery, DeliveryState, afresh
from mltui.domain.event import Event
from mltui.domain.policy import Notifier
from mltui.engines.command import CommandEnd
from mltui.errors import NotFound, Refused, WorkFailed
from mltui.operations.acting.notices import outcome_of, program_problem, tell, test_event
from mltui.operations.acting.told import told
from mltui.registry import deliveries, events
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class NotifierState:
    name: str
    notifier: Notifier
    problem: str
    """Why its program cannot be run here; empty where it can."""
    pending: int
    missed: int
    """Events that were given up, and that nobody has dealt with."""
    last: Delivery | None
    """The newest that arrived."""


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    delivery: Delivery
    event: Event | None
    """None where the history has it no more."""


def notifier_states(workspace: Workspace) -> list[NotifierState]:
    """In the policy's order; raises `ConfigInvalid`."""
    conn = workspace.registry.read()
    return [
        NotifierState(
            name,
            notifier,
            program_problem(notifier),
            deliveries.count_pending(conn, name),
            len(deliveries.given_up(conn, name)),
            deliveries.last_delivered(conn, name),
        )
        for name, notifier in workspace.policy().notify.items()
    ]


def delivery_log(workspace: Workspace, *, limit: int) -> list[LoggedDelivery]:
    """The newest first."""
    conn = workspace.registry.read()
    return [
        LoggedDelivery(each, next(iter(events.list_events(conn, after=each.sequence - 1, limit=1)), None))
        for each in deliveries.newest(conn, limit=limit)
    ]


def try_out(workspace: Workspace, name: str) -> CommandEnd:
    """Tells the program of a test, here and now; raises `WorkFailed` where that does not arrive."""
    notifier = _require(workspace, name)
    end = tell(workspace, notifier, test_event(workspace, at=workspace.now()))
    if end.exit_code != 0:
        raise WorkFailed(
            f"{name} was not told: {outcome_of(end, seconds=notifier.seconds)}",
            hint=f"try it by hand: {notifier.run[0]} reads JSON on stdin, and has to end with 0",
            code="not_delivered",
        )
    return end


def retry_missed(workspace: Workspace, name: str) -> int:
    """Has it told again, in their order, of the events that it missed; how many."""
    again = "MissedNotificationsRetried"
    return _settle_missed(workspace, name, again, lambda each: afresh(each, now=workspace.now()))


def dismiss_missed(workspace: Workspace, name: str) -> int:
    """Leaves it at that; how many they were."""
    dismissed = DeliveryState.DISMISSED
    return _settle_missed(workspace, name, "MissedNotificationsDismissed", lambda each: replace(each, state=dismissed))


def _settle_missed(workspace: Workspace, name: str, kind: str, settled: Callable[[Delivery], Delivery]) -> int:
    with told(workspace), workspace.registry.write() as tx:
        missed = deliveries.given_up(tx, name)
        if not missed:
            raise Refused(f"{name} has missed nothing", hint="mltui notify list tells how each stands")
        for each in missed:
            deliveries.save(tx, settled(each))
        said = {"notifier": name, "count": len(missed)}
        events.append(tx, kind, name, said, actor=str(workspace.actor), at=workspace.now())
    return len(missed)


def _require(workspace: Workspace, name: str) -> Notifier:
    known = workspace.policy().notify
    if name not in known:
        raise NotFound(f"the policy has no [notify.{name}]", hint=f"there are: {', '.join(known) or 'none'}")
    return known[name]
