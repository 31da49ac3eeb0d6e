"""A report of rows that somebody wrote by other means is refused in words, whatever stands there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
from tui.scene import lay_scene

from mltui.errors import Damaged
from mltui.operations.report.gathered import gather
from mltui.operations.report.page import html, markdown
from mltui.workspace import Workspace


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_scene(tmp_path_factory.mktemp("scene") / "tacos")


@contextmanager
def forged(workspace: Workspace, table: str, column: str, text: str, *, where: str) -> Iterator[None]:
    with closing(sqlite3.connect(workspace.folder / "registry.db")) as conn:
        for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            conn.execute(f'DROP TRIGGER "{name}"')
        (before,) = conn.execute(f'SELECT "{column}" FROM {table} WHERE {where}').fetchone()
        conn.execute(f'UPDATE {table} SET "{column}" = ? WHERE {where}', [text])
        conn.commit()
        yield
        conn.execute(f'UPDATE {table} SET "{column}" = ? WHERE {where}', [before])
        conn.commit()


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


PROXY = {"attribute": "sex", "group": "f", "rows": 9, "auc": 0.9, "deviation": 0.01}


def group(**changed: Any) -> str:
    sound = {"group": {"sex": "f"}, "splits": {"train": 3}, "labels": {"yes": 3}}
    return json.dumps({"bias": {"groups": [{**sound, **changed}], "proxies": []}})


@pytest.mark.parametrize(
    "text",
    [
        nested(100_000),
        nested(900),
        "[1]",
        '{"bias": [1]}',
        '{"bias": {"groups": 3}}',
        '{"bias": {"groups": [[]]}}',
        json.dumps({"bias": {"proxies": [{**PROXY, "features": [{}]}]}}),
        group(splits=3),
        group(splits={"train": 0}),
        group(splits={"train": "many"}),
        group(group="sex"),
        group(mean="high"),
    ],
)
def test_forged_facts_of_the_data_are_told_as_damage_or_left_alone(scene: Workspace, text: str) -> None:
    with forged(scene, "versions", "data_report", text, where="id = 4"):
        for page in (html, markdown):
            with suppress(Damaged):
                assert "v4" in page(gather(scene, "v4"))
    assert "v4" in html(gather(scene, "v4"))


@pytest.mark.parametrize("told", [{"checks": [{"name": nested(200)}]}, {"checks": 3}, {"checks": [nested(3)]}])
def test_a_stage_that_was_forged_is_damage(scene: Workspace, told: dict[str, Any]) -> None:
    with forged(scene, "stages", "data", json.dumps(told), where="name = 'checks' AND release_id = 4"):
        with pytest.raises(Damaged, match="v4") as caught:
            html(gather(scene, "v4"))
        assert "audit verify" in caught.value.hint
