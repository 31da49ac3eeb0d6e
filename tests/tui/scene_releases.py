"""Releases with their checks and decisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mltui.domain.checks import GateReport, Verdict
from mltui.domain.digests import digest_of, stable_json
from mltui.domain.gate_hash import gate_hash
from mltui.domain.job import JobKind
from mltui.domain.release import STAGES, Approval, Release, ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.operations.versions.answer_changes import KEY, CheckedChanges
from mltui.registry import approvals, jobs, releases, stages, versions
from tui.scene_figures import changed_answers, checks, smoked
from tui.scene_ground import HOURS, RIGHT, Scene, ago, digest

REASON = "recall in the dark fell from 0.77 to 0.66, train with more of them"
_STAGE_SECONDS = dict(zip(STAGES, (40, 21, 6, 2, 3, 5400, 7, 2, 300), strict=True))


def add_releases(scene: Scene, tx: sqlite3.Connection) -> None:
    """r1 to r3 succeeded, r4 was rejected, r5 waits, r6 is under way."""
    for version in (1, 2, 3):
        _release(scene, tx, version, ReleaseState.SUCCEEDED, passed=len(STAGES))
    rejected = _release(scene, tx, 4, ReleaseState.REJECTED, passed=5)
    _decide(scene, tx, rejected, "rejected", scene.say(REASON))
    _release(scene, tx, 5, ReleaseState.WAITING_APPROVAL, passed=5)
    _release(scene, tx, 6, ReleaseState.RUNNING, passed=1)


def _release(scene: Scene, tx: sqlite3.Connection, version: int, state: ReleaseState, *, passed: int) -> Release:
    say, opened = scene.say, ago(hours=HOURS[version] - 0.01)
    dark = Verdict.FAILED if version == 4 else Verdict.INCONCLUSIVE if version == 5 else Verdict.PASSED
    report = checks(RIGHT[version], say=say, floor=0.7, dark=dark)
    parts = {"model": versions.VERSIONS.one(tx, "WHERE id = ?", [version]).model}  # type: ignore[union-attr]
    made = releases.add(
        tx,
        version_id=version,
        environment="production",
        state=state,
        opened_at=opened,
        opened_by=say("bob"),
        package=digest_of(parts),
        image_id=f"sha256:{digest('image')}",
        gate=gate_hash(scene.workspace.policy().environments["production"]),
        evidence=_seal(scene, tx, version, report, parts),
        waiting_since=opened + timedelta(minutes=2) if passed >= 5 else None,
        ended_at=opened + timedelta(hours=1.7) if state.is_over else None,
        failure=f"rejected by {say('ann')}: {say(REASON)}" if state is ReleaseState.REJECTED else None,
    )
    told = {"release": f"r{made.id}", "version": f"v{version}", "environment": "production"}
    scene.tell("ReleaseOpened", f"r{made.id}", told, at=opened, by="bob")
    _stages(scene, tx, made, report, passed=passed)
    if state is ReleaseState.SUCCEEDED:
        _decide(scene, tx, made, "approved", say("looks right on the pictures of last week"))
    if not state.is_over:
        job = jobs.add(tx, kind=JobKind.RELEASE, subject=f"r{made.id}", payload={}, requested_by=say("bob"), at=opened)
        jobs.set_state(tx, job.id, state=WorkState.WAITING if passed >= 5 else WorkState.RUNNING, at=opened)
    return made


def _seal(scene: Scene, tx: sqlite3.Connection, version: int, report: GateReport, parts: Mapping[str, str]) -> str:
    found = versions.find(tx, version)
    before = {"version": 3} if version > 3 else {"version": version - 1} if version > 1 else None
    data = "" if found is None else found.data
    sealed = {"checks": report.as_json(), "data_digest": data, "package_parts": parts, "in_production": before}
    sealed["model_card"] = [
        {"field": "intended_use", "text": scene.say("sort pictures of food for a menu"), "author": "", "at": None},
        {"field": "could_harm", "text": scene.say("people who photograph at night"), "author": "bob", "at": None},
        {"field": "contact", "text": "", "author": "", "at": None},
    ]
    return scene.workspace.store.put_bytes(stable_json(sealed))


def _stages(scene: Scene, tx: sqlite3.Connection, release: Release, report: GateReport, *, passed: int) -> None:
    found: dict[str, Mapping[str, Any]] = {
        "profile": {
            "latency_p50_ms": 4.2, "latency_p95_ms": 11.6, "peak_memory_bytes": 310 * 2**20,
            "memory_limit_bytes": 403 * 2**20, "requests_per_second": 211.0,
        },
        "smoke": smoked(scene.say),
        "checks": report.as_json() | {KEY: _changed(scene, release.version_id)},
        "production smoke": smoked(scene.say),
    }  # fmt: skip
    at = release.opened_at
    for name in STAGES[: passed + 1]:
        is_passed = STAGES.index(name) < passed
        ended = at + timedelta(seconds=_STAGE_SECONDS[name]) if is_passed else None
        state = WorkState.SUCCEEDED if is_passed else WorkState.RUNNING
        if release.state is ReleaseState.REJECTED and not is_passed:
            state, ended = WorkState.FAILED, release.ended_at
        data = found.get(name, {}) if is_passed else {}
        stages.save(tx, Stage(release.id, name, state, at, ended, data=data))
        at = ended or at


def _changed(scene: Scene, version: int) -> dict[str, Any] | None:
    """v4 and v5 are worse in the dark, and better on the whole."""
    if version == 1:
        return None
    fixed, broken = (1, 12) if version in (4, 5) else (5, 4)
    counts = (("day", 120, 17, 3), ("dark", 70, fixed, broken), ("neon", 20, 2, 1))
    changes = changed_answers(scene.say("lighting"), [(scene.say(name), *rest) for name, *rest in counts])
    production = 3 if version > 3 else version - 1
    return CheckedChanges(production, changes, digest("rows")).as_json()


def _decide(scene: Scene, tx: sqlite3.Connection, release: Release, decision: Any, comment: str) -> None:
    found, at = versions.find(tx, release.version_id), release.opened_at + timedelta(hours=1.6)
    made = Approval(
        release_id=release.id, person="ann", login=scene.say("ann"), decision=decision, comment=comment, at=at,
        version_id=release.version_id, package=release.package, gate=release.gate,
        data="" if found is None else found.data, evidence=release.evidence,
    )  # fmt: skip
    approvals.add(tx, made)
    kind = "VersionApproved" if decision == "approved" else "VersionRejected"
    told = {"version": f"v{release.version_id}", "environment": "production", "person": "ann", "comment": comment}
    scene.tell(kind, f"r{release.id}", told, at=at, by="ann")
