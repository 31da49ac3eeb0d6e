"""Whether there are people enough who could ever pass a gate."""

from __future__ import annotations

from collections.abc import Mapping

from mltui.domain.actor import person_of_login
from mltui.domain.approval import required_approvals
from mltui.domain.policy import Gate, Operator, Policy
from mltui.domain.way import stops


def unsatisfiable(gate: Gate, operators: Mapping[str, Operator]) -> str | None:
    """Why nobody can ever pass this gate, or None."""
    able = _able(gate, operators)
    if len(able) < required_approvals(gate):
        what = "have an SSH key in [operators]" if gate.signatures else "can log in as themselves"
        return f"it asks for {required_approvals(gate)} approvals, and {len(able)} of its approvers {what}"
    if gate.expires_hours <= 0:
        return "a release expires there before anyone can decide"
    return None


def gates_that_nobody_passes(policy: Policy) -> dict[str, str]:
    """Environment → why; of those that releases lead to, for where they merely pass through nobody is asked."""
    found = {name: unsatisfiable(policy.environments[name].gate, policy.operators) for name in stops(policy)}
    return {name: problem for name, problem in found.items() if problem is not None}


def gates_for_one_alone(policy: Policy, *, writer: str) -> dict[str, str]:
    """Environment → why nobody ever passes it in a workspace that only this login can write: it asks for every run,
    and decides. Where decisions are signed, a key tells who decides, and others may have one."""
    person = person_of_login(writer, policy.operators)
    rules = {name: policy.environments[name].gate for name in stops(policy)}
    return {
        name: f"{writer} alone can write this workspace, and so asks for every run, which {person} may not approve"
        for name, gate in rules.items()
        if not gate.self_approval and not gate.signatures and _able(gate, policy.operators) == {person}
    }


def gates_for_others(policy: Policy) -> dict[str, str]:
    """Environment → a warning; where each approver is needed, and none may approve what they made."""
    rules = {name: policy.environments[name].gate for name in stops(policy)}
    return {
        name: "nobody may approve what they asked for or wrote, and nobody of the approvers is to spare:"
        " name one more, or set self_approval = true"
        for name, gate in rules.items()
        if not gate.self_approval and len(_able(gate, policy.operators)) == required_approvals(gate)
    }


def _able(gate: Gate, operators: Mapping[str, Operator]) -> set[str]:
    known = [name for name in gate.approvers if name in operators]
    return {name for name in known if (operators[name].keys if gate.signatures else _is_alone(name, operators))}


def _is_alone(name: str, operators: Mapping[str, Operator]) -> bool:
    """Of people who share a login none is ever recognised by it."""
    return person_of_login(operators[name].login, operators) == name
