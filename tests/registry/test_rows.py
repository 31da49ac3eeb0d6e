from __future__ import annotations

import threading
from dataclasses import fields, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_values import NOW, add_deployment, add_release, add_run, add_version, digest, later

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.job import Heartbeat, JobKind
from mltui.domain.release import STAGES, Approval, ReleaseState, Stage
from mltui.domain.run import StepAttempt, WorkState
from mltui.errors import Conflict, Damaged, UsageError
from mltui.registry import (
    Registry,
    approvals,
    cache,
    data_versions,
    deployments,
    environments,
    jobs,
    journal,
    meta,
    notes,
    presence,
    releases,
    runs,
    stages,
    steps,
    versions,
    worker,
)
from mltui.registry.columns import moment_text
from mltui.registry.events import EVENTS
from mltui.registry.table import Table

_moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())
TABLES: list[Table[Any]] = [
    EVENTS,
    jobs.JOBS,
    journal.JOURNAL,
    runs.RUNS,
    steps.STEPS,
    cache.CACHE,
    data_versions.DATA_VERSIONS,
    versions.VERSIONS,
    notes.NOTES,
    releases.RELEASES,
    stages.STAGES,
    approvals.APPROVALS,
    deployments.DEPLOYMENTS,
    environments.ENVIRONMENTS,
    worker.WORKER,
    presence.PRESENCE,
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_tables_columns_are_the_fields_of_its_value(registry: Registry, table: Table[Any]) -> None:
    columns = {row[1] for row in registry.read().execute(f"PRAGMA table_info({table.name})")}
    assert {field.name for field in fields(table.value)} == columns - ({"id"} - set(table.columns))


def test_every_table_of_ours_is_strict(registry: Registry) -> None:
    names = {table.name for table in TABLES} | {"meta"}
    strict = {row[1] for row in registry.read().execute("PRAGMA table_list") if row[5]}
    assert names <= strict


@given(_moments, _moments)
def test_moments_sort_as_text_as_they_do_in_time(one: datetime, other: datetime) -> None:
    first, second = one.astimezone(UTC), other.astimezone(UTC)
    assert (moment_text(one) < moment_text(other)) == (first < second)
    assert datetime.fromisoformat(moment_text(one)) == first


def test_a_version_is_read_as_it_was_written(registry: Registry) -> None:
    with registry.write() as tx:
        version = add_version(tx)
    found = versions.find(registry.read(), version.id)
    assert found == version
    assert found is not None
    assert found.metrics == {"accuracy": 1.0, "recall": 0.75}
    assert isinstance(found.metrics["accuracy"], float)
    assert found.intervals == {"accuracy": (0.9, 1.0)}
    assert found.confusion == ((10, 2), (1, 12))
    assert found.groups[0].group == "dark"
    assert found.learning_curve == ({"loss": 0.7}, {"loss": 0.5})
    assert found.is_dirty is True
    assert found.created_at == NOW


def test_a_metric_that_is_no_number_is_refused(registry: Registry) -> None:
    with pytest.raises(ValueError, match="JSON"), registry.write() as tx:
        add_version(tx, metrics={"accuracy": float("nan")})


def test_versions_are_listed_newest_first_and_by_pages(registry: Registry) -> None:
    with registry.write() as tx:
        run = add_run(tx)
        made = [add_version(tx, run_id=run.id) for _ in range(5)]
    ids = [version.id for version in made]
    conn = registry.read()
    assert [version.id for version in versions.list_versions(conn, limit=2)] == ids[:2:-1]
    assert [version.id for version in versions.list_versions(conn, limit=2, before=ids[3])] == [ids[2], ids[1]]
    assert versions.latest(conn) == made[-1]
    assert versions.of_run(conn, run.id) == made[-1]
    assert versions.of_run(conn, run.id + 1) is None


def test_notes_stand_in_the_order_in_which_they_were_written(registry: Registry) -> None:
    with registry.write() as tx:
        version = add_version(tx)
        for text in ("first", "second"):
            notes.add(tx, version_id=version.id, text=text, author="ann", at=NOW)
    assert [note.text for note in notes.of_version(registry.read(), version.id)] == ["first", "second"]


def test_runs_are_listed_by_state_and_changed_by_column(registry: Registry) -> None:
    with registry.write() as tx:
        one, two, three = add_run(tx), add_run(tx), add_run(tx)
        changed = runs.update(tx, two.id, state=WorkState.FAILED, failure="no disk", ended_at=later(5))
    conn = registry.read()
    assert changed == replace(two, state=WorkState.FAILED, failure="no disk", ended_at=later(5))
    assert runs.find(conn, two.id) == changed
    assert [run.id for run in runs.list_runs(conn)] == [three.id, two.id, one.id]
    assert [run.id for run in runs.list_runs(conn, state=WorkState.QUEUED, limit=1)] == [three.id]
    assert [run.id for run in runs.list_runs(conn, state=WorkState.QUEUED, before=three.id)] == [one.id]


def test_the_same_work_is_the_newest_run_that_did_not_fail(registry: Registry) -> None:
    with registry.write() as tx:
        good = add_run(tx, state=WorkState.SUCCEEDED)
        add_run(tx, state=WorkState.FAILED)
        add_run(tx, state=WorkState.CANCELLED)
        add_run(tx, plan=digest(77))
    conn = registry.read()
    assert runs.same_work(conn, commit=good.commit, plan=good.plan, data=good.data) == good
    assert runs.same_work(conn, commit=good.commit, plan=good.plan, data=digest(78)) is None


def test_an_attempt_is_saved_in_place_and_attempts_keep_their_order(registry: Registry) -> None:
    with registry.write() as tx:
        run = add_run(tx)
        for step in ("prepare", "train", "evaluate"):
            steps.save(tx, StepAttempt(run.id, step, 1, WorkState.RUNNING))
        ended = StepAttempt(run.id, "prepare", 1, WorkState.SUCCEEDED, exit_code=0, outputs={"data": digest(1)})
        steps.save(tx, ended)
    found = steps.of_run(registry.read(), run.id)
    assert [attempt.step for attempt in found] == ["prepare", "train", "evaluate"]
    assert found[0] == ended


def test_a_job_goes_from_queued_to_its_end(registry: Registry) -> None:
    with registry.write() as tx:
        job = jobs.add(tx, kind=JobKind.RUN, subject="41", payload={"a": [1]}, requested_by="ann", at=NOW)
    conn = registry.read()
    assert jobs.unfinished(conn) == [job]
    with registry.write() as tx:
        jobs.request_cancel(tx, job.id)
        waiting = jobs.set_state(tx, job.id, state=WorkState.WAITING, at=later(1))
    assert (jobs.unfinished(conn), jobs.waiting(conn)) == ([], [waiting])
    assert waiting.is_cancel_requested
    assert waiting.ended_at is None
    error = {"code": "work_failed", "message": "no", "hint": ""}
    with registry.write() as tx:
        jobs.set_state(tx, job.id, state=WorkState.FAILED, result={"x": 1}, error=error, at=later(2))
    found = jobs.find(conn, job.id)
    assert found is not None
    assert (found.ended_at, found.error, found.result) == (later(2), error, {"x": 1})
    with registry.write() as tx:
        again = jobs.set_state(tx, job.id, state=WorkState.QUEUED, at=later(3))
    assert (again.ended_at, again.error, again.result) == (None, None, {"x": 1})


def test_a_subjects_job_is_its_newest_of_that_kind(registry: Registry) -> None:
    with registry.write() as tx:
        for kind, subject in (("run", "41"), ("run", "41"), ("stop", "41"), ("run", "42")):
            jobs.add(tx, kind=kind, subject=subject, payload={}, requested_by="ann", at=NOW)
    found = jobs.of_subject(registry.read(), kind=JobKind.RUN, subject="41")
    assert found is not None
    assert found.id == 2
    assert jobs.of_subject(registry.read(), kind=JobKind.ROLLBACK, subject="41") is None


def test_a_stage_is_recorded_once(registry: Registry) -> None:
    with registry.write() as tx:
        job = jobs.add(tx, kind=JobKind.RUN, subject="41", payload={}, requested_by="ann", at=NOW)
        journal.record(tx, job_id=job.id, stage="train", data={"image": "a", "shape": (1, 2)}, at=NOW)
        journal.record(tx, job_id=job.id, stage="train", data={"shape": [1, 2], "image": "a"}, at=later(5))
    with pytest.raises(Conflict), registry.write() as tx:
        journal.record(tx, job_id=job.id, stage="train", data={"image": "b"}, at=later(6))
    assert journal.entries(registry.read(), job_id=job.id) == {"train": {"image": "a", "shape": [1, 2]}}


def test_the_first_outputs_under_a_cache_key_win(registry: Registry) -> None:
    with registry.write() as tx:
        one, two = add_run(tx), add_run(tx)
        first = cache.add(tx, key="k", run_id=one.id, step="train", outputs={"model": digest(1)}, at=NOW)
        assert cache.add(tx, key="k", run_id=two.id, step="train", outputs={"model": digest(2)}, at=NOW) == first
    assert cache.find(registry.read(), "k") == first
    assert cache.find(registry.read(), "other") is None


def test_a_data_version_is_imported_once_and_found_by_the_beginning_of_its_digest(registry: Registry) -> None:
    names = ["3f2a91c" + "0" * 57, "3f2a91d" + "0" * 57, "ffffff" + "f" * 58]
    with registry.write() as tx:
        made = [
            data_versions.add(tx, digest=name, source="pictures", files=9, bytes_total=99, at=later(place))
            for place, name in enumerate(names)
        ]
        again = data_versions.add(tx, digest=names[0], source="elsewhere", files=9, bytes_total=99, at=later(50))
    conn = registry.read()
    assert again == made[0]
    assert data_versions.find(conn, "data@3f2a91c") == made[0]
    assert data_versions.find(conn, names[1].upper()) == made[1]
    assert data_versions.find(conn, "ffff") == made[2]
    assert data_versions.find(conn, "abcd") is None
    assert data_versions.list_data(conn, 2) == [made[2], made[1]]
    with pytest.raises(UsageError, match="several"):
        data_versions.find(conn, "data@3f2a")
    for name in ("3f2", "data@", "latest", "%%%%"):
        with pytest.raises(UsageError, match="not the name"):
            data_versions.find(conn, name)


def test_releases_are_listed_by_state_version_and_environment(registry: Registry) -> None:
    with registry.write() as tx:
        run = add_run(tx)
        one, two = add_version(tx, run_id=run.id), add_version(tx, run_id=run.id)
        first = add_release(tx, version_id=one.id, state=ReleaseState.SUCCEEDED)
        second = add_release(tx, version_id=two.id, state=ReleaseState.WAITING_APPROVAL, waiting_since=NOW)
        third = add_release(tx, version_id=two.id, environment="shadow")
    conn = registry.read()

    def choose(**choice: Any) -> list[int]:
        return [release.id for release in releases.list_releases(conn, **choice)]

    assert choose() == [third.id, second.id, first.id]
    assert choose(limit=1, before=third.id) == [second.id]
    assert choose(state=ReleaseState.SUCCEEDED) == [first.id]
    assert choose(version_id=two.id) == [third.id, second.id]
    assert choose(version_id=two.id, environment="production") == [second.id]
    assert releases.unfinished(conn, environment="production") == [second]
    assert releases.latest(conn) == third
    with registry.write() as tx:
        releases.update(tx, second.id, state=ReleaseState.EXPIRED, ended_at=later(9))
    assert releases.unfinished(conn, environment="production") == []


def test_stages_stand_in_the_order_of_the_way_to_production(registry: Registry) -> None:
    with registry.write() as tx:
        release = add_release(tx)
        for name in sorted(STAGES):
            stages.save(tx, Stage(release.id, name, WorkState.QUEUED))
        passed = Stage(release.id, "profile", WorkState.SUCCEEDED, started_at=NOW, data={"latency_p95_ms": 3.5})
        stages.save(tx, passed)
    found = stages.of_release(registry.read(), release.id)
    assert tuple(stage.name for stage in found) == STAGES
    assert found[1] == passed


def test_an_approval_is_kept_with_all_that_it_binds(registry: Registry) -> None:
    with registry.write() as tx:
        release = add_release(tx)
        given: dict[str, Any] = {"person": "Ann", "login": "ann", "decision": "approved", "comment": "good", "at": NOW}
        bound = {"version_id": release.version_id, "package": digest(1), "gate": digest(2), "data": digest(3)}
        made = Approval(release.id, **given, **bound, evidence=digest(4), acknowledged=("bias: lighting",))
        approval = approvals.add(tx, made)
    assert approvals.of_release(registry.read(), release.id) == [approval] == [made]
    assert approval.acknowledged == ("bias: lighting",)


def test_deployments_are_read_by_environment(registry: Registry) -> None:
    with registry.write() as tx:
        first = add_deployment(tx, live_from=later(10), live_until=later(20), state=DeploymentState.WARM)
        second = add_deployment(tx, live_from=later(20), state=DeploymentState.LIVE, restores_id=first.id)
        never = add_deployment(tx, state=DeploymentState.FAILED)
        add_deployment(tx, environment="staging", live_from=later(0), state=DeploymentState.LIVE)
    conn = registry.read()
    assert deployments.of_environment(conn, "production") == [first, second, never]
    assert deployments.find(conn, second.id) == second


def test_pointing_an_environment_keeps_what_else_is_known_of_it(registry: Registry) -> None:
    with registry.write() as tx:
        deployment = add_deployment(tx)
        known = Environment("production", is_stopped=True, endpoint="127.0.0.1:8501", is_smoke_green=False)
        environments.save(tx, known)
        environments.point(tx, "production", deployment.id)
        environments.point(tx, "staging", None)
    conn = registry.read()
    assert environments.find(conn, "production") == replace(known, deployment_id=deployment.id)
    assert [environment.name for environment in environments.list_environments(conn)] == ["production", "staging"]
    assert environments.find(conn, "nowhere") is None


def test_there_is_one_worker_and_its_last_beat_counts(registry: Registry) -> None:
    conn = registry.read()
    assert worker.read(conn) is None
    with registry.write() as tx:
        for pid in (11, 12):
            worker.beat(tx, pid=pid, start_ticks=99, build="0.1.0", host="build", at=later(pid))
    assert worker.read(conn) == Heartbeat(12, 99, "0.1.0", "build", later(12))
    with registry.write() as tx:
        worker.clear(tx)
    assert worker.read(conn) is None


def test_meta_keeps_the_last_value(registry: Registry) -> None:
    with registry.write() as tx:
        meta.put(tx, "policy", "a")
        meta.put(tx, "policy", "b")
    assert meta.get(registry.read(), "policy") == "b"
    assert meta.get(registry.read(), "nothing") is None


def test_mappings_of_any_kind_are_stored(registry: Registry) -> None:
    with registry.write() as tx:
        inner = MappingProxyType({"b": MappingProxyType({"c": (1, 2)})})
        job = jobs.add(tx, kind="run", subject="1", payload=cast(Any, inner), requested_by="ann", at=NOW)
    assert job.payload == {"b": {"c": [1, 2]}}


def test_a_thread_sees_what_another_has_committed(registry: Registry) -> None:
    def write() -> None:
        with registry.write() as tx:
            meta.put(tx, "from", "thread")

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert meta.get(registry.read(), "from") == "thread"


def test_a_row_that_holds_nothing_readable_is_named_with_its_column_and_the_others_are_read(registry: Registry) -> None:
    with registry.write() as tx:
        sound, broken = add_run(tx), add_run(tx)
        tx.execute("UPDATE runs SET started_at = 'yesterday', state = 'asleep' WHERE id = ?", [broken.id])
    assert runs.find(registry.read(), sound.id) == sound
    with pytest.raises(Damaged, match=f"row {broken.id} of runs is damaged: its state and started_at cannot be read"):
        runs.find(registry.read(), broken.id)
