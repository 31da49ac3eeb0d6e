"""Events: the append-only history, each row holding the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b")
GENESIS = "0" * 64
"""Previous hash of the first event."""

SENTENCES: Mapping[str, str] = {
    "WorkspaceCreated": "workspace created for project {project}",
    "WorkspaceRestored": "workspace restored from the backup of {made_at}; nothing runs until it is started",
    "VersionPinned": "{version} pinned: {reason}",
    "VersionUnpinned": "{version} no longer pinned",
    "ModelPruned": "the model of {version} was pruned",
    "Pruned": "pruned {what}",
    "BackupMade": "backup {file} made",
    "PolicyChanged": "policy {policy} rules from here on",
    "RunRequested": "run {run} asked for on commit {commit}",
    "ThresholdTaken": "threshold {threshold} taken for the model of {version}, in run {run}",
    "RunStarted": "run {run} started on engine {engine}",
    "ImageBuilt": "image {image} built for {step}",
    "StepStarted": "step {step} of run {run} started",
    "StepCached": "step {step} of run {run} cached from run {cached_from}",
    "StepSucceeded": "step {step} of run {run} succeeded",
    "StepFailed": "step {step} of run {run} failed: {reason}",
    "RunSucceeded": "run {run} succeeded",
    "RunFailed": "run {run} failed: {reason}",
    "RunCancelled": "run {run} cancelled: {reason}",
    "CancelRequested": "end of {what} asked for: {reason}",
    "DataVersionImported": "{data} imported: {files} files",
    "VersionRegistered": "{version} registered from run {run}",
    "ModelCardChanged": "{field} of {version}'s model card is now: {text}",
    "NoteAdded": "note on {version}",
    "ReleaseOpened": "release {release} of {version} to {environment} opened",
    "StageStarted": "stage {stage} of {release} started",
    "StagePassed": "stage {stage} of {release} passed",
    "StageSkipped": "stage {stage} of {release} skipped",
    "StageFailed": "stage {stage} of {release} failed: {reason}",
    "ApprovalRequested": "{release} waits for a decision on {version}",
    "RequestTurnedStale": "{release} is stale: {reason}",
    "RequestFreshAgain": "{release} is fresh again: {environment} answers as it did",
    "VersionApproved": "{version} approved for {environment}",
    "GlassBroken": "GLASS BROKEN for {version}: {reason}",
    "EmergencyAcknowledged": "the emergency of {release} is acknowledged: {comment}",
    "VersionRejected": "{version} rejected for {environment}: {comment}",
    "DeployHeld": "{release} waits before {environment}: {reason}",
    "ReleaseSucceeded": "{release} brought {version} to {environment}",
    "ReleaseFailed": "{release} failed: {reason}",
    "ReleaseCancelled": "{release} cancelled: {reason}",
    "ReleaseSuperseded": "{release} superseded by {by}",
    "ReleaseExpired": "{release} expired without a decision",
    "DeploymentStarted": "{deployment} of {version} starting in {environment}",
    "EndpointSettled": "{environment} listens on {url}, with {guard}",
    "CertificateRenewed": "{environment} shows a renewed certificate, which holds until {until}",
    "TrafficShifted": "{environment} answers from {deployment} ({version})",
    "TrafficShared": "{environment} is answered by {shares}",
    "SharingEnded": "{deployment} ({version}) has no part of the traffic of {environment} any more",
    "TrafficStepStarted": "{release}, step {step} of {steps}: {percent} % of {environment} goes to {version}",
    "TrafficStepPassed": "{release}, step {step} of {steps} passed: {sentence}",
    "TrafficStepExtended": "{release}, step {step} of {steps} takes as long again: {sentence}",
    "TrafficStepHeld": "{release}, step {step} of {steps} waits for a person: {sentence}",
    "TrafficStepContinued": "{release} goes on after step {step} of {steps}, as {person} says",
    "TrafficTakenBack": "{version} is taken back in {environment}: {reason}",
    "DeploymentBaked": "{deployment} finished its bake in {environment}",
    "DeploymentRetired": "{deployment} in {environment} is now {state}",
    "RollbackRequested": "rollback of {environment} asked for",
    "UndoRequested": "undo of the rollback of {environment} asked for",
    "RolledBack": "{environment} rolled back from {left} to {restored}",
    "RollbackUndone": "rollback of {environment} undone: {restored} is back",
    "VersionWithdrawn": "{version} withdrawn from {environment}: {reason}",
    "WithdrawalEnded": "{version} started again in {environment} although it was withdrawn: {reason}",
    "EnvironmentStopped": "{environment} stopped: {reason}",
    "EnvironmentStarted": "{environment} started again with {deployment}",
    "DeploysLocked": "{environment} locked: {reason}",
    "DeploysUnlocked": "{environment} unlocked: {reason}",
    "SmokeFailed": "smoke in {environment} failed: {reason}",
    "SmokeRecovered": "smoke in {environment} is green again",
    "MissedNotificationsRetried": "{notifier} is told again of {count} events that it missed",
    "MissedNotificationsDismissed": "{count} events that {notifier} missed are left at that",
    "WorkerInstalled": "{how} of {by} brings the worker up at each start of the machine",
    "WorkerUninstalled": "{how} of {by} does not bring the worker up any more",
    "WorkerStarted": "worker {pid} took up the work",
    "WorkerStopped": "worker {pid} ended",
}
"""Kind of event → its sentence; a kind that is not here cannot be appended."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the history. `sequence` rules over `at` where they disagree."""

    sequence: int
    at: datetime
    actor: str
    kind: str
    subject: str
    """What it is about: `41`, `v7`, `r12`, `d18`, or an environment's name."""
    data: Mapping[str, Any]
    """Strings, integers, booleans, None, and lists and mappings of these; no floats."""
    previous: str
    hash: str

    def __str__(self) -> str:
        """Hashes are shortened: the whole ones are in the data."""
        return _HASH.sub(r"\1", SENTENCES.get(self.kind, self.kind).format_map(_Known(self.data)))


class _Known(dict[str, Any]):
    """Fills a sentence's gaps with `?`, so that an old row can always be read."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)

    def __missing__(self, key: str) -> str:
        return "?"


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8; raises `TypeError` on a float, whose text differs between languages."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def event_hash(
    previous: str, *, sequence: int, at: datetime, actor: str, kind: str, subject: str, data: Mapping[str, Any]
) -> str:
    """SHA-256 (hex) over the previous hash and the event's own canonical JSON."""
    body = {"sequence": sequence, "at": at.isoformat(), "actor": actor, "kind": kind, "subject": subject, "data": data}
    return hashlib.sha256(previous.encode() + canonical_json(body)).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r} in an event: write integers or decimal strings")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"key {key!r} in an event is no string")
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
