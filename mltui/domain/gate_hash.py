"""What an approval binds of the policy, under one hash."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

from mltui.domain.digests import digest_of, stable_json
from mltui.domain.policy import CheckRule, EnvironmentPolicy

FORMAT = 2
DECIDING = ("after", "skip", "require_containers", "latency_limit_ms")
"""Of an environment's rules those that decide, beside its gate and its checks, what comes through."""


def gate_hash(rules: EnvironmentPolicy) -> str:
    """SHA-256 (hex) of the gate, its checks, and whatever else decides what comes through.

    The order of approvers, rules and skipped stages, and 72 for 72.0, change nothing. Only what is not as it is by
    default is in it, so that a rule that a later build brings leaves waiting releases as they are until somebody sets
    it.
    """
    gate = rules.gate
    said = replace(
        gate,
        approvers=_once(gate.approvers),
        model_card=_once(gate.model_card),
        expires_hours=float(gate.expires_hours),
    )
    environment = _set(replace(rules, skip=_once(rules.skip), latency_limit_ms=float(rules.latency_limit_ms)))
    return digest_of(
        {
            "format": FORMAT,
            "gate": _set(said),
            "checks": sorted((_set(_with_floats(rule)) for rule in rules.checks), key=stable_json),
            **{name: environment[name] for name in DECIDING if name in environment},
        }
    )


def _set(value: Any) -> dict[str, Any]:
    """The fields of a frozen value that differ from their defaults."""
    return {
        field.name: getattr(value, field.name) for field in fields(value) if getattr(value, field.name) != field.default
    }


def _once(names: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _with_floats(rule: CheckRule) -> CheckRule:
    return replace(rule, floor=_float(rule.floor), ceiling=_float(rule.ceiling), allowed_loss=_float(rule.allowed_loss))


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
