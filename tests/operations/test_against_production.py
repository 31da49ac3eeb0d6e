"""What a release changes against production, as its evidence keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from registry.registry_values import add_run, add_version

from mltui.config.project import parse_project, project_as_json
from mltui.domain.digests import stable_json
from mltui.domain.version import ModelVersion
from mltui.errors import Damaged
from mltui.operations.releases.against_production import against_production, sealed_against
from mltui.operations.versions import tree_changes
from mltui.operations.versions.row_changes import row_changes
from mltui.workspace import Workspace

PICTURES = """
[project]
name = "tacos"
[data]
source = "pictures"
groups = "groups.csv"
[steps.train]
template = "image"
[smoke]
cases = [{ input = "smoke/taco.jpg", expect = "taco" }]
"""
TABLE = """
[project]
name = "loans"
[data]
source = "applications.csv"
target = "approved"
features = ["income"]
attributes = ["sex"]
key = "id"
[steps.train]
template = "table"
[smoke]
cases = [{ input = { income = 10 }, expect = "yes" }]
"""


def version(workspace: Workspace, project: str, data: Mapping[str, str], **given: object) -> ModelVersion:
    store = workspace.store
    plan = store.put_bytes(project_as_json(parse_project(project)))
    files = store.put_entries((name, text.encode()) for name, text in data.items())
    code = str(given.pop("code", "a = 1\n"))
    given.setdefault("source", store.put_entries([("train.py", code.encode())]))
    with workspace.registry.write() as tx:
        return add_version(tx, run_id=add_run(tx, plan=plan).id, data=files, **given)


def counted(workspace: Workspace, old: ModelVersion, new: ModelVersion) -> dict[str, tuple[int, ...]]:
    """Class or group → before, after, added, removed, changed."""
    found = row_changes(workspace.registry.read(), workspace.store, old, new)
    assert not found.problem, found.problem
    return {
        f"{each.kind} {each.name}": (each.before, each.after, each.added, each.removed, each.changed)
        for each in found.counts
    }


def test_pictures_are_counted_by_class_and_group(workspace: Workspace) -> None:
    old = version(
        workspace,
        PICTURES,
        {
            "pictures/taco/1.jpg": "a", "pictures/taco/2.jpg": "b", "pictures/burrito/1.jpg": "c",
            "groups.csv": "file,lighting\ntaco/1.jpg,dark\ntaco/2.jpg,dark\nburrito/1.jpg,light\n",
        },
    )  # fmt: skip
    new = version(
        workspace,
        PICTURES,
        {
            "pictures/taco/1.jpg": "A", "pictures/taco/3.jpg": "d", "pictures/burrito/1.jpg": "c",
            "groups.csv": "file,lighting\ntaco/1.jpg,dark\ntaco/3.jpg,light\nburrito/1.jpg,dark\n",
        },
    )  # fmt: skip
    assert counted(workspace, old, new) == {
        "class burrito": (1, 1, 0, 0, 1),
        "class taco": (2, 2, 1, 1, 1),
        "lighting dark": (2, 2, 0, 1, 2),
        "lighting light": (1, 1, 1, 0, 1),
    }
    assert counted(workspace, old, old) == {}


def test_rows_of_a_table_are_counted_by_key_class_and_group(workspace: Workspace) -> None:
    head = "id,income,approved,sex\n"
    old = version(workspace, TABLE, {"table.csv": f"{head}1,10,yes,f\n2,20,no,m\n3,30,no,f\n"})
    new = version(workspace, TABLE, {"table.csv": f"{head}1,10,yes,f\n2,20,yes,m\n4,5,no,f\n"})
    assert counted(workspace, old, new) == {
        "class no": (2, 1, 1, 1, 1),
        "class yes": (1, 2, 0, 0, 1),
        "sex f": (2, 2, 1, 1, 0),
        "sex m": (1, 1, 0, 0, 1),
    }
    lost = version(workspace, TABLE, {"table.csv": head})
    workspace.store.path(workspace.store.tree(lost.data).entries[0].sha256).unlink()
    assert row_changes(workspace.registry.read(), workspace.store, old, lost).problem


def test_what_is_sealed_is_what_was_found_to_the_last_byte(workspace: Workspace) -> None:
    data = {"table.csv": "id,income,approved,sex\n1,10,yes,f\n"}
    old = version(workspace, TABLE, data, parameters={"train": {"seed": 1, "depth": 3}})
    new = version(
        workspace, TABLE, data, code="a = 2\n", parameters={"train": {"seed": 2}}, environment={"python": "3.12"}
    )
    found = against_production(workspace, new, old)
    sealed = stable_json({"against_production": found.as_json()})
    assert sealed == stable_json({"against_production": against_production(workspace, new, old).as_json()})
    assert sealed_against(json.loads(sealed)) == found
    assert found.version == old.id
    assert [line for line in found.code.diff if line[0] in "+-"][2:] == ["-a = 1", "+a = 2"]
    assert [(each.name, each.candidate, each.baseline) for each in found.parameters] == [
        ("train.depth", None, 3), ("train.seed", 2, 1),
    ]  # fmt: skip
    assert [each.name for each in found.environment] == ["python"]
    assert sealed_against({}) is sealed_against({"against_production": None}) is None
    with pytest.raises(Damaged):
        sealed_against({"against_production": {"version": "one"}})


def test_a_diff_of_long_lines_is_cut_and_says_so(workspace: Workspace) -> None:
    line = "x" * (tree_changes.MOST_BYTES - 10)
    sources = [
        workspace.store.put_entries((f"{name}.txt", f"{line}{mark}\n".encode()) for name in "abcd") for mark in "yz"
    ]
    found = tree_changes.code_changes(workspace.store, *sources)
    assert found.is_cut
    assert 0 < sum(map(len, found.diff)) <= tree_changes.MOST_CHARACTERS
