"""What a person says in a decision, and the pen that signs it where the gate asks for that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mltui.domain.actor import UNKNOWN
from mltui.domain.policy import Policy
from mltui.domain.release import Approval, Release
from mltui.domain.signature import person_of_key, statement
from mltui.domain.version import ModelVersion
from mltui.errors import Conflict, NotFound, Refused
from mltui.operations.releases import signing
from mltui.registry import events, versions
from mltui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Said:
    decision: Literal["approved", "rejected"]
    comment: str = ""
    acknowledged: tuple[str, ...] = ()
    emergency: str = ""


@dataclass(frozen=True, slots=True)
class Pen:
    """Has signed already, before the registry was locked: an agent or a touch takes its time."""

    person: str | None
    """Whose key it is; None where nothing is signed, and the login tells who acts."""
    content: bytes = b""
    key: str = ""
    signature: str = ""
    head: str = ""

    def signed(self, approval: Approval, environment: str) -> Approval:
        """Raises `Conflict` when it is not what was signed any more."""
        if self.person is None:
            return approval
        if statement(approval, environment=environment, head=self.head) != self.content:
            raise Conflict("the release changed while you signed", hint="look at it again, and decide once more")
        return replace(approval, signature=self.signature, key=self.key, head=self.head)


def drafted(
    workspace: Workspace, release: Release, version: ModelVersion, said: Said, *, person: str, note: str = ""
) -> Approval:
    return Approval(
        release_id=release.id,
        person=person,
        login=str(workspace.actor),
        decision=said.decision,
        comment=said.comment,
        at=workspace.now(),
        version_id=version.id,
        package=release.package,
        gate=release.gate,
        data=version.data,
        evidence=release.evidence,
        acknowledged=said.acknowledged,
        note=note,
        emergency=said.emergency,
    )


def person_at_hand(workspace: Workspace, policy: Policy, content: bytes, *, key: Path | None) -> str | None:
    """Who proves with a key, which signs the content, to be here; None where the login tells, and no key is named.

    On an account that several share only a key tells who acts.
    """
    sharing = [each for each in policy.operators.values() if each.login == workspace.actor.login]
    if key is None and (len(sharing) < 2 or not any(each.keys for each in sharing)):
        return None
    public, person = _signer(workspace, policy, key)
    signing.sign(content, key=key, public=public)
    return person


def _signer(workspace: Workspace, policy: Policy, key: Path | None) -> tuple[str, str]:
    """The public key, and whose it is."""
    public = signing.public_key(key, login=workspace.actor.login, operators=policy.operators)
    person = person_of_key(public, policy.operators)
    if person == UNKNOWN:
        raise Refused("the key belongs to no operator", hint="add it to keys in [operators]", code="unknown_key")
    if policy.operators[person].login != workspace.actor.login:
        raise Refused(
            f"the key is {person}'s, who logs in as {policy.operators[person].login}",
            hint="sign with a key of your own",
            code="key_of_another",
        )
    return public, person


def pen_for(workspace: Workspace, policy: Policy, release: Release, said: Said, *, key: Path | None) -> Pen:
    """Signs where the gate asks for it, or a key is named. Raises `Refused` for a key that is not the person's."""
    rules = policy.environments.get(release.environment)
    if key is None and (rules is None or not rules.gate.signatures):
        return Pen(None)
    public, person = _signer(workspace, policy, key)
    conn = workspace.registry.read()
    version = versions.find(conn, release.version_id)
    if version is None:
        raise NotFound(f"the version of release {release.id} is not in the registry", hint="mltui audit verify")
    _, head = events.head(conn)
    content = statement(
        drafted(workspace, release, version, said, person=person), environment=release.environment, head=head
    )
    return Pen(person, content, public, signing.sign(content, key=key, public=public), head)
