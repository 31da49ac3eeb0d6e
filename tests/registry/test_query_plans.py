from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from registry_values import NOW, add_deployment, add_release, add_run, add_version, digest, later

from mltui.domain.delivery import tried
from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState, Stage
from mltui.domain.run import StepAttempt, WorkState
from mltui.registry import (
    Registry,
    approvals,
    cache,
    data_versions,
    deliveries,
    deployments,
    environments,
    events,
    harms,
    jobs,
    journal,
    notes,
    releases,
    runs,
    smokes,
    stages,
    steps,
    version_facts,
    versions,
)
from mltui.registry.smokes import Smoke

ROWS = 300

QUERIES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "events": lambda conn: events.list_events(conn, limit=5),
    "events after": lambda conn: events.list_events(conn, after=ROWS - 10, limit=5),
    "newest events": lambda conn: events.list_events(conn, newest_first=True, limit=5),
    "events of a kind": lambda conn: events.list_events(conn, kind="RunFailed", limit=5),
    "newest events of a subject": lambda conn: events.list_events(conn, subject="7", newest_first=True, limit=5),
    "events of both": lambda conn: events.list_events(conn, subject="7", kind="RunFailed", limit=5),
    "events at an offset": lambda conn: events.browse(conn, limit=5, offset=ROWS - 10),
    "newest events of some kinds": lambda conn: events.newest_of_kinds(conn, ["RunFailed", "RunCancelled"], limit=5),
    "smokes of an environment": lambda conn: smokes.of_environment(conn, "e7"),
    "head": events.head,
    "unfinished jobs": jobs.unfinished,
    "waiting jobs": jobs.waiting,
    "job of a subject": lambda conn: jobs.of_subject(conn, kind=JobKind.RUN, subject="7"),
    "harms": lambda conn: harms.of_versions(conn, [7, 8]),
    "journal": lambda conn: journal.entries(conn, job_id=7),
    "runs": lambda conn: runs.list_runs(conn, limit=5),
    "runs of a state": lambda conn: runs.list_runs(conn, state=WorkState.SUCCEEDED, limit=5),
    "runs at an offset": lambda conn: runs.list_runs(conn, limit=5, offset=ROWS - 10),
    "runs in all": runs.count,
    "latest run": runs.latest,
    "same work": lambda conn: runs.same_work(conn, commit="7", plan=digest(3), data=digest(2)),
    "steps of many runs": lambda conn: steps.of_runs(conn, [7, 8]),
    "steps": lambda conn: steps.of_run(conn, 7),
    "cache": lambda conn: cache.find(conn, "7"),
    "data": lambda conn: data_versions.list_data(conn, 5),
    "data by prefix": lambda conn: data_versions.find(conn, digest(7)),
    "versions": lambda conn: versions.list_versions(conn, limit=5),
    "facts of versions": lambda conn: version_facts.list_facts(conn, limit=5, offset=ROWS - 10),
    "facts of some versions": lambda conn: version_facts.facts_of(conn, [7, 8]),
    "latest version": versions.latest,
    "version of a run": lambda conn: versions.of_run(conn, 7),
    "notes": lambda conn: notes.of_version(conn, 7),
    "releases": lambda conn: releases.list_releases(conn, limit=5),
    "releases of a state": lambda conn: releases.list_releases(conn, state=ReleaseState.SUCCEEDED, limit=5),
    "releases of a version": lambda conn: releases.list_releases(conn, version_id=7, limit=5),
    "unfinished releases": lambda conn: releases.unfinished(conn, environment="production"),
    "newest releases of versions": lambda conn: releases.newest_of_versions(conn, [7, 8]),
    "stages of many releases": lambda conn: stages.of_releases(conn, [7, 8]),
    "approvals of many releases": lambda conn: approvals.of_releases(conn, [7, 8]),
    "stages": lambda conn: stages.of_release(conn, 7),
    "approvals": lambda conn: approvals.of_release(conn, 7),
    "deployments": lambda conn: deployments.of_environment(conn, "e7"),
    "a good one beside": lambda conn: deployments.has_good_beside(conn, "e7", version_id=7),
    "live deployments": deployments.live,
    "deployments with a server": lambda conn: deployments.with_server(conn, "e7"),
    "environments": environments.list_environments,
    "deliveries": lambda conn: deliveries.newest(conn, limit=5),
    "first pending delivery": lambda conn: deliveries.first_pending(conn, "n7"),
    "pending deliveries in all": lambda conn: deliveries.count_pending(conn, "n7"),
    "whether a delivery is pending": deliveries.has_pending,
    "whether a notifier is behind": deliveries.is_behind,
    "deliveries given up": deliveries.given_up,
    "last that was delivered": lambda conn: deliveries.last_delivered(conn, "n7"),
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    registry = Registry.create(tmp_path_factory.mktemp("full") / "registry.db", workspace_uuid="0b5e", project="tacos")
    with registry.write() as tx:
        for number in range(1, ROWS + 1):
            _add_one_of_each(tx, number)
    yield registry.read()
    registry.close()


def _add_one_of_each(tx: sqlite3.Connection, number: int) -> None:
    name = str(number)
    run = add_run(tx, commit=name, state=WorkState.SUCCEEDED)
    steps.save(tx, StepAttempt(run.id, "train", 1, WorkState.SUCCEEDED))
    cache.add(tx, key=name, run_id=run.id, step="train", outputs={}, at=NOW)
    data_versions.add(tx, digest=digest(number), source="a", files=1, bytes_total=1, at=later(number))
    version = add_version(tx, run_id=run.id)
    notes.add(tx, version_id=version.id, text="good", author="ann", at=NOW)
    release = add_release(tx, version_id=version.id, state=ReleaseState.SUCCEEDED)
    stages.save(tx, Stage(release.id, "package", WorkState.SUCCEEDED))
    add_deployment(tx, version_id=version.id, live_from=later(number), live_until=later(number + 1))
    add_deployment(tx, version_id=version.id, environment=f"e{number}")
    smokes.add(tx, Smoke(f"e{number}", later(number), is_green=True, p95_ms=1.0))
    job = jobs.add(tx, kind=JobKind.RUN, subject=name, payload={}, requested_by="ann", at=NOW)
    jobs.set_state(tx, job.id, state=WorkState.SUCCEEDED, at=NOW)
    journal.record(tx, job_id=job.id, stage="train", data={}, at=NOW)
    events.append(tx, "RunCancelled", name, {"run": number}, actor="ann", at=later(number))
    failed = events.append(tx, "RunFailed", name, {"run": number, "reason": "a"}, actor="ann", at=later(number))
    deliveries.take_up(tx, f"n{number}", [failed.sequence], at=NOW)
    pending = deliveries.first_pending(tx, f"n{number}")
    assert pending is not None
    if number > 1:
        deliveries.save(tx, tried(pending, is_delivered=True, outcome="done", now=NOW))


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_reads_more_than_it_shows(full: sqlite3.Connection, name: str) -> None:
    blocks = 0

    def count() -> int:
        nonlocal blocks
        blocks += 1
        return 0

    full.set_progress_handler(count, 50)
    QUERIES[name](full)
    full.set_progress_handler(None, 0)
    assert blocks < 13, "a walk through all rows takes at least 3 instructions a row: 18 blocks of 50"


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_uses_an_index_and_sorts_nothing(full: sqlite3.Connection, name: str) -> None:
    statements: list[str] = []
    full.set_trace_callback(statements.append)
    QUERIES[name](full)
    full.set_trace_callback(None)
    assert statements
    for statement in statements:
        plan = [row[3] for row in full.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert not [line for line in plan if "TEMP B-TREE" in line], plan
        walks_in_key_order = "LIMIT 1" in statement and "ORDER BY" in statement and "WHERE" not in statement
        assert walks_in_key_order or not [line for line in plan if line.startswith("SCAN") and "USING" not in line], (
            plan
        )


def test_sorting_by_a_metric_reads_the_metrics_alone(full: sqlite3.Connection) -> None:
    statements: list[str] = []
    full.set_trace_callback(statements.append)
    version_facts.list_by_metric(full, "accuracy", smallest_first=False, limit=5)
    full.set_trace_callback(None)
    plan = [row[3] for row in full.execute(f"EXPLAIN QUERY PLAN {statements[0]}")]
    assert "SCAN versions USING COVERING INDEX versions_by_metrics" in plan
    assert "SEARCH versions USING INTEGER PRIMARY KEY (rowid=?)" in plan
