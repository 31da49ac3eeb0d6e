"""What the registry says about what may go, at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from mltui.domain.deployment import Deployment, root_of
from mltui.domain.job import JobKind
from mltui.domain.retention import HAS_SERVER, needed
from mltui.registry import Connection, deployments, environments, jobs, pins, releases, runs, steps, versions
from mltui.registry.versions import VersionModel

_MAKE = (JobKind.RUN, JobKind.RELEASE)


@dataclass(frozen=True, slots=True)
class Ages:
    """What ended before these moments is old."""

    before: datetime
    logs_before: datetime

    @classmethod
    def of(cls, now: datetime, *, days: float, log_days: float) -> Ages:
        return cls(now - timedelta(days=days), now - timedelta(days=max(days, log_days)))


@dataclass(frozen=True, slots=True)
class Facts:
    old_runs: frozenset[int]
    """Over for long, and of no pinned version."""
    runs_without_logs: frozenset[int]
    """Those of them whose logs are old, too."""
    kept_releases: frozenset[int]
    """Under way, or over since lately."""
    kept_versions: frozenset[int]
    """Pinned, young, in a kept release, or needed in an environment."""
    kept_servers: frozenset[int]
    """Deployments whose server is there or was lately; each at the root of its place."""
    kept_images: frozenset[str]
    prunable_models: tuple[VersionModel, ...]
    """Of versions that were never deployed, are not kept, and share their model with none that is."""
    is_training: bool
    is_moving: bool
    """Whether the traffic of an environment is about to move by anything but a release."""


def read(conn: Connection, ages: Ages) -> Facts:
    pinned, known = pins.pinned(conn), deployments.every(conn)
    kept_releases = releases.not_ended_before(conn, ages.before)
    places = _needed(conn, known)
    models = versions.models(conn)
    kept = {
        *pinned,
        *(each.version_id for each in kept_releases),
        *(each.version_id for each in places),
        *(each.id for each in models if each.created_at >= ages.before),
    }
    pinned_runs = {each.run_id for each in models if each.id in pinned}
    kept_images = {each.image_id for each in places} | {
        each.image_id for each in releases.of_versions(conn, sorted(kept))
    }
    under_way = {job.kind for job in jobs.unfinished(conn)}
    return Facts(
        old_runs=frozenset(run.id for run in runs.ended_before(conn, ages.before)) - pinned_runs,
        runs_without_logs=frozenset(run.id for run in runs.ended_before(conn, ages.logs_before)) - pinned_runs,
        kept_releases=frozenset(each.id for each in kept_releases),
        kept_versions=frozenset(kept),
        kept_servers=_kept_servers(known, ages),
        kept_images=frozenset(kept_images | steps.images_since(conn, ages.before)),
        prunable_models=_prunable_models(models, known, kept | pins.pruned_versions(conn), kept),
        is_training=JobKind.RUN in under_way,
        is_moving=not under_way.issubset(_MAKE),
    )


def _needed(conn: Connection, known: Iterable[Deployment]) -> list[Deployment]:
    live = {each.name: each.deployment_id for each in environments.list_environments(conn)}
    found: list[Deployment] = []
    for name, group in groupby(
        sorted(known, key=lambda each: (each.environment, each.id)), lambda each: each.environment
    ):
        history = list(group)
        current = next((each for each in history if each.id == live.get(name)), None)
        found += needed(history, current=current)
    return found


def _kept_servers(known: Iterable[Deployment], ages: Ages) -> frozenset[int]:
    by_id = {each.id: each for each in known}
    kept = (each for each in by_id.values() if each.state in HAS_SERVER or _left(each) >= ages.before)
    return frozenset(root_of(each, by_id).id for each in kept)


def _left(deployment: Deployment) -> datetime:
    return deployment.live_until or deployment.live_from or deployment.created_at


def _prunable_models(
    models: Iterable[VersionModel], known: Iterable[Deployment], without: set[int], kept: set[int]
) -> tuple[VersionModel, ...]:
    deployed = {each.version_id for each in known if each.live_from is not None or each.state in HAS_SERVER}
    found = [each for each in models if each.id not in without and each.id not in deployed]
    stay = {each.model for each in models if each.id in deployed or each.id in kept}
    return tuple(each for each in found if each.model not in stay)
