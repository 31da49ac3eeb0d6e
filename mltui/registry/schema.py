"""The registry's tables, as the first migration makes them.

Moments are ISO text in UTC, whose order as text is their order in time; mappings and tuples are JSON text; booleans are
0 or 1.
A list is ordered by the primary key, which every index carries as its last column.
"""

from __future__ import annotations

APPLICATION_ID = 0x6D6C7475
"""`mltu`: tells a registry from any other SQLite file."""

TABLES = (
    """CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE events (
        sequence INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        data TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE
    ) STRICT""",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        state TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        requested_at TEXT NOT NULL,
        payload TEXT NOT NULL,
        result TEXT NOT NULL,
        error TEXT,
        is_cancel_requested INTEGER NOT NULL CHECK (is_cancel_requested IN (0, 1)),
        ended_at TEXT
    ) STRICT""",
    """CREATE TABLE journal (
        job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        stage TEXT NOT NULL,
        data TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (job_id, stage)
    ) STRICT""",
    """CREATE TABLE data_versions (
        digest TEXT PRIMARY KEY,
        source TEXT NOT NULL,
        files INTEGER NOT NULL,
        bytes_total INTEGER NOT NULL,
        imported_at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        state TEXT NOT NULL,
        "commit" TEXT NOT NULL,
        is_dirty INTEGER NOT NULL CHECK (is_dirty IN (0, 1)),
        branch TEXT NOT NULL,
        message TEXT NOT NULL,
        author_name TEXT NOT NULL,
        author_email TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        requested_at TEXT NOT NULL,
        source TEXT NOT NULL,
        data TEXT NOT NULL,
        plan TEXT NOT NULL,
        engine TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        failure TEXT,
        version_id INTEGER REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT
    ) STRICT""",
    """CREATE TABLE steps (
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        state TEXT NOT NULL,
        container_name TEXT NOT NULL,
        container_id TEXT NOT NULL,
        image_id TEXT NOT NULL,
        cache_key TEXT NOT NULL,
        cached_from INTEGER REFERENCES runs (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        exit_code INTEGER,
        is_oom_killed INTEGER NOT NULL CHECK (is_oom_killed IN (0, 1)),
        peak_memory_bytes INTEGER,
        started_at TEXT,
        ended_at TEXT,
        failure TEXT,
        outputs TEXT NOT NULL,
        PRIMARY KEY (run_id, step, attempt)
    ) STRICT""",
    """CREATE TABLE cache (
        key TEXT PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        step TEXT NOT NULL,
        outputs TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE versions (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        created_at TEXT NOT NULL,
        task TEXT NOT NULL,
        classes TEXT NOT NULL,
        input_schema TEXT NOT NULL,
        model TEXT NOT NULL,
        evaluation TEXT NOT NULL,
        history TEXT,
        training TEXT NOT NULL,
        held_out TEXT NOT NULL,
        data TEXT NOT NULL,
        source TEXT NOT NULL,
        smoke TEXT NOT NULL,
        "commit" TEXT NOT NULL,
        is_dirty INTEGER NOT NULL CHECK (is_dirty IN (0, 1)),
        branch TEXT NOT NULL,
        author_name TEXT NOT NULL,
        author_email TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        engine TEXT NOT NULL,
        parameters TEXT NOT NULL,
        metrics TEXT NOT NULL,
        intervals TEXT NOT NULL,
        confusion TEXT NOT NULL,
        groups TEXT NOT NULL,
        learning_curve TEXT NOT NULL,
        rows TEXT NOT NULL,
        data_report TEXT NOT NULL,
        images TEXT NOT NULL,
        environment TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE notes (
        id INTEGER PRIMARY KEY,
        version_id INTEGER NOT NULL REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        author TEXT NOT NULL,
        text TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE releases (
        id INTEGER PRIMARY KEY,
        version_id INTEGER NOT NULL REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        environment TEXT NOT NULL,
        state TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        opened_by TEXT NOT NULL,
        package TEXT NOT NULL,
        image_id TEXT NOT NULL,
        gate TEXT NOT NULL,
        evidence TEXT NOT NULL,
        waiting_since TEXT,
        ended_at TEXT,
        failure TEXT
    ) STRICT""",
    """CREATE TABLE stages (
        release_id INTEGER NOT NULL REFERENCES releases (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        failure TEXT,
        data TEXT NOT NULL,
        PRIMARY KEY (release_id, name)
    ) STRICT""",
    """CREATE TABLE approvals (
        id INTEGER PRIMARY KEY,
        release_id INTEGER NOT NULL REFERENCES releases (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        person TEXT NOT NULL,
        login TEXT NOT NULL,
        decision TEXT NOT NULL CHECK (decision IN ('approved', 'rejected')),
        comment TEXT NOT NULL,
        at TEXT NOT NULL,
        version_id INTEGER NOT NULL REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        package TEXT NOT NULL,
        gate TEXT NOT NULL,
        data TEXT NOT NULL,
        evidence TEXT NOT NULL,
        acknowledged TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE deployments (
        id INTEGER PRIMARY KEY,
        environment TEXT NOT NULL,
        version_id INTEGER NOT NULL REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        state TEXT NOT NULL,
        package TEXT NOT NULL,
        image_id TEXT NOT NULL,
        engine TEXT NOT NULL,
        cpus REAL NOT NULL,
        memory_bytes INTEGER,
        created_at TEXT NOT NULL,
        release_id INTEGER REFERENCES releases (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        restores_id INTEGER REFERENCES deployments (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        live_from TEXT,
        live_until TEXT,
        is_baked INTEGER NOT NULL CHECK (is_baked IN (0, 1)),
        was_healthy_when_replaced INTEGER NOT NULL CHECK (was_healthy_when_replaced IN (0, 1)),
        withdrawn_reason TEXT
    ) STRICT""",
    """CREATE TABLE environments (
        name TEXT PRIMARY KEY,
        deployment_id INTEGER REFERENCES deployments (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
        is_stopped INTEGER NOT NULL CHECK (is_stopped IN (0, 1)),
        endpoint TEXT NOT NULL,
        smoked_at TEXT,
        is_smoke_green INTEGER CHECK (is_smoke_green IN (0, 1)),
        smoke_failure TEXT
    ) STRICT""",
    """CREATE TABLE worker (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        pid INTEGER NOT NULL,
        start_ticks INTEGER NOT NULL,
        build TEXT NOT NULL,
        host TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
)

INDEXES = (
    "CREATE INDEX events_by_kind ON events (kind)",
    "CREATE INDEX events_by_subject ON events (subject)",
    "CREATE INDEX events_by_time ON events (at)",
    "CREATE INDEX jobs_unfinished ON jobs (id) WHERE state IN ('queued', 'running')",
    "CREATE INDEX jobs_waiting ON jobs (id) WHERE state = 'waiting'",
    "CREATE INDEX jobs_by_subject ON jobs (kind, subject)",
    "CREATE INDEX data_versions_by_time ON data_versions (imported_at)",
    "CREATE INDEX runs_by_state ON runs (state)",
    'CREATE INDEX runs_by_work ON runs ("commit", plan, data)',
    "CREATE INDEX runs_by_version ON runs (version_id)",
    "CREATE INDEX steps_by_run ON steps (run_id)",
    "CREATE INDEX versions_by_run ON versions (run_id)",
    "CREATE INDEX notes_by_version ON notes (version_id)",
    "CREATE INDEX releases_by_state ON releases (state)",
    "CREATE INDEX releases_by_version ON releases (version_id)",
    "CREATE INDEX releases_by_environment ON releases (environment)",
    "CREATE INDEX releases_unfinished ON releases (environment) WHERE state IN ('running', 'waiting_approval')",
    "CREATE INDEX approvals_by_release ON approvals (release_id)",
    "CREATE INDEX deployments_by_environment ON deployments (environment)",
    "CREATE INDEX deployments_by_time ON deployments (environment, live_from)",
    "CREATE UNIQUE INDEX one_live_deployment ON deployments (environment) WHERE state = 'live'",
)

TRIGGERS = (
    # also against INSERT OR REPLACE, which deletes without asking a DELETE trigger
    """CREATE TRIGGER events_follow_one_another BEFORE INSERT ON events
        WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM events)
        BEGIN SELECT raise(ABORT, 'events follow one another without a gap'); END""",
    *(
        f"""CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table}
            BEGIN SELECT raise(ABORT, '{table} are never changed'); END"""
        for table in ("events", "versions", "approvals")
        for act in ("UPDATE", "DELETE")
    ),
)

SEARCHED = {
    "events": ("kind", "subject", "actor", "data"),
    "notes": ("author", "text"),
    "versions": ("commit", "branch", "author_name", "author_email", "requested_by", "parameters"),
}
"""Table → the columns that the second migration indexes for full-text search."""
