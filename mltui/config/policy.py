"""Reads policy.toml."""

from __future__ import annotations

from pathlib import Path

from mltui.config.reading import converted, told
from mltui.domain.policy import Policy
from mltui.domain.policy_rules import policy_problems
from mltui.errors import ConfigInvalid

POLICY_FILE = "policy.toml"


def parse_policy(text: str, *, where: str = POLICY_FILE) -> Policy:
    """Raises `ConfigInvalid` naming file and key."""
    policy = converted(text, Policy, where)
    for problem, hint in policy_problems(policy):
        raise told(problem, text, where, hint=hint)
    return policy


def read_policy(folder: Path) -> Policy:
    """The policy of this workspace; whatever keeps it from being read is a `ConfigInvalid`."""
    path = folder / POLICY_FILE
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(
            f"the policy {path} cannot be read: {error}", hint="restore it, deploys wait until then"
        ) from error
    return parse_policy(text, where=str(path))
