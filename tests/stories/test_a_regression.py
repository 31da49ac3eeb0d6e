"""A project that predicts a number, on the process engine: from the commit to what a person decides on."""

from __future__ import annotations

import random
from pathlib import Path

from stories.loans import bring_to_production, commit, end, git, hold_worker_lock, live, train

from mltui.operations.standing.state import release_state
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import versions

PROJECT = """
[project]
name = "rents"
task = "regression"
[data]
source = "flats.csv"
target = "rent"
features = ["area", "rooms"]
attributes = ["district"]
[steps.train]
template = "table"
parameters = { model = "ridge", seed = 1 }
[smoke]
cases = [{ input = { area = 50, rooms = 2 }, expect = 620, tolerance = 0.1 }]
"""

POLICY = """
engine = "process"
is_demo = true
[operators]
operator = { login = "@LOGIN@", emails = ["operator@example.org"] }
[environments.staging]
keep_warm = 0
keep_cold = 0
[environments.production]
after = "staging"
bake_seconds = 0.2
profile_seconds = 0.5
smoke_every_seconds = 3600
gate = { approvers = ["operator"], self_approval = true }
checks = [{ metric = "rmse", ceiling = 50 }, { metric = "mae", attribute = "district" }]
"""


def make_project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "mltui.toml").write_text(PROJECT)
    draw = random.Random(1)
    rows = [(draw.randint(20, 120), draw.randint(1, 5), draw.choice(["north", "south"])) for _ in range(600)]
    (folder / "flats.csv").write_text(
        "area,rooms,district,rent\n"
        + "".join(f"{a},{r},{d},{10 * a + 60 * r + draw.gauss(0, 10):.2f}\n" for a, r, d in rows)
    )
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Operator")
    git(folder, "config", "user.email", "operator@example.org")
    commit(folder, "Predict rents")
    return folder


def test_a_regression_with_a_sensitive_attribute_is_registered_judged_by_group_and_served(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    (tmp_path / "policy-template.toml").write_text(POLICY)
    workspace = init_workspace(
        project, folder=tmp_path / "workspace", engine="process", policy_template=tmp_path / "policy-template.toml"
    )
    hold_worker_lock(workspace)
    try:
        train(workspace, project)
        version = versions.find(workspace.registry.read(), 1)
        assert version is not None
        assert {(each.attribute, each.group, each.metric) for each in version.groups} == {
            ("district", group, metric)
            for group in ("north", "south")
            for metric in ("mae", "rmse", "r2", "mean_error")
        }
        release = bring_to_production(workspace, 1)
        checks = next(each.data for each in release_state(workspace, f"r{release.id}").stages if each.name == "checks")
        assert "mae by district" in [each["name"] for each in checks["checks"]]
        assert live(workspace) == 1
    finally:
        end(workspace)
        workspace.close()
