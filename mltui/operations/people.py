"""Who stands on which side of a decision, by the policy's names."""

from __future__ import annotations

from mltui.domain.actor import Actor, people_behind, person_of_email, person_of_login
from mltui.domain.approval import People
from mltui.domain.policy import Policy


def people_of(policy: Policy, actor: Actor, *, requested_by: str, author_email: str) -> People:
    """`requested_by` and `author_email` are those of the version that is decided on."""
    known = policy.operators
    return People(
        actor=person_of_login(actor.login, known),
        behind=people_behind(actor, known),
        requesters=people_behind(Actor.parse(requested_by), known),
        author=person_of_email(author_email, known),
    )
