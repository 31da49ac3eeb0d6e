"""What a person signs when they decide, and whose key may sign it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.domain.actor import UNKNOWN
from mltui.domain.event import canonical_json
from mltui.domain.names import release_name, version_name
from mltui.domain.policy import Operator
from mltui.domain.release import Approval

NAMESPACE = "mltui-decision"
"""Of the SSH signature, so that one made for something else is none here."""


def statement(approval: Approval, *, environment: str, head: str) -> bytes:
    """The bytes that are signed: all that the decision binds.

    `head` is the hash of the last event then: whoever writes the history anew cannot make the signature again.
    """
    said: Mapping[str, Any] = {
        "release": release_name(approval.release_id),
        "version": version_name(approval.version_id),
        "environment": environment,
        "person": approval.person,
        "decision": approval.decision,
        "comment": approval.comment,
        "acknowledged": list(approval.acknowledged),
        "emergency": approval.emergency,
        "package": approval.package,
        "gate": approval.gate,
        "data": approval.data,
        "evidence": approval.evidence,
        "head": head,
    }
    return canonical_json(said)


def plain_key(line: str) -> str:
    """Type and base64 of a public key line, without its comment; empty for what is no key."""
    words = line.split()
    return " ".join(words[:2]) if len(words) >= 2 else ""


def person_of_key(key: str, operators: Mapping[str, Operator]) -> str:
    """Name of the operator whose key it is, or `unknown`."""
    for name, operator in operators.items():
        if plain_key(key) and any(plain_key(known) == plain_key(key) for known in operator.keys):
            return name
    return UNKNOWN
