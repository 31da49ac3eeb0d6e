from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing

import pytest
from registry_processes import run_at_once, start
from registry_values import NOW, add_deployment, add_run, later

from mltui.domain.deployment import DeploymentState
from mltui.errors import Conflict, MltuiError, NotFound, Refused
from mltui.registry import Registry, deployments, events, jobs, meta, runs, versions

WRITERS_SECONDS = float(os.environ.get("MLTUI_WRITERS_SECONDS", "3"))


def test_an_exception_takes_back_the_whole_transaction(registry: Registry) -> None:
    def interrupted() -> None:
        with registry.write() as tx:
            run = add_run(tx)
            events.append(tx, "RunRequested", str(run.id), {"run": run.id, "commit": run.commit}, actor="ann", at=NOW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert runs.latest(registry.read()) is None
    assert events.head(registry.read())[0] == 0


def test_a_transaction_inside_of_a_transaction_is_a_fault_of_the_program(registry: Registry) -> None:
    with pytest.raises(RuntimeError, match="inside"), registry.write(), registry.write():
        pass
    with registry.write() as tx:
        meta.put(tx, "still", "works")


def test_a_change_outside_of_a_transaction_is_a_fault_of_the_program(registry: Registry) -> None:
    with pytest.raises(RuntimeError, match="write"):
        add_run(registry.read())


def test_a_registry_held_by_another_is_a_conflict(registry: Registry) -> None:
    registry.read().execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(registry.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Conflict) as refusal, registry.write():
            pass
    assert refusal.value.code == "registry_busy"


def test_a_writer_waits_for_another_that_is_quick(registry: Registry) -> None:
    with closing(sqlite3.connect(registry.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
        release.start()
        with registry.write() as tx:
            meta.put(tx, "waited", "yes")
        release.join()


def test_a_second_live_deployment_in_an_environment_is_a_conflict(registry: Registry) -> None:
    with registry.write() as tx:
        first = add_deployment(tx, state=DeploymentState.LIVE)
        second = add_deployment(tx)
        add_deployment(tx, environment="staging", state=DeploymentState.LIVE)
    with pytest.raises(Conflict), registry.write() as tx:
        deployments.update(tx, second.id, state=DeploymentState.LIVE)
    with registry.write() as tx:
        deployments.update(tx, first.id, state=DeploymentState.WARM)
        deployments.update(tx, second.id, state=DeploymentState.LIVE)


def test_a_row_that_names_a_missing_one_is_refused(registry: Registry) -> None:
    with pytest.raises(Conflict, match="FOREIGN KEY"), registry.write() as tx:
        add_deployment(tx, version_id=99)


def test_a_row_that_others_name_cannot_be_deleted(registry: Registry) -> None:
    with registry.write() as tx:
        add_deployment(tx)
    with pytest.raises(MltuiError), registry.write() as tx:
        tx.execute("DELETE FROM runs")


def test_a_version_is_never_changed_deleted_or_replaced(registry: Registry) -> None:
    with registry.write() as tx:
        add_deployment(tx)
    for statement in (
        "UPDATE versions SET metrics = '{}'",
        "DELETE FROM versions",
        "INSERT OR REPLACE INTO versions SELECT * FROM versions",
    ):
        with pytest.raises(Refused, match="never changed"), registry.write() as tx:
            tx.execute(statement)
    assert versions.latest(registry.read()) is not None


def test_unknown_columns_are_refused(registry: Registry) -> None:
    with registry.write() as tx:
        run = add_run(tx)
    for changes in ({"colour": "red"}, {"id": 5}, {}):
        with pytest.raises(TypeError), registry.write() as tx:
            runs.update(tx, run.id, **changes)
    with pytest.raises(TypeError), registry.write() as tx:
        add_run(tx, colour="red")


def test_changing_a_row_that_is_not_there_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFound), registry.write() as tx:
        jobs.request_cancel(tx, 7)


def test_wrong_types_and_moments_without_a_zone_are_refused(registry: Registry) -> None:
    with pytest.raises(MltuiError), registry.write() as tx:
        add_run(tx, version_id="seven")
    with pytest.raises(ValueError, match="time zone"), registry.write() as tx:
        add_run(tx, requested_at=NOW.replace(tzinfo=None))


def test_data_version_changes_with_own_and_foreign_commits_and_only_with_them(registry: Registry) -> None:
    seen = [registry.data_version()]
    with registry.write() as tx:
        meta.put(tx, "a", "1")
    seen.append(registry.data_version())
    with closing(Registry.open(registry.path)) as other, other.write() as tx:
        meta.put(tx, "a", "2")
    seen.append(registry.data_version())
    assert len(set(seen)) == 3
    meta.get(registry.read(), "a")
    assert registry.data_version() == seen[-1]


def test_every_thread_has_a_connection_of_its_own_and_all_are_closed(registry: Registry) -> None:
    connections = [registry.read()]
    thread = threading.Thread(target=lambda: connections.append(registry.read()))
    thread.start()
    thread.join()
    assert connections[0] is registry.read()
    assert connections[0] is not connections[1]
    registry.close()
    for connection in connections:
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")


def test_a_thread_that_ends_closes_no_connection_but_its_own(registry: Registry) -> None:
    def look_and_leave() -> None:
        registry.read().execute("SELECT 1").fetchone()
        registry.release()
        registry.release()

    with registry.write() as tx:
        meta.put(tx, "mine", "is still open")
        thread = threading.Thread(target=look_and_leave)
        thread.start()
        thread.join()
    assert meta.get(registry.read(), "mine") == "is still open"
    registry.release()
    assert meta.get(registry.read(), "mine") == "is still open"


def test_connections_of_threads_that_ended_are_given_up(registry: Registry) -> None:
    for _ in range(20):
        thread = threading.Thread(target=registry.read)
        thread.start()
        thread.join()
    assert len(registry._connections) <= 2


def test_eight_processes_that_write_at_once_lose_no_row(registry: Registry) -> None:
    """For as many seconds as MLTUI_WRITERS_SECONDS says."""
    program = """
        import time
        registry = Registry.open(Path(sys.argv[1]))
        count, end = 0, time.monotonic() + float(sys.argv[2])
        while time.monotonic() < end:
            with registry.write() as tx:
                number = int(meta.get(tx, "count") or "0")
                events.append(tx, "RunStarted", str(number), {"run": number, "engine": "docker"}, actor="ann", at=NOW)
                meta.put(tx, "count", str(number + 1))
            count += 1
        print(count)
    """
    counts = [int(answer) for answer in run_at_once(program, registry.path, WRITERS_SECONDS, count=8)]
    report = events.verify(registry.read())
    assert not report.problem
    assert report.count == sum(counts) == int(meta.get(registry.read(), "count") or "0")
    assert min(counts) > 0


def test_a_process_killed_inside_of_a_transaction_leaves_the_chain_whole(registry: Registry) -> None:
    program = """
        registry = Registry.open(Path(sys.argv[1]))
        with registry.write() as tx:
            events.append(tx, "RunSucceeded", "1", {"run": 1}, actor="ann", at=NOW)
        with registry.write() as tx:
            for number in range(2000):
                events.append(tx, "RunFailed", "1", {"run": 1, "reason": "x" * 1000}, actor="ann", at=NOW)
            tx.execute("PRAGMA cache_spill = ON")
            print("inside", flush=True)
            sys.stdin.readline()
    """
    process = start(program, registry.path)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "inside\n"
    process.kill()
    process.communicate(timeout=30)
    with registry.write() as tx:
        events.append(tx, "RunCancelled", "1", {"run": 1}, actor="ann", at=later(1))
    report = events.verify(registry.read())
    assert not report.problem
    assert [event.kind for event in events.list_events(registry.read())] == ["RunSucceeded", "RunCancelled"]
