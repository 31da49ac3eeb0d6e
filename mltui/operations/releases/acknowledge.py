"""Acknowledges that a release went through in an emergency; until then every screen says so."""

from __future__ import annotations

from pathlib import Path

from mltui.domain.approval import acknowledgement_refusals, require_no_refusal
from mltui.domain.names import parse_id, release_name, version_name
from mltui.domain.release import Acknowledgement
from mltui.errors import ConfigInvalid, NotFound, Refused
from mltui.operations.acting.people import people_of
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.acting.told import told
from mltui.operations.releases.pen import person_at_hand
from mltui.registry import acknowledgements, approvals, events, releases, versions
from mltui.workspace import Workspace


def acknowledge(workspace: Workspace, name: str, *, comment: str = "", key: Path | None = None) -> Acknowledgement:
    """`name` is the release's. Raises `Refused` for who broke the glass, and where nobody did.

    `key` is an SSH key that tells who acts on an account that several share; else one of the agent's does.
    """
    policy = policy_on_record(workspace)
    signer = person_at_hand(workspace, policy, f"{name} is acknowledged".encode(), key=key)
    with told(workspace), workspace.registry.write() as tx:
        release = releases.find(tx, parse_id("release", name))
        if release is None:
            raise NotFound(f"there is no {name}", hint="mltui release list shows what there is")
        earlier = approvals.of_release(tx, release.id)
        if not any(each.emergency for each in earlier):
            raise Refused(f"{name} was no emergency", hint=f"mltui release show {name}", code="no_emergency")
        seen = acknowledgements.find(tx, release.id)
        if seen is not None:
            raise Refused(
                f"{seen.person} has acknowledged {name} already", hint="nothing has to be done", code="acknowledged"
            )
        rules = policy.environments.get(release.environment)
        version = versions.find(tx, release.version_id)
        if rules is None or version is None:
            raise ConfigInvalid(f"the policy knows no environment {release.environment}", hint="put it back first")
        people = people_of(policy, workspace.actor, release, version, earlier=earlier, signer=signer)
        require_no_refusal(acknowledgement_refusals(people, rules.gate), act=f"acknowledging {name}")
        actor, at = str(workspace.actor), workspace.now()
        said = {"release": release_name(release.id), "version": version_name(version.id), "comment": comment or "seen"}
        events.append(tx, "EmergencyAcknowledged", release_name(release.id), said, actor=actor, at=at)
        return acknowledgements.add(tx, release_id=release.id, person=people.actor, login=actor, comment=comment, at=at)
