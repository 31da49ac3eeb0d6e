"""A prune takes what is old and nothing needs, and nothing else: over random registries, and for each rule alone."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from operations.stock import NOW, OLD, Stock

from mltui.domain.deployment import DeploymentState, root_of
from mltui.domain.release import ReleaseState
from mltui.domain.retention import HAS_SERVER
from mltui.domain.rollback import candidates, target_for_version, undo_target
from mltui.domain.run import WorkState
from mltui.errors import Conflict, Refused
from mltui.operations.acting.files_lock import files_kept, images_used
from mltui.operations.pruning import folders
from mltui.operations.pruning.prune import Pruning, ages_of, plan_pruning, prune
from mltui.operations.releases.open_release import open_release
from mltui.operations.standing.state import version_state
from mltui.operations.versions.pin import pin_version, unpin_version
from mltui.registry import deployments, environments, events, jobs, pins, references, releases, versions


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    made = Stock(tmp_path)
    yield made
    made.close()


def pruned(stock: Stock, **how: bool) -> Pruning:
    stock.age_blobs()
    return prune(stock.workspace, ages_of(stock.workspace), **how)


def test_what_cannot_be_removed_from_the_trash_is_told(stock: Stock) -> None:
    (stock.workspace.folder / "releases" / "r1").mkdir(parents=True)
    found = folders.Doomed("release files", "r1", stock.workspace.folder / "releases" / "r1")
    assert folders.put_away(stock.workspace, found, number=0) == ""
    assert "the next prune tries again" in folders.remaining(stock.workspace, found, number=0)
    folders.empty_trash(stock.workspace)
    assert folders.remaining(stock.workspace, found, number=0) == ""


@pytest.mark.parametrize("seed", range(12))
def test_nothing_goes_that_anything_may_still_need(seed: int, stock: Stock) -> None:
    dice = random.Random(seed)
    stock.live_on(dice)
    told = plan_pruning(stock.workspace, ages_of(stock.workspace), with_models=True)
    found = pruned(stock, with_models=True)
    assert set(found.by_kind()) >= set(told.by_kind()) - {"blobs", "models"}
    assert_all_ways_back_are_there(stock)
    assert_all_on_record_is_there(stock)
    again = pruned(stock, with_models=True)
    assert again.items == ()


def assert_all_ways_back_are_there(stock: Stock) -> None:
    conn = stock.conn
    for environment in environments.list_environments(conn):
        history = deployments.of_environment(conn, environment.name)
        current = next((each for each in history if each.id == environment.deployment_id), None)
        wanted = [each.deployment for each in candidates(history, current=current) if each.is_good]
        wanted += [each for each in history if each.state in HAS_SERVER]
        undone = undo_target(history, current=current)
        wanted += [undone] if undone is not None else []
        for each in history:
            with suppress(Refused):
                wanted.append(target_for_version(history, each.version_id, current=current))
        for each in wanted:
            stock.require_model(each.version_id)
            assert stock.engine.has_image(each.image_id)
        by_id = {each.id: each for each in deployments.every(conn)}
        for each in history:
            if each.state in HAS_SERVER:
                server = f"d{root_of(each, by_id).id}.1"
                assert (stock.workspace.sockets_folder / server).is_dir()
                assert (stock.workspace.folder / "models" / f"v{each.version_id}").is_dir()
                assert stock.engine.status(stock.workspace.container_name(server)).container_id


def assert_all_on_record_is_there(stock: Stock) -> None:
    conn, store = stock.conn, stock.workspace.store
    reached = store.reachable(references.named(conn))
    assert references.named(conn) - reached.blobs == set()
    assert reached.missing == set()
    pinned = pins.pinned(conn)
    once_live = {each.version_id for each in deployments.every(conn) if each.live_from is not None}
    for release in releases.list_releases(conn, limit=1000):
        store.read_bytes(release.evidence)
        if not release.state.is_over:
            stock.require_model(release.version_id)
            assert stock.engine.has_image(release.image_id)
            assert (stock.workspace.folder / "releases" / f"r{release.id}").is_dir()
    for version in versions.models(conn):
        gone = pins.pruned_model(conn, version.id)
        if gone is None:
            stock.require_model(version.id)
        else:
            assert version.id not in pinned | once_live
            assert version.created_at == OLD
        if version.id in pinned or version.created_at == NOW:
            assert (stock.workspace.run_folder(version.run_id) / "source").is_dir()
        if version.id in pinned and releases.list_releases(conn, version_id=version.id):
            assert stock.engine.has_image(stock.image_of(version.id))


def test_what_is_old_and_nobody_needs_goes_and_says_so(stock: Stock) -> None:
    version = stock.version(OLD)
    orphan = stock.workspace.store.put_bytes(b"nobody names it")
    stock.release(version, ReleaseState.FAILED, ended=OLD)
    log = stock.workspace.run_folder(version.run_id) / "train.1" / "log.jsonl"
    without = pruned(stock)
    assert set(without.by_kind()) == {"run files", "model folders", "release files", "images", "blobs"}
    assert "1 versions that were never deployed" in " ".join(without.left)
    assert (log.exists(), (log.parent / "out").exists()) == (True, False)
    assert not stock.workspace.store.has(orphan)
    stock.require_model(version.id)

    found = pruned(stock, with_models=True)
    assert found.by_kind()["models"][0] == 1
    assert found.bytes > 0
    assert not stock.workspace.store.has(version.model)
    assert stock.workspace.store.has(version.evaluation)
    gone = version_state(stock.workspace, f"v{version.id}").pruned
    assert gone is not None
    with pytest.raises(Refused, match="pruned") as refusal:
        open_release(stock.workspace, version.id)
    assert refusal.value.code == "model_pruned"
    with pytest.raises(Refused, match="pruned"):
        pin_version(stock.workspace, f"v{version.id}", reason="too late")
    kinds = [event.kind for event in events.list_events(stock.conn, limit=100) if "Pruned" in event.kind]
    assert kinds == ["Pruned", "ModelPruned", "Pruned"]


def test_a_dry_run_changes_nothing_and_says_what_would_go(stock: Stock) -> None:
    version = stock.version(OLD)
    stock.age_blobs()
    before, head = stock.listing(), events.head(stock.conn)
    found = plan_pruning(stock.workspace, ages_of(stock.workspace), with_models=True)
    assert (stock.listing(), events.head(stock.conn)) == (before, head)
    assert found.by_kind()["models"] == (1, 0)
    assert found.by_kind()["blobs"][1] >= len(stock.content_of(version))


def test_a_pin_keeps_all_of_a_version_until_it_is_taken_off(stock: Stock) -> None:
    version = stock.version(OLD)
    stock.release(version, ReleaseState.FAILED, ended=OLD)
    pin_version(stock.workspace, f"v{version.id}", reason="the paper is about it")
    assert set(pruned(stock, with_models=True).by_kind()) == {"release files"}
    assert unpin_version(stock.workspace, f"v{version.id}").reason == "the paper is about it"
    assert {"models", "images", "run files"} <= set(pruned(stock, with_models=True).by_kind())
    with pytest.raises(Refused, match="not pinned"):
        unpin_version(stock.workspace, f"v{version.id}")


def test_logs_go_with_the_age_that_the_policy_gives_them(stock: Stock) -> None:
    version = stock.version(OLD)
    policy = stock.workspace.folder / "policy.toml"
    policy.write_text("keep = { days = 3, log_days = 4 }\n" + policy.read_text())
    assert pruned(stock).by_kind()["run files with logs"][0] == 1
    assert not stock.workspace.run_folder(version.run_id).exists()


def test_while_a_run_is_under_way_no_image_and_no_model_goes(stock: Stock) -> None:
    version = stock.version(OLD)
    with stock.workspace.registry.write() as tx:
        job = jobs.add(tx, kind="run", subject="1", payload={}, requested_by="ann", at=NOW)
    with images_used(stock.workspace):
        found = pruned(stock, with_models=True)
    assert not {"images", "models"} & set(found.by_kind())
    assert [each.partition(":")[0] for each in found.left] == ["images", "models"]
    with stock.workspace.registry.write() as tx:
        jobs.set_state(tx, job.id, state=WorkState.SUCCEEDED, at=NOW)
    assert {"images", "models"} <= set(pruned(stock, with_models=True).by_kind())
    assert not stock.engine.has_image(stock.image_of(version.id))


def test_while_a_rollback_is_under_way_no_folder_of_a_model_or_a_server_goes(stock: Stock) -> None:
    version = stock.version(OLD)
    with stock.workspace.registry.write() as tx:
        jobs.add(tx, kind="rollback", subject="production", payload={}, requested_by="ann", at=NOW)
    assert "model folders" not in pruned(stock).by_kind()
    assert (stock.workspace.folder / "models" / f"v{version.id}").is_dir()


def test_a_backup_and_a_prune_exclude_each_other(stock: Stock) -> None:
    with files_kept(stock.workspace), pytest.raises(Conflict, match="backup"):
        pruned(stock)


def test_a_model_that_is_trained_again_is_there_again(stock: Stock) -> None:
    version = stock.version(OLD)
    pruned(stock, with_models=True)
    again = stock.version(NOW, content=stock.content_of(version))
    stock.release(again, ReleaseState.RUNNING, ended=None)
    assert again.model == version.model
    assert version_state(stock.workspace, f"v{version.id}").pruned is None
    assert pruned(stock, with_models=True).items == ()
    stock.require_model(again.id)


def test_nothing_that_was_stored_within_a_day_goes_whatever_age_is_asked_for(stock: Stock) -> None:
    digest = stock.workspace.store.put_bytes(b"about to be named")
    path, moment = stock.workspace.store.path(digest), (NOW - timedelta(hours=20)).timestamp()
    os.utime(path, (moment, moment))
    prune(stock.workspace, ages_of(stock.workspace, older_than_seconds=0))
    assert path.exists()
    os.utime(path, (OLD.timestamp(), OLD.timestamp()))
    prune(stock.workspace, ages_of(stock.workspace, older_than_seconds=0))
    assert not path.exists()


def test_a_server_that_crashed_and_was_left_is_taken_away(stock: Stock) -> None:
    version = stock.version(OLD)
    left = stock.deploy(version, state=DeploymentState.GONE, at=OLD)
    stock.start(f"d{left.id}.1", keeps_running=False)
    found = pruned(stock)
    assert {"containers", "server folders"} <= set(found.by_kind())
    assert not stock.engine.list({})
