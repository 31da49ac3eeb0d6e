"""Signed decisions: real keys, a real agent, real `ssh-keygen`."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from operations.gates import as_person, at_gate, write_policy

from mltui.domain.event import GENESIS, canonical_json, event_hash
from mltui.domain.passable import gates_that_nobody_passes
from mltui.errors import Damaged, NotFound, Refused
from mltui.operations.releases.acknowledge import acknowledge
from mltui.operations.releases.decide import approve, reject
from mltui.operations.releases.verify_signatures import unsound
from mltui.operations.standing.overview import overview
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import approvals, events
from mltui.workspace import Workspace

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed here")
NAMES = ("ann", "bob", "cat", "eve")


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    """eve's is no operator's."""
    found = {name: tmp_path / "keys" / name for name in NAMES}
    (tmp_path / "keys").mkdir()
    for name, path in found.items():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return found


def sign_it(
    workspace: Workspace, keys: dict[str, Path], *, shared: bool = False, gate: str = "signatures = true, "
) -> None:
    """The policy knows everybody's key, and the gate asks for signatures; `shared`: all are the account `ops`."""
    write_policy(workspace)
    text = (workspace.folder / "policy.toml").read_text().replace("gate = { ", "gate = { " + gate)
    for name in ("ann", "bob", "cat"):
        public = keys[name].with_name(f"{name}.pub").read_text().strip()
        login = "ops" if shared else name
        text = text.replace(f'{name} = {{ login = "{name}"', f'{name} = {{ keys = ["{public}"], login = "{login}"')
    (workspace.folder / "policy.toml").write_text(text)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as raised:
        act()
    assert raised.value.hint
    return raised.value.code


def test_a_signed_approval_holds_and_is_verified_again_later(workspace: Workspace, keys: dict[str, Path]) -> None:
    sign_it(workspace, keys)
    at_gate(workspace)
    decision = approve(as_person(workspace, "bob"), 1, comment="good", key=keys["bob"])
    assert decision.missing == 0
    assert decision.approval.signature.startswith("-----BEGIN SSH SIGNATURE-----")
    assert verify_history(workspace).signatures == 1


def test_a_gate_that_asks_for_signatures_takes_none_without(
    workspace: Workspace, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    sign_it(workspace, keys)
    at_gate(workspace)
    bob = as_person(workspace, "bob")
    assert refused(lambda: approve(bob, 1)) == "no_key"
    assert refused(lambda: reject(bob, 1, comment="no")) == "no_key"
    assert refused(lambda: approve(bob, 1, key=keys["cat"])) == "key_of_another"
    assert refused(lambda: approve(bob, 1, key=keys["eve"])) == "unknown_key"
    with pytest.raises(NotFound, match="no key"):
        approve(bob, 1, key=keys["bob"].with_name("nowhere"))
    assert approvals.of_release(workspace.registry.read(), 1) == []
    assert reject(bob, 1, comment="no", key=keys["bob"]).approval.signature


def test_a_key_with_a_passphrase_is_not_asked_for_it(workspace: Workspace, keys: dict[str, Path]) -> None:
    sign_it(workspace, keys)
    at_gate(workspace)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(keys["bob"])], check=True)
    assert refused(lambda: approve(as_person(workspace, "bob"), 1, key=keys["bob"])) == "no_key"


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    socket = tmp_path / "agent"
    said = subprocess.run(["ssh-agent", "-s", "-a", str(socket)], check=True, capture_output=True, text=True).stdout
    pid = int(said.split("SSH_AGENT_PID=")[1].split(";")[0])
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield
    os.kill(pid, signal.SIGTERM)


def test_an_agent_signs_with_the_key_that_the_policy_knows(
    workspace: Workspace, keys: dict[str, Path], agent: None
) -> None:
    sign_it(workspace, keys)
    at_gate(workspace)
    for name in ("eve", "cat", "bob"):
        subprocess.run(["ssh-add", "-q", str(keys[name])], check=True)
        keys[name].unlink()
    assert approve(as_person(workspace, "bob"), 1).approval.person == "bob"
    assert verify_history(workspace).signatures == 1


def test_on_a_shared_account_the_key_tells_who_acts(workspace: Workspace, keys: dict[str, Path]) -> None:
    sign_it(workspace, keys, shared=True)
    at_gate(workspace, author_email="ann@example.org")
    ops = as_person(workspace, "ops")
    assert refused(lambda: approve(ops, 1, key=keys["ann"])) == "self_approval"
    assert approve(ops, 1, key=keys["bob"]).approval.person == "bob"


def test_on_a_shared_account_it_is_told_before_who_may_sign(workspace: Workspace, keys: dict[str, Path]) -> None:
    sign_it(workspace, keys, shared=True)
    at_gate(workspace, author_email="ann@example.org")
    found = overview(as_person(workspace, "ops"))
    (waiting,) = found.waiting
    assert waiting.may_approve
    assert "bob" in waiting.signers
    assert "ann" not in waiting.signers, "she wrote it"
    assert all(role.may_approve for role in found.roles if role.environment == "production")
    sign_it(workspace, keys, shared=True, gate="")
    found = overview(as_person(workspace, "ops"))
    assert not found.waiting[0].may_approve
    assert " share," in found.roles[-1].why_not


def test_on_a_shared_account_another_key_acknowledges_an_emergency(workspace: Workspace, keys: dict[str, Path]) -> None:
    sign_it(workspace, keys, shared=True)
    at_gate(workspace, author_email="ann@example.org")
    ops = as_person(workspace, "ops")
    approve(ops, 1, emergency="all is down", key=keys["ann"])
    for key, code in ((keys["ann"], "own_emergency"), (keys["eve"], "unknown_key"), (None, "no_key")):
        assert refused(lambda key=key: acknowledge(ops, "r1", key=key)) == code  # type: ignore[misc]
    assert acknowledge(ops, "r1", key=keys["bob"]).person == "bob"


def test_the_public_key_of_another_beside_a_key_makes_nobody_another(
    workspace: Workspace, keys: dict[str, Path]
) -> None:
    sign_it(workspace, keys, shared=True)
    at_gate(workspace, author_email="ann@example.org")
    ops = as_person(workspace, "ops")
    shutil.copy(keys["bob"].with_name("bob.pub"), keys["ann"].with_name("ann.pub"))
    assert refused(lambda: approve(ops, 1, key=keys["ann"])) == "no_key"
    assert approvals.of_release(workspace.registry.read(), 1) == []
    approve(ops, 1, emergency="all is down", key=keys["cat"])
    shutil.copy(keys["bob"].with_name("bob.pub"), keys["cat"].with_name("cat.pub"))
    assert refused(lambda: acknowledge(ops, "r1", key=keys["cat"])) == "no_key"


def test_a_shared_account_without_signatures_passes_no_gate(workspace: Workspace, keys: dict[str, Path]) -> None:
    sign_it(workspace, keys, shared=True, gate="")
    assert "0 of its approvers can log in as themselves" in gates_that_nobody_passes(workspace.policy())["production"]
    at_gate(workspace)
    assert refused(lambda: approve(as_person(workspace, "ops"), 1)) == "unknown_person"


@pytest.mark.parametrize(
    "change", ["comment = 'bad'", "acknowledged = '[\"bias\"]'", "person = 'cat'", "package = 'x'"]
)
def test_a_decision_that_was_changed_is_not_what_was_signed(
    workspace: Workspace, keys: dict[str, Path], change: str
) -> None:
    sign_it(workspace, keys)
    at_gate(workspace)
    approve(as_person(workspace, "bob"), 1, key=keys["bob"])
    with sqlite3.connect(workspace.registry.path) as raw:
        raw.execute("DROP TRIGGER approvals_refuse_update")
        raw.execute(f"UPDATE approvals SET {change}")
    (approval,) = approvals.of_release(workspace.registry.read(), 1)
    assert unsound(approval, environment="production", operators=workspace.policy().operators)
    told = "tells of a decision that is not" if change.startswith("person") else "is not what was signed"
    with pytest.raises(Damaged, match=told):
        verify_history(workspace)


def test_a_decision_does_not_hold_by_a_key_that_the_policy_lost(workspace: Workspace, keys: dict[str, Path]) -> None:
    """A deploy asks for today's policy, the audit for the one that ruled then."""
    sign_it(workspace, keys)
    at_gate(workspace)
    approve(as_person(workspace, "bob"), 1, key=keys["bob"])
    (approval,) = approvals.of_release(workspace.registry.read(), 1)
    known = dict(workspace.policy().operators)
    assert unsound(approval, environment="production", operators=known) == ""
    known["bob"] = replace(known["bob"], keys=())
    assert "a key that is not bob's" in unsound(approval, environment="production", operators=known)
    assert verify_history(workspace).signatures == 1


def test_a_history_that_is_written_anew_is_not_the_one_that_was_signed(
    workspace: Workspace, keys: dict[str, Path]
) -> None:
    """Whoever can write the file can recompute every hash, but sign nothing."""
    sign_it(workspace, keys)
    at_gate(workspace)
    approve(as_person(workspace, "bob"), 1, key=keys["bob"])
    recompute(workspace, lambda kind, data: {**data, "opened_by": "nobody"} if kind == "ReleaseOpened" else data)
    with pytest.raises(Damaged, match="is not the one that bob signed"):
        verify_history(workspace)


def recompute(workspace: Workspace, change: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
    """Changes events and makes a chain of them again in which no hash is wrong."""
    found = events.list_events(workspace.registry.read(), limit=1000)
    previous = GENESIS
    with sqlite3.connect(workspace.registry.path) as raw:
        raw.execute("DROP TRIGGER events_refuse_update")
        for event in found:
            data = change(event.kind, dict(event.data))
            parts = {"at": event.at, "actor": event.actor, "kind": event.kind, "subject": event.subject}
            digest = event_hash(previous, sequence=event.sequence, data=data, **parts)
            raw.execute(
                "UPDATE events SET data = ?, previous = ?, hash = ? WHERE sequence = ?",
                (canonical_json(data).decode(), previous, digest, event.sequence),
            )
            previous = digest
    assert events.verify(workspace.registry.read()).problem == ""
