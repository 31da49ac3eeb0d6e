"""A release that starts from a stop which its version has passed: what it carries has to be what passed there."""

from __future__ import annotations

from mltui.domain.names import release_name
from mltui.domain.passed_stop import PassedStop, changed_since
from mltui.domain.way import way_to
from mltui.errors import Refused
from mltui.operations.releases.passed_stop import passed_stop
from mltui.worker.releases.release_work import ReleaseWork


def inherited_stop(work: ReleaseWork) -> PassedStop | None:
    """None where people decide nowhere before the goal."""
    since = way_to(work.policy, work.goal).since
    return None if since is None else passed_stop(work.workspace, work.version.id, since)


def refuse_what_passed_otherwise(work: ReleaseWork) -> None:
    """Names what is another than what passed the stop; and a stop that the version has not passed any more."""
    since = way_to(work.policy, work.goal).since
    if since is None:
        return
    hint = f"mltui release open {work.version_name} --environment {since}"
    passed = inherited_stop(work)
    if passed is None:
        reason = f"{work.version_name} was withdrawn from {since}, or has not passed it"
        raise Refused(reason, hint=hint, code="not_passed")
    changed = changed_since(
        passed,
        package_parts=work.found("package").get("parts", {}),
        engine=work.place.engine_name,
        data=work.version.data,
    )
    if changed:
        which = f"{work.version_name} passed {since} with {release_name(passed.release)}"
        raise Refused(f"{', '.join(changed)} changed since {which}", hint=hint, code="changed_since_stop")
