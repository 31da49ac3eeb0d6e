"""What was sealed for a release when it reached the gate, and whether that still holds. Reads only."""

from __future__ import annotations

from typing import Any

from mltui.domain.approval import CurrentFacts, Refusal, broken_seal
from mltui.domain.digests import digest_of
from mltui.domain.gate_hash import gate_hash
from mltui.domain.policy import EnvironmentPolicy
from mltui.domain.release import Release, ReleaseState
from mltui.errors import MltuiError
from mltui.operations.acting.policy_record import try_policy
from mltui.registry import Connection, versions
from mltui.workspace import Workspace


def sealed_evidence(workspace: Workspace, release: Release) -> dict[str, Any]:
    """Raises `NotFound` or `Damaged` when the evidence is not there, or not what its hash says."""
    import json

    if not release.evidence:
        return {"checks": {"inconclusive_rule": "hold", "checks": []}, "data_digest": None}
    evidence: dict[str, Any] = json.loads(workspace.store.read_bytes(release.evidence))
    return evidence


def try_sealed_evidence(workspace: Workspace, release: Release) -> dict[str, Any]:
    """Empty where none is sealed, or it cannot be read."""
    try:
        return sealed_evidence(workspace, release) if release.evidence else {}
    except MltuiError:
        return {}


def facts_now(release: Release, *, sealed: dict[str, Any], data: str, rules: EnvironmentPolicy) -> CurrentFacts:
    """`sealed` is the evidence, `data` the digest of the version's data."""
    return CurrentFacts(
        version=release.version_id,
        package=digest_of(sealed["package_parts"]) if release.evidence else release.package,
        gate=gate_hash(rules),
        data=data,
        evidence=release.evidence,
    )


def what_broke_the_seal(
    conn: Connection, workspace: Workspace, release: Release, *, rules: EnvironmentPolicy
) -> list[Refusal]:
    """Empty for a release that waits for no decision."""
    version = versions.find(conn, release.version_id)
    if version is None or release.state is not ReleaseState.WAITING_APPROVAL:
        return []
    try:
        sealed = sealed_evidence(workspace, release)
    except MltuiError as error:
        return [Refusal(error.code, error.message, error.hint)]
    return broken_seal(
        release,
        gate=rules.gate,
        current=facts_now(release, sealed=sealed, data=version.data, rules=rules),
        now=workspace.now(),
        sealed_data=sealed["data_digest"],
    )


def try_seal(workspace: Workspace, release: Release) -> list[Refusal]:
    """What broke the seal, as far as a policy that can be read tells."""
    policy, _ = try_policy(workspace)
    rules = None if policy is None else policy.environments.get(release.environment)
    return [] if rules is None else what_broke_the_seal(workspace.registry.read(), workspace, release, rules=rules)
