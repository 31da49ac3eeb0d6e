"""One hash for what an approval binds of the policy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mltui.domain.gate_hash import gate_hash
from mltui.domain.policy import CheckRule, EnvironmentPolicy, Gate

GATE = Gate(approvers=("alice", "bob"))


def test_a_gate_has_one_hash_however_it_is_written() -> None:
    checks = (CheckRule("accuracy", floor=1), CheckRule("recall", attribute="sex"))
    rules = EnvironmentPolicy(after="staging", gate=GATE, checks=checks)
    known = gate_hash(rules)
    same = Gate(approvers=("bob", "alice", "alice"), expires_hours=72.0)
    assert gate_hash(replace(rules, gate=same, checks=(checks[1], CheckRule("accuracy", floor=1.0)))) == known
    assert gate_hash(replace(rules, latency_limit_ms=1000, bake_seconds=5, listen="127.0.0.1:9000")) == known
    others = [
        replace(rules, gate=replace(GATE, approvers=("alice",))),
        replace(rules, gate=replace(GATE, required=2)),
        replace(rules, gate=replace(GATE, self_approval=True)),
        replace(rules, gate=replace(GATE, expires_hours=71)),
        replace(rules, gate=replace(GATE, inconclusive="pass")),
        replace(rules, checks=checks[:1]),
        replace(rules, checks=(replace(checks[0], floor=0.9), checks[1])),
        replace(rules, checks=(replace(checks[0], inconclusive="pass"), checks[1])),
        replace(rules, after=None),
        replace(rules, skip=("profile",)),
        replace(rules, require_containers=True),
        replace(rules, latency_limit_ms=5000),
    ]
    assert len({known, *map(gate_hash, others)}) == 1 + len(others)


@dataclass(frozen=True, slots=True)
class LaterGate(Gate):
    witnesses: int = 0


@dataclass(frozen=True, slots=True)
class LaterRule(CheckRule):
    reason: str | None = None


def test_a_rule_that_a_later_build_brings_changes_no_hash_until_it_is_set() -> None:
    rules = EnvironmentPolicy(after="staging", gate=GATE, checks=(CheckRule("accuracy", floor=0.8),))
    gate, check = LaterGate(approvers=GATE.approvers), LaterRule("accuracy", floor=0.8)
    assert gate_hash(replace(rules, gate=gate, checks=(check,))) == gate_hash(rules)
    for later in (
        replace(rules, gate=replace(gate, witnesses=1)),
        replace(rules, checks=(replace(check, reason="law"),)),
    ):
        assert gate_hash(later) != gate_hash(rules)


def test_what_waits_at_a_gate_survives_an_upgrade() -> None:
    """As it was first written: another hash here makes every waiting release ask for a new one."""
    rules = EnvironmentPolicy(after="staging", gate=GATE, checks=(CheckRule("accuracy", floor=0.8),))
    assert gate_hash(rules) == "53121664d216e4a1d2b54d3a3d1deb980d978adeaab28295031ce39658c64139"
