from __future__ import annotations

import json
from contextlib import closing

from registry_values import add_run, add_version

from mltui.domain.version import ModelVersion
from mltui.registry import Registry, versions

FIGURE = {"metric": "recall", "n": 31, "value": 0.7, "low": 0.5, "high": 0.85, "verdict": "within"}
NO_RATIO = {"ratio": None, "ratio_low": None, "ratio_high": None}
OF_OLD = [("lighting", "dark × damp"), ("lighting × camera", "dark × phone")]


def test_groups_that_were_texts_become_mappings_in_a_registry_that_is_opened(registry: Registry) -> None:
    with registry.write() as tx:
        version = add_version(tx, run_id=add_run(tx).id)
        figures = [{"attribute": name, "group": group, **FIGURE, **NO_RATIO} for name, group in OF_OLD]
        tx.execute("DROP TRIGGER versions_refuse_update")
        tx.execute("UPDATE versions SET groups = ?", [json.dumps(figures)])
        tx.execute("CREATE TRIGGER versions_refuse_update BEFORE UPDATE ON versions BEGIN SELECT 1; END")
        tx.execute("DELETE FROM _sqlite_migrations WHERE name = 'slices'")
        tx.execute("PRAGMA user_version = 1")
    with closing(Registry.open(registry.path)) as opened:
        found = _version(opened, version.id)
        assert [dict(each.slice) for each in found.groups] == [
            {"lighting": "dark × damp"},
            {"lighting": "dark", "camera": "phone"},
        ]
        assert [(each.attribute, each.group, each.value, each.ratio) for each in found.groups] == [
            (name, group, 0.7, None) for name, group in OF_OLD
        ]


def _version(registry: Registry, id: int) -> ModelVersion:
    found = versions.VERSIONS.one(registry.read(), "WHERE id = ?", [id])
    assert found is not None
    return found
