"""What every stage of a release works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mltui.domain.names import parse_id, release_name, version_name
from mltui.domain.policy import EnvironmentPolicy, Policy
from mltui.domain.release import Release, ReleaseState
from mltui.domain.version import ModelVersion
from mltui.domain.way import way_to
from mltui.errors import ConfigInvalid, NotFound
from mltui.registry import releases, stages, versions
from mltui.worker.environments.place import Place
from mltui.worker.journal import Journal
from mltui.workspace import Workspace

LABEL_RELEASE = "mltui.release"
"""Label on containers that serve one stage alone."""


class StageSkipped(Exception):
    """The policy leaves this stage out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DecisionAwaited(Exception):
    """The release is at the gate: the job rests until somebody decides."""


class ReleaseEnded(Exception):
    """The release ends here without a fault of the work: rejected, expired, rolled back."""

    def __init__(self, state: ReleaseState, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.state, self.kind, self.reason = state, kind, reason


@dataclass
class ReleaseWork:
    """One release with its version and the rules that hold now."""

    journal: Journal
    release_id: int
    version: ModelVersion
    goal: str
    """Name of the environment that the release leads to."""

    @property
    def workspace(self) -> Workspace:
        return self.journal.workspace

    @property
    def name(self) -> str:
        return release_name(self.release_id)

    @property
    def version_name(self) -> str:
        return version_name(self.version.id)

    @property
    def release(self) -> Release:
        """As it stands now."""
        return require_release(self.workspace, self.release_id)

    @cached_property
    def policy(self) -> Policy:
        return self.workspace.policy()

    def reread_policy(self) -> None:
        """For who waited meanwhile: somebody may have asked for more."""
        self.__dict__.pop("policy", None)

    @property
    def rules(self) -> EnvironmentPolicy:
        try:
            return self.policy.environments[self.goal]
        except KeyError:
            raise ConfigInvalid(
                f"the policy knows no environment {self.goal}", hint="put it back, or open a new release"
            ) from None

    @property
    def place(self) -> Place:
        """Where the release leads."""
        return place_of(self.workspace, self.policy, self.goal)

    @property
    def through(self) -> tuple[str, ...]:
        """Environments that the release passes before its goal, in their order."""
        return () if self.rules.after is None else way_to(self.policy, self.goal).through

    def place_in(self, environment: str) -> Place:
        return place_of(self.workspace, self.policy, environment)

    def found(self, stage: str) -> Mapping[str, Any]:
        """What an earlier stage found; empty for one that was skipped."""
        known = {each.name: each.data for each in stages.of_release(self.workspace.registry.read(), self.release_id)}
        return known.get(stage, {})


def open_work(journal: Journal) -> ReleaseWork:
    release = require_release(journal.workspace, parse_id("release", journal.job.subject))
    version = versions.find(journal.workspace.registry.read(), release.version_id)
    if version is None:
        raise NotFound(
            f"{version_name(release.version_id)} is not in the registry", hint="mltui audit verify looks for damage"
        )
    return ReleaseWork(journal, release.id, version, release.environment)


def place_of(workspace: Workspace, policy: Policy, name: str) -> Place:
    rules = policy.environments[name]
    return Place(workspace, name, rules, policy.engine if rules.engine == "default" else rules.engine)


def require_release(workspace: Workspace, release_id: int) -> Release:
    release = releases.find(workspace.registry.read(), release_id)
    if release is None:
        raise NotFound(f"there is no {release_name(release_id)}", hint="mltui release list shows what there is")
    return release
