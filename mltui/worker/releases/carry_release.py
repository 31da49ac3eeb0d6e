"""Carries a release through its stages, to the decision and from there on; each journaled and safe to repeat."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState, Stage, passing
from mltui.domain.run import WorkState
from mltui.engines.base import LABEL_WORKSPACE
from mltui.errors import MltuiError, WorkFailed
from mltui.operations.acting.closing import close_release
from mltui.registry import Connection, events, releases, stages
from mltui.worker.environments.places import place_for_emergency
from mltui.worker.environments.retiring import abandon
from mltui.worker.faults import is_passing
from mltui.worker.journal import Journal
from mltui.worker.releases.baking import bake
from mltui.worker.releases.going_on import go_on
from mltui.worker.releases.release_work import (
    LABEL_RELEASE,
    DecisionAwaited,
    ReleaseEnded,
    ReleaseWork,
    StageSkipped,
    open_work,
)
from mltui.worker.releases.stages_after import give_back, has_switched, production, production_smoke
from mltui.worker.releases.stages_before import approval, bring, checks, package, profile, prove, smoke, staging
from mltui.worker.releases.stepping import has_begun, withdraw

log = logging.getLogger("mltui.worker")

Act = Callable[[ReleaseWork], Mapping[str, Any]]

FIRST: Mapping[str, Act] = {"package": package, "profile": profile}
LAST: Mapping[str, Act] = {
    "staging": staging,
    "smoke": smoke,
    "checks": checks,
    "approval": approval,
    "production": production,
    "production smoke": production_smoke,
    "bake": bake,
}


def carry_release(journal: Journal) -> Mapping[str, str]:
    """The job's result; raises `DecisionAwaited` at the gate, and what made a stage fail."""
    work = open_work(journal)
    if work.release.state.is_over:
        if work.release.state is ReleaseState.SUCCEEDED:
            go_on(work)
        return {"release": work.name, "state": work.release.state.value}
    try:
        for name, act in _acts(work):
            _carry(work, name, act)
    except ReleaseEnded as end:
        _end(work, end.state, end.kind, reason=end.reason)
        return {"release": work.name, "state": end.state.value}
    _end(work, ReleaseState.SUCCEEDED, "ReleaseSucceeded", reason="")
    go_on(work)
    return {"release": work.name, "state": ReleaseState.SUCCEEDED.value}


def _acts(work: ReleaseWork) -> Iterator[tuple[str, Act]]:
    yield from FIRST.items()
    for environment in work.through[:-1]:
        brought, proven = passing(environment)
        yield brought, partial(bring, environment=environment)
        yield proven, partial(prove, environment=environment)
    yield from LAST.items()


def end_release(journal: Journal, *, reason: str, is_cancelled: bool) -> None:
    """Writes down that the release came to no good end."""
    work = open_work(journal)
    state, reason = _leave(work, reason) if is_cancelled else (ReleaseState.FAILED, _withdrawn(work, reason))
    _end(work, state, "ReleaseCancelled" if is_cancelled else "ReleaseFailed", reason=reason)
    abandon(work.workspace, work.release_id)
    _remove_containers(work)


def _leave(work: ReleaseWork, reason: str) -> tuple[ReleaseState, str]:
    """A version that answers already is taken back, unless a rollback or a stop that asked for the end moves it."""
    try:
        cause = _cause_of_end(work)
        if not has_switched(work):
            is_back = cause == JobKind.ROLLBACK.value and has_begun(work)
            return ReleaseState.ROLLED_BACK if is_back else ReleaseState.CANCELLED, _withdrawn(work, reason)
        if cause is None:
            return ReleaseState.CANCELLED, f"{reason}; {give_back(work, reason)}"
        return (ReleaseState.ROLLED_BACK if cause == JobKind.ROLLBACK.value else ReleaseState.CANCELLED), reason
    except MltuiError as error:
        if is_passing(error):
            raise
        return ReleaseState.CANCELLED, f"{reason}; what answers is left as it is: {error.message}"


def _withdrawn(work: ReleaseWork, reason: str) -> str:
    """The reason, and who answers where the version had a part of the traffic, which it loses."""
    try:
        outcome = withdraw(work, reason)
    except MltuiError as error:
        if is_passing(error):
            raise
        outcome = f"what answers is left as it is: {error.message}"
    return f"{reason}; {outcome}" if outcome else reason


def _cause_of_end(work: ReleaseWork) -> str | None:
    """Kind of the job that asked for the end; None for a person."""
    conn = work.workspace.registry.read()
    asked = events.list_events(conn, kind="CancelRequested", subject=work.name, limit=1, newest_first=True)
    return None if not asked else asked[0].data.get("cause")


def _remove_containers(work: ReleaseWork) -> None:
    """Those of stages that a worker did not live to clear away."""
    try:
        engine = work.workspace.engine(place_for_emergency(work.workspace, work.goal).engine_name)
        for status in engine.list({LABEL_WORKSPACE: work.workspace.uuid, LABEL_RELEASE: work.name}):
            engine.remove(status.name)
    except MltuiError as error:
        log.warning("containers of %s are not cleared away: %s", work.name, error.message)


def _carry(work: ReleaseWork, name: str, act: Act) -> None:
    work.journal.check_cancelled()
    _begin(work, name)
    _refuse_what_failed(work, name)
    try:
        work.journal.once(f"{name} passed", lambda: act(work), commit=_passed(work, name))
    except StageSkipped as skipped:
        work.journal.note(f"{name} passed", _skipped(work, name, skipped.reason))
    except DecisionAwaited:
        raise
    except MltuiError as error:
        if not is_passing(error):
            work.journal.once(f"{name} failed", error.as_json, commit=_failed(work, name, error))
        raise


def _refuse_what_failed(work: ReleaseWork, name: str) -> None:
    """A worker that died before the release was ended leaves a failure that stands."""
    found = work.journal.found(f"{name} failed")
    if found is not None:
        raise WorkFailed(str(found["message"]), hint=str(found["hint"]), code=str(found["code"]))


def _begin(work: ReleaseWork, name: str) -> None:
    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        stages.save(tx, Stage(work.release_id, name, WorkState.RUNNING, started_at=work.workspace.now()))
        work.journal.event(tx, "StageStarted", work.name, release=work.name, stage=name)

    work.journal.note(f"{name} started", commit)


def _passed(work: ReleaseWork, name: str) -> Callable[[Connection, Mapping[str, Any]], None]:
    def commit(tx: Connection, data: Mapping[str, Any]) -> None:
        _save(tx, work, name, WorkState.SUCCEEDED, data=data)
        work.journal.event(tx, "StagePassed", work.name, release=work.name, stage=name)

    return commit


def _skipped(work: ReleaseWork, name: str, reason: str) -> Callable[[Connection, Mapping[str, Any]], None]:
    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        _save(tx, work, name, WorkState.SKIPPED, failure=reason)
        work.journal.event(tx, "StageSkipped", work.name, release=work.name, stage=name, reason=reason)

    return commit


def _failed(work: ReleaseWork, name: str, error: MltuiError) -> Callable[[Connection, Mapping[str, Any]], None]:
    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        _save(tx, work, name, WorkState.FAILED, failure=error.message)
        work.journal.event(tx, "StageFailed", work.name, release=work.name, stage=name, reason=error.message)

    return commit


def _save(
    tx: Connection,
    work: ReleaseWork,
    name: str,
    state: WorkState,
    *,
    data: Mapping[str, Any] | None = None,
    failure: str | None = None,
) -> None:
    known = next(stage for stage in stages.of_release(tx, work.release_id) if stage.name == name)
    stages.save(
        tx,
        Stage(
            work.release_id,
            name,
            state,
            started_at=known.started_at,
            ended_at=work.workspace.now(),
            failure=failure,
            data=data if data is not None else known.data,
        ),
    )


def _end(work: ReleaseWork, state: ReleaseState, kind: str, *, reason: str) -> None:
    def commit(tx: Connection, _: Mapping[str, Any]) -> None:
        release = releases.find(tx, work.release_id)
        if release is not None and release.state.is_over:
            return
        close_release(tx, work.release_id, state=state, reason=reason, at=work.workspace.now())
        work.journal.event(
            tx, kind, work.name, release=work.name, version=work.version_name, environment=work.goal, reason=reason
        )

    work.journal.note("ended", commit)
