"""Verifies the signatures of decisions again: before a deploy, and over the whole history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mltui.config.policy import parse_policy
from mltui.domain.actor import UNKNOWN
from mltui.domain.event import Event
from mltui.domain.names import parse_id, release_name
from mltui.domain.policy import Operator, Policy
from mltui.domain.release import Approval
from mltui.domain.signature import person_of_key, statement
from mltui.errors import MltuiError
from mltui.operations.releases.signing import is_signed
from mltui.registry import approvals, events, releases
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SignatureReport:
    count: int
    """Signatures that hold."""
    problems: tuple[str, ...]


def unsound(approval: Approval, *, environment: str, operators: Mapping[str, Operator]) -> str:
    """Why the decision's signature does not hold by these operators' keys; empty where it does."""
    who = f"the decision of {approval.person} on {release_name(approval.release_id)}"
    if not approval.signature:
        return f"{who} is not signed"
    if person_of_key(approval.key, operators) not in (approval.person,) or approval.person == UNKNOWN:
        return f"{who} is signed with a key that is not {approval.person}'s in the policy"
    content = statement(approval, environment=environment, head=approval.head)
    if not is_signed(content, signature=approval.signature, key=approval.key):
        return f"{who} is not what was signed"
    return ""


def verify_signatures(workspace: Workspace) -> SignatureReport:
    """Each decision by the policy that was on record when it was made; unsigned ones only where that asked for it."""
    count, problems, policy = 0, list[str](), None
    hashes: set[str] = set()
    for event in events.every(workspace.registry.read()):
        if event.kind == "PolicyChanged":
            policy = _policy(workspace, str(event.data["policy"]))
        elif event.kind in ("VersionApproved", "VersionRejected"):
            found = _decided(workspace, event)
            if not found:
                problems.append(f"event {event.sequence} tells of a decision that is not in the registry")
            for approval in found:
                problem = _problem(approval, event, policy, hashes)
                problems += [problem] if problem else []
                count += 1 if approval.signature and not problem else 0
        hashes.add(event.hash)
    return SignatureReport(count, tuple(problems))


def _problem(approval: Approval, event: Event, policy: Policy | None, hashes: set[str]) -> str:
    if policy is None:
        return f"the policy that ruled at event {event.sequence} is not in the store" if approval.signature else ""
    environment = str(event.data["environment"])
    rules = policy.environments.get(environment)
    if not approval.signature and (rules is None or not rules.gate.signatures):
        return ""
    if approval.signature and approval.head not in hashes:
        return f"the history before event {event.sequence} is not the one that {approval.person} signed"
    return unsound(approval, environment=environment, operators=policy.operators)


def _decided(workspace: Workspace, event: Event) -> list[Approval]:
    conn = workspace.registry.read()
    release = releases.find(conn, parse_id("release", event.subject))
    decision = "approved" if event.kind == "VersionApproved" else "rejected"
    return [
        each
        for each in (approvals.of_release(conn, release.id) if release is not None else ())
        if (each.person, each.decision, each.at) == (event.data.get("person"), decision, event.at)
    ]


def _policy(workspace: Workspace, digest: str) -> Policy | None:
    try:
        return parse_policy(workspace.store.read_bytes(digest).decode())
    except (MltuiError, UnicodeDecodeError):
        return None
