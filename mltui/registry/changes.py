"""What was changed about the tables since the first ones: a migration each, in the order in which they are applied.

A change that was released is never edited; the next one is added at the end.
"""

from __future__ import annotations

from collections.abc import Mapping

CHANGES: Mapping[str, tuple[str, ...]] = {
    "presence": (
        """CREATE TABLE presence (
            login TEXT NOT NULL,
            pid INTEGER NOT NULL,
            subject TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (login, pid)
        ) STRICT""",
    ),
    "smokes": (
        """CREATE TABLE smokes (
            environment TEXT NOT NULL,
            at TEXT NOT NULL,
            is_green INTEGER NOT NULL CHECK (is_green IN (0, 1)),
            p95_ms REAL,
            PRIMARY KEY (environment, at)
        ) STRICT, WITHOUT ROWID""",
    ),
    # to sort by a metric reads this, and not the versions with their large columns
    "versions_by_metrics": ("CREATE INDEX versions_by_metrics ON versions (metrics)",),
    # who locked an environment, since when and why
    "locks": tuple(
        f"ALTER TABLE environments ADD COLUMN {column} TEXT" for column in ("locked_at", "locked_by", "lock_reason")
    ),
    # approvals in an emergency, and who of the others has seen them
    "emergencies": (
        "ALTER TABLE approvals ADD COLUMN emergency TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX approvals_in_emergency ON approvals (release_id) WHERE emergency <> ''",
        """CREATE TABLE acknowledgements (
            release_id INTEGER PRIMARY KEY REFERENCES releases (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
            person TEXT NOT NULL,
            login TEXT NOT NULL,
            comment TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT""",
    ),
    # decisions that are signed
    "signatures": tuple(
        f"ALTER TABLE approvals ADD COLUMN {column} TEXT NOT NULL DEFAULT ''" for column in ("signature", "key", "head")
    ),
    # what people wrote into a version's model card; the newest text of a field counts
    "card_fields": (
        """CREATE TABLE card_fields (
            id INTEGER PRIMARY KEY,
            version_id INTEGER NOT NULL REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
            field TEXT NOT NULL,
            text TEXT NOT NULL,
            author TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX card_fields_by_version ON card_fields (version_id)",
    ),
    # several versions that answer together
    "shares": (
        "ALTER TABLE environments ADD COLUMN shares TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE deployments ADD COLUMN shared_until TEXT",
    ),
    # programs outside that are told of events: how far each has come, and every delivery
    "notifications": (
        "CREATE TABLE notifiers (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY,
            notifier TEXT NOT NULL,
            sequence INTEGER NOT NULL REFERENCES events (sequence) ON DELETE RESTRICT ON UPDATE RESTRICT,
            state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up', 'dismissed')),
            taken_up_at TEXT NOT NULL,
            due_at TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            tried_at TEXT,
            outcome TEXT NOT NULL
        ) STRICT""",
        "CREATE UNIQUE INDEX deliveries_by_notifier ON deliveries (notifier, sequence)",
        "CREATE INDEX deliveries_pending ON deliveries (notifier, sequence) WHERE state = 'pending'",
        "CREATE INDEX deliveries_given_up ON deliveries (notifier, sequence) WHERE state = 'given_up'",
    ),
    # what guards an endpoint, and since when it stands so
    "endpoints": (
        "ALTER TABLE environments ADD COLUMN is_encrypted INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE environments ADD COLUMN asks_token INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE environments ADD COLUMN endpoint_since TEXT",
    ),
    # versions whose files stay, and those whose model was pruned
    "pruning": (
        """CREATE TABLE pins (
            version_id INTEGER PRIMARY KEY REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
            author TEXT NOT NULL,
            reason TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE pruned_models (
            version_id INTEGER PRIMARY KEY REFERENCES versions (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
            author TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT""",
    ),
    # how many servers a deployment has
    "replicas": ("ALTER TABLE deployments ADD COLUMN replicas INTEGER NOT NULL DEFAULT 1",),
    # how a gateway was told to hand requests on when it was started
    "gateway_habits": (
        "ALTER TABLE environments ADD COLUMN replay_bytes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE environments ADD COLUMN sticky_header TEXT",
        "ALTER TABLE environments ADD COLUMN metrics_endpoint TEXT NOT NULL DEFAULT ''",
    ),
    # what the live version had answered by then
    "smoke_counts": ("ALTER TABLE smokes ADD COLUMN counts TEXT NOT NULL DEFAULT '{}'",),
    # groups were of "lighting × camera" and "dark × phone", and became {"lighting": "dark", "camera": "phone"}
    "slices": (
        "DROP TRIGGER versions_refuse_update",
        """UPDATE versions SET groups = (
            SELECT json_group_array(json_set(json_remove(figure, '$.attribute', '$.group'), '$.slice', json(
                CASE WHEN cut > 0 AND group_cut > 0
                THEN json_object(
                    substr(attribute, 1, cut - 1), substr(name, 1, group_cut - 1),
                    substr(attribute, cut + 3), substr(name, group_cut + 3)
                ) ELSE json_object(attribute, name) END
            ))) FROM (
                SELECT value AS figure, value ->> 'attribute' AS attribute, value ->> 'group' AS name,
                    instr(value ->> 'attribute', ' × ') AS cut, instr(value ->> 'group', ' × ') AS group_cut
                FROM json_each(versions.groups)
            )
        ) WHERE groups <> '[]'""",
        """CREATE TRIGGER versions_refuse_update BEFORE UPDATE ON versions
            BEGIN SELECT raise(ABORT, 'versions are never changed'); END""",
    ),
}

VERSION = 2 + len(CHANGES)
"""`PRAGMA user_version` of a registry that has its tables, their search and every change."""
