"""Which files of the build host a policy names: certificates, keys and tokens, which no backup holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mltui.config.policy import read_policy
from mltui.domain.policy import EnvironmentPolicy
from mltui.errors import ConfigInvalid


def guard_files(folder: Path) -> tuple[Path, ...]:
    """Of the policy in this workspace's folder, absolute; none where it cannot be read."""
    try:
        policy = read_policy(folder)
    except ConfigInvalid:
        return ()
    found = {folder / name for rules in policy.environments.values() for name in _named(rules)}
    return tuple(sorted(found))


def _named(rules: EnvironmentPolicy) -> Iterator[str]:
    if rules.tls is not None:
        yield from (rules.tls.certificate, rules.tls.key)
    if rules.token_file:
        yield rules.token_file
