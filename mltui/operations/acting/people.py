"""Who stands on which side of a decision, by the policy's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mltui.domain.actor import UNKNOWN, Actor, people_behind, person_of_email, person_of_login
from mltui.domain.approval import People, people_behind_approvals
from mltui.domain.policy import Policy
from mltui.domain.release import Approval, Release
from mltui.registry.version_facts import VersionFacts

if TYPE_CHECKING:
    from mltui.domain.version import ModelVersion


def people_of(
    policy: Policy,
    actor: Actor,
    release: Release,
    version: ModelVersion | VersionFacts,
    *,
    earlier: Sequence[Approval] = (),
    signer: str | None = None,
) -> People:
    """`version` is the release's, `earlier` are the decisions on it so far.

    `signer` is the person whose key signs: on an account that several share only that tells who acts.
    """
    known = policy.operators
    person = person_of_login(actor.login, known) if signer is None else signer
    return People(
        actor=person,
        behind=(people_behind(actor, known) | {person}) - {UNKNOWN},
        requesters=people_behind(Actor.parse(version.requested_by), known),
        author=person_of_email(version.author_email, known),
        openers=people_behind(Actor.parse(release.opened_by), known),
        approved=people_behind_approvals(earlier, known),
    )
