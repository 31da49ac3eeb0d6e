"""Asks for an environment's traffic to be shared between versions that passed its gate. It asks no gate itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mltui.domain.deployment import Deployment
from mltui.domain.job import Job, JobKind
from mltui.domain.names import parse_id, release_name, version_name
from mltui.domain.release import ReleaseState
from mltui.domain.rollback import target_for_version
from mltui.domain.run import WorkState
from mltui.domain.shares import shares_of
from mltui.errors import Conflict, NotFound, Refused, UsageError
from mltui.operations.environments.request_move import request_move, require_environment
from mltui.registry import Connection, deployments, releases, stages, versions
from mltui.workspace import Workspace

_PAST_DECISION = ("production", "production smoke", "bake")


def request_share(workspace: Workspace, environment: str, percents: Mapping[int, int]) -> Job:
    """`percents` is version id → part of the requests. The live version alone, with 100, ends the sharing.

    Any other version has to be one that `rollback --to` would take, so that this is no way around a gate, and goes
    on while the environment is locked. Raises `UsageError`, `Refused`, or `Conflict` while a release moves the traffic.
    """
    known = require_environment(workspace, environment)
    conn = workspace.registry.read()
    if known.deployment_id is None or known.is_stopped:
        why = "is stopped" if known.is_stopped else "answers from nothing"
        hint = f"mltui env start {environment}" if known.is_stopped else "release a version to it first"
        raise Refused(f"{environment} {why}: there is no traffic to share", hint=hint, code="no_traffic")
    _refuse_unknown(conn, percents)
    parts = shared_by(deployments.of_environment(conn, environment), percents, live=known.deployment_id)
    if shares_of(parts, live=known.deployment_id) == known.shares:
        raise Refused(f"the traffic of {environment} is shared so already", hint="", code="already_shared")
    _refuse_beside_release(conn, environment)
    wanted = {str(version): percent for version, percent in percents.items()}
    before = {str(deployment): percent for deployment, percent in known.percents.items()}
    asked = {"percents": wanted, "live": known.deployment_id, "before": before}
    return request_move(workspace, JobKind.SHARE, environment, asked)


def percents_of(words: Sequence[str]) -> dict[int, int]:
    """Version id → percent, from words like `v8=10`; raises `UsageError`."""
    found: dict[int, int] = {}
    for word in words:
        name, _, percent = word.partition("=")
        version = parse_id("version", name)
        if not (percent.isascii() and percent.isdigit()):
            raise UsageError(f"“{word}” names no part of the traffic", hint="for instance v8=10 v7=90")
        if version in found:
            raise UsageError(f"{name} is named twice", hint="one part for each version")
        found[version] = int(percent)
    return found


def shared_by(history: list[Deployment], percents: Mapping[int, int], *, live: int) -> dict[int, int]:
    """From version id → percent to deployment id → percent; raises `Refused` for a version that was never good here."""
    current = next(each for each in history if each.id == live)
    return {
        live if version == current.version_id else target_for_version(history, version, current=current).id: percent
        for version, percent in percents.items()
        if percent
    }


def _refuse_unknown(conn: Connection, percents: Mapping[int, int]) -> None:
    for version in percents:
        if versions.find(conn, version) is None:
            raise NotFound(f"there is no {version_name(version)}", hint="mltui version list shows what there is")


def _refuse_beside_release(conn: Connection, environment: str) -> None:
    """A release that is past its decision moves the traffic itself, and watches what comes of it."""
    for release in releases.unfinished(conn, environment=environment):
        begun = {each.name for each in stages.of_release(conn, release.id) if each.state is not WorkState.QUEUED}
        if release.state is ReleaseState.RUNNING and begun.intersection(_PAST_DECISION):
            name = release_name(release.id)
            raise Conflict(
                f"{name} is bringing {version_name(release.version_id)} to {environment}",
                hint=f"mltui release wait {name} waits for it, mltui release cancel {name} ends it",
                code="under_way",
            )
