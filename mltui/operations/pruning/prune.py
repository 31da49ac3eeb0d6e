"""Says what a prune would take, and takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from mltui.domain.names import version_name
from mltui.engines.base import Engine, Status
from mltui.operations.acting.files_lock import files_pruned, images_pruned
from mltui.operations.acting.told import told
from mltui.operations.pruning import engines, folders
from mltui.operations.pruning.facts import Ages, Facts, read
from mltui.operations.pruning.items import Item
from mltui.registry import Connection, cache, events, pins, references
from mltui.registry.versions import VersionModel
from mltui.workspace import Workspace

YOUNGEST_BLOB = timedelta(days=1)
"""What is stored is on record within this time, whatever age was asked for."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """What would go, or went."""

    items: tuple[Item, ...]
    left: tuple[str, ...]
    """What was not looked at, and why."""
    is_dry_run: bool

    @property
    def bytes(self) -> int:
        return sum(item.bytes for item in self.items)

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Kind → of how many things, and their bytes."""
        counts = Counter(kind for kind, _ in {(item.kind, item.name) for item in self.items})
        return {
            kind: (counts[kind], sum(each.bytes for each in self.items if each.kind == kind)) for kind in sorted(counts)
        }


def ages_of(workspace: Workspace, *, older_than_seconds: float | None = None) -> Ages:
    """By the policy unless an age is named; raises `ConfigInvalid`."""
    keep = workspace.policy().keep
    days = keep.days if older_than_seconds is None else older_than_seconds / 86400
    return Ages.of(workspace.now(), days=days, log_days=keep.log_days)


def plan_pruning(workspace: Workspace, ages: Ages, *, with_models: bool = False) -> Pruning:
    """Changes nothing."""
    facts = read(workspace.registry.read(), ages)
    found = engines.engines_of(workspace)
    names = [status.name for engine in found for status in _staying(workspace, engine, facts)]
    items = [folders.weighed(each) for each in folders.doomed(workspace, facts, containers=names)]
    for engine in found:
        items += [Item("containers", each.name, 0) for each in _doomed_containers(workspace, engine, facts)]
        images = engine.images()
        items += engines.weighed(
            engines.doomed_images(workspace, engine, images, facts=facts, ages=ages), images, workspace.uuid
        )
    models = _models(facts, with_models=with_models)
    conn = workspace.registry.read()
    items += [Item("models", version_name(each.id), 0) for each in models]
    blobs = _unneeded_blobs(workspace, conn, ages, without=models)
    items += [Item("blobs", digest, size) for digest, size in blobs.items()]
    return Pruning(tuple(items), _left(facts, with_models=with_models), is_dry_run=True)


def prune(workspace: Workspace, ages: Ages, *, with_models: bool = False) -> Pruning:
    """Raises `Conflict` while a backup is made; what is under way goes on."""
    with files_pruned(workspace):
        folders.empty_trash(workspace)
        stopped = list(_prune_containers(workspace, ages))
        away, stuck = _prune_folders(workspace, ages)
        images, spared = _prune_images(workspace, ages)
        models, facts = _prune_models(workspace, ages, with_models=with_models)
        items = (*stopped, *away, *images, *models, *_prune_blobs(workspace, ages))
        pruned = Pruning(items, (*stuck, *spared, *_left(facts, with_models=with_models)), is_dry_run=False)
        _record(workspace, pruned)
    return pruned


def _prune_containers(workspace: Workspace, ages: Ages) -> Iterator[Item]:
    """Each in a transaction of its own: whoever wants to start it again asks after it is gone."""
    for engine in engines.engines_of(workspace):
        for status in _doomed_containers(workspace, engine, read(workspace.registry.read(), ages)):
            with workspace.registry.write() as tx:
                if engines.is_doomed(workspace, engine.status(status.name), read(tx, ages)):
                    engine.remove(status.name)
                    yield Item("containers", status.name, 0)


def _prune_folders(workspace: Workspace, ages: Ages) -> tuple[list[Item], list[str]]:
    """Weighed first, then put away in one short transaction by what holds then, and removed when nobody waits."""
    names = [each.name for engine in engines.engines_of(workspace) for each in engines.containers(workspace, engine)]
    before = folders.doomed(workspace, read(workspace.registry.read(), ages), containers=names)
    weighed = {each: folders.weighed(each) for each in before}
    with workspace.registry.write() as tx:
        now = [each for each in folders.doomed(workspace, read(tx, ages), containers=names) if each in weighed]
        problems = {each: folders.put_away(workspace, each, number=number) for number, each in enumerate(now)}
    folders.empty_trash(workspace)
    for number, each in enumerate(now):
        problems[each] = problems[each] or folders.remaining(workspace, each, number=number)
    return [weighed[each] for each in now if not problems[each]], [each for each in problems.values() if each]


def _prune_images(workspace: Workspace, ages: Ages) -> tuple[list[Item], tuple[str, ...]]:
    with ExitStack() as held:
        if not held.enter_context(images_pruned(workspace)):
            return [], ("images: a run or a release is under way, which may need any of them",)
        items: list[Item] = []
        for engine in engines.engines_of(workspace):
            images, facts = engine.images(), read(workspace.registry.read(), ages)
            doomed = engines.doomed_images(workspace, engine, images, facts=facts, ages=ages)
            gone = engine.give_up_images(workspace.uuid, only={image.id for image in doomed})
            items += engines.weighed([each for each in doomed if each.id in gone], images, workspace.uuid)
    return items, ()


def _prune_models(workspace: Workspace, ages: Ages, *, with_models: bool) -> tuple[list[Item], Facts]:
    """From the record first: from then on no release is opened, and no run takes it from the cache.

    Of the store only what lists their files; the files themselves are then blobs that nothing names, or something else
    does.
    """
    actor, at = str(workspace.actor), workspace.now()
    with workspace.registry.write() as tx:
        facts = read(tx, ages)
        models = _models(facts, with_models=with_models)
        for each in models:
            name = version_name(each.id)
            pins.prune_model(tx, each.id, author=actor, at=at)
            cache.forget(tx, each.model)
            events.append(tx, "ModelPruned", name, {"version": name, "model": each.model}, actor=actor, at=at)
    before = _youngest(workspace, ages)
    return [
        Item("models", version_name(each.id), workspace.store.sweep([each.model], before=before)) for each in models
    ], facts


def _prune_blobs(workspace: Workspace, ages: Ages) -> list[Item]:
    unneeded = _unneeded_blobs(workspace, workspace.registry.read(), ages, without=())
    freed = workspace.store.sweep(unneeded, before=_youngest(workspace, ages))
    return [Item("blobs", f"{len(unneeded)} blobs", freed)] if unneeded else []


def _unneeded_blobs(
    workspace: Workspace, conn: Connection, ages: Ages, *, without: Sequence[VersionModel]
) -> dict[str, int]:
    gone = {*references.pruned_models(conn), *(each.model for each in without)}
    needed = workspace.store.reachable(references.mentioned(conn), without=gone).blobs
    return workspace.store.unneeded(needed, before=_youngest(workspace, ages))


def _youngest(workspace: Workspace, ages: Ages) -> float:
    return min(ages.before, workspace.now() - YOUNGEST_BLOB).timestamp()


def _models(facts: Facts, *, with_models: bool) -> tuple[VersionModel, ...]:
    """None while a run is under way: it may have taken one from the cache this moment."""
    return facts.prunable_models if with_models and not facts.is_training else ()


def _left(facts: Facts, *, with_models: bool) -> tuple[str, ...]:
    found = []
    if with_models and facts.is_training:
        found.append("models: a run is under way, which may take one from the cache")
    if not with_models and facts.prunable_models:
        found.append(f"models of {len(facts.prunable_models)} versions that were never deployed: --models takes them")
    if facts.is_moving:
        found.append("folders of models and servers: the traffic of an environment is about to move")
    return tuple(found)


def _doomed_containers(workspace: Workspace, engine: Engine, facts: Facts) -> list[Status]:
    return [each for each in engines.containers(workspace, engine) if engines.is_doomed(workspace, each, facts)]


def _staying(workspace: Workspace, engine: Engine, facts: Facts) -> list[Status]:
    return [each for each in engines.containers(workspace, engine) if not engines.is_doomed(workspace, each, facts)]


def _record(workspace: Workspace, pruned: Pruning) -> None:
    """Nothing is said of a prune that took nothing."""
    if not pruned.items:
        return
    found = pruned.by_kind()
    what = ", ".join(f"{count} {kind}" for kind, (count, _) in found.items())
    data = {"what": what, "bytes": pruned.bytes, "bytes_by_kind": {kind: size for kind, (_, size) in found.items()}}
    with told(workspace), workspace.registry.write() as tx:
        events.append(tx, "Pruned", workspace.project_name, data, actor=str(workspace.actor), at=workspace.now())
