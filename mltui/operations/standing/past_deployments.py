"""The deployments of an environment as they stood at a past time, a fold over what the history says. Reads only.

What never changes of a deployment comes from its row; which server ran, what was withdrawn and how long something was
live come from the events alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mltui.domain.deployment import Deployment, DeploymentState, root_of
from mltui.domain.event import Event
from mltui.domain.names import parse_id, version_name
from mltui.registry import Connection, events

_ALL = 1_000_000
_WITH_SERVER = (DeploymentState.STARTING, DeploymentState.CANARY, DeploymentState.WARM, DeploymentState.COLD)


def deployments_at(conn: Connection, environment: str, known: Sequence[Deployment], at: datetime) -> list[Deployment]:
    """Those of `known`, which are all that the environment ever had, that were there then; in the same order."""
    fold = _Fold({one.id: one for one in known})
    for event in _told(conn, environment, at):
        _STEPS[event.kind](fold, event)
    return [fold.then[one.id] for one in known if one.id in fold.then]


@dataclass
class _Fold:
    rows: Mapping[int, Deployment]
    then: dict[int, Deployment] = field(default_factory=dict)
    lived: list[int] = field(default_factory=list)
    """In the order in which they went live."""

    def change(self, id: int, **changes: Any) -> None:
        if id in self.then:
            self.then[id] = replace(self.then[id], **changes)

    def begin(self, id: int) -> None:
        if id in self.rows and id not in self.then:
            self.then[id] = replace(
                self.rows[id],
                state=DeploymentState.STARTING,
                live_from=None,
                live_until=None,
                is_baked=False,
                was_healthy_when_replaced=False,
                withdrawn_reason=None,
                shared_until=None,
            )

    def end_withdrawal(self, version: str) -> None:
        for id, one in self.then.items():
            if version_name(one.version_id) == version:
                self.change(id, withdrawn_reason=None)


def _started(fold: _Fold, event: Event) -> None:
    fold.begin(_id(event))


def _shifted(fold: _Fold, event: Event) -> None:
    id = _id(event)
    fold.begin(id)
    row = fold.rows.get(id)
    if row is None:
        return
    left = fold.lived[-1] if fold.lived else id
    if left != id:
        is_same_server = root_of(fold.rows[left], fold.rows).id == root_of(row, fold.rows).id
        fold.change(
            left,
            state=DeploymentState.RESTORED if is_same_server else DeploymentState.WARM,
            live_until=event.at,
            was_healthy_when_replaced=fold.rows[left].was_healthy_when_replaced,
        )
    if row.restores_id is None:
        fold.end_withdrawal(version_name(row.version_id))
    else:
        fold.change(row.restores_id, state=DeploymentState.RESTORED)
    fold.change(id, state=DeploymentState.LIVE, live_from=event.at, live_until=None)
    fold.lived.append(id)


def _shared(fold: _Fold, event: Event) -> None:
    for name in event.data.get("percents", {}):
        id = parse_id("deployment", name)
        fold.change(id, state=DeploymentState.LIVE if id in fold.lived[-1:] else DeploymentState.CANARY)


def _sharing_ended(fold: _Fold, event: Event) -> None:
    one = fold.then.get(_id(event))
    if one is not None:
        waits = one.live_from is None
        fold.change(one.id, state=DeploymentState.STARTING if waits else DeploymentState.WARM, shared_until=event.at)


def _retired(fold: _Fold, event: Event) -> None:
    state = event.data.get("state")
    if state in set(DeploymentState):
        fold.change(_id(event), state=DeploymentState(state))


def _baked(fold: _Fold, event: Event) -> None:
    fold.change(_id(event), is_baked=True)


def _withdrawn(fold: _Fold, event: Event) -> None:
    """The last of that version that was live; a rollback says so when the next one is live already."""
    version = event.data.get("version")
    lived = (id for id in reversed(fold.lived) if version_name(fold.rows[id].version_id) == version)
    last = next(lived, None)
    if last is not None:
        fold.change(last, withdrawn_reason=str(event.data.get("reason", "")))


def _fit_again(fold: _Fold, event: Event) -> None:
    fold.end_withdrawal(str(event.data.get("version", "")))


def _put_to_rest(fold: _Fold, event: Event) -> None:
    """A restored workspace begins with no server."""
    for id, one in fold.then.items():
        if one.state in _WITH_SERVER:
            fold.change(id, state=DeploymentState.FAILED if one.live_from is None else DeploymentState.GONE)


_STEPS: Mapping[str, Callable[[_Fold, Event], None]] = {
    "DeploymentStarted": _started,
    "TrafficShifted": _shifted,
    "TrafficShared": _shared,
    "SharingEnded": _sharing_ended,
    "DeploymentRetired": _retired,
    "DeploymentBaked": _baked,
    "VersionWithdrawn": _withdrawn,
    "RollbackUndone": _fit_again,
    "WithdrawalEnded": _fit_again,
    "WorkspaceRestored": _put_to_rest,
}
_OF_A_VERSION = ("VersionWithdrawn", "WithdrawalEnded")
_OF_ALL = ("WorkspaceRestored",)


def _told(conn: Connection, environment: str, at: datetime) -> Iterator[Event]:
    found = events.list_events(conn, subject=environment, until=at, limit=_ALL)
    for kind in (*_OF_A_VERSION, *_OF_ALL):
        told = events.list_events(conn, kind=kind, until=at, limit=_ALL)
        found += [event for event in told if kind in _OF_ALL or event.data.get("environment") == environment]
    once = {event.sequence: event for event in found if event.kind in _STEPS}
    yield from (once[sequence] for sequence in sorted(once))


def _id(event: Event) -> int:
    """0, which is nobody's, where an event does not name one."""
    name = event.data.get("deployment")
    return parse_id("deployment", str(name)) if name else 0
