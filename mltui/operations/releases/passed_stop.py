"""The stop before a goal that a version has passed by a release of its own. Reads only."""

from __future__ import annotations

from mltui.domain.passed_stop import PassedStop
from mltui.domain.release import Release, ReleaseState
from mltui.operations.releases.seal import sealed_evidence
from mltui.registry import Connection, deployments, releases
from mltui.workspace import Workspace


def passed_release(conn: Connection, version_id: int, environment: str) -> Release | None:
    """The newest that brought the version there for good; None as well where somebody has withdrawn it there."""
    known = deployments.of_environment(conn, environment)
    if any(each.version_id == version_id and each.withdrawn_reason is not None for each in known):
        return None
    found = releases.list_releases(conn, version_id=version_id, environment=environment, limit=100)
    return next((each for each in found if each.state is ReleaseState.SUCCEEDED), None)


def passed_stop(workspace: Workspace, version_id: int, environment: str) -> PassedStop | None:
    """Raises `NotFound` or `Damaged` when the evidence from there is gone, or not what its hash says."""
    conn = workspace.registry.read()
    release = passed_release(conn, version_id, environment)
    if release is None:
        return None
    sealed = sealed_evidence(workspace, release)
    brought = [each for each in deployments.of_release(conn, release.id) if each.environment == environment]
    return PassedStop(
        environment=environment,
        release=release.id,
        engine=brought[-1].engine if brought else "",
        package_parts=sealed.get("package_parts", {}),
        data=sealed["data_digest"] or "",
        evidence=release.evidence,
    )
