"""What a policy asks of groups that are too small to be told one by one."""

from __future__ import annotations

from dataclasses import replace

from operations.test_compare import version

from mltui.domain.version import GroupFigure
from mltui.operations.releases.pooled_checks import undecidable_checks
from mltui.pooling import POOLED
from mltui.workspace import Workspace

RARE = GroupFigure({"zip": POOLED}, "recall", 90, 0.8, 0.7, 0.9, None, None, None, "too few", pooled=12)


def test_a_check_of_groups_that_are_told_together_is_warned_of_with_ways_out(workspace: Workspace) -> None:
    policy = """[operators]
    ann = { login = "ann" }
    [environments.production]
    gate = { approvers = ["ann"], self_approval = true }
    checks = [
      { metric = "recall", attribute = "zip" },
      { metric = "recall", attribute = "zip", group = "8001", floor = 0.5 },
      { metric = "recall", attribute = "sex" },
      { metric = "split_rows", attribute = "zip", floor = 1 },
    ]
    """
    (workspace.folder / "policy.toml").write_text(policy)
    assert list(undecidable_checks(workspace, workspace.policy())) == [], "no version says how many rows there are"
    made = version(workspace, groups=(RARE, replace(RARE, slice={"sex": "f"}, pooled=0)))
    ((environment, told),) = undecidable_checks(workspace, workspace.policy())
    assert environment == "production"
    assert told.startswith(f"recall by zip stays inconclusive: 12 groups of v{made.id} have fewer than 30 rows each")
    assert 'group = "…" with a floor' in told
