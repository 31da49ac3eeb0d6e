"""A stale request is loud wherever it waits."""

from __future__ import annotations

import pytest
from operations.gates import as_person, at_gate, write_policy
from registry.registry_values import NOW

from mltui.domain.deployment import DeploymentState, Environment
from mltui.operations.releases.release_page import release_page
from mltui.operations.standing.overview import overview
from mltui.registry import deployments, environments
from mltui.tui.presentation.decision import approval_refusal
from mltui.tui.presentation.header import header_lines
from mltui.tui.presentation.overview import overview_rows
from mltui.tui.presentation.release import decision_lines
from mltui.workspace import Workspace


@pytest.fixture
def stale(workspace: Workspace) -> Workspace:
    """r1 waits for bob, and its candidate fails in staging."""
    write_policy(workspace)
    release = at_gate(workspace)
    with workspace.registry.write() as tx:
        candidate = deployments.add(
            tx,
            environment="staging",
            version_id=1,
            state=DeploymentState.LIVE,
            package=release.package,
            image_id="i",
            engine="process",
            cpus=1,
            memory_bytes=None,
            created_at=NOW,
            release_id=release.id,
            live_from=NOW,
        )
        environments.save(
            tx,
            Environment("staging", candidate.id, is_smoke_green=False, smoked_at=NOW, smoke_failure="0 of 2 [b]right"),
        )
    return as_person(workspace, "bob")


def test_a_stale_request_is_told_on_every_screen_with_its_reason(stale: Workspace) -> None:
    reason = "stale: the smoke in staging fails: 0 of 2 [b]right"
    found, page = overview(stale), release_page(stale, "r1")
    assert found.waiting_for_actor == ()
    assert header_lines(found, ["Overview"], width=100)[1].plain.rstrip().endswith("✗ r1 v1 is stale")
    ((_, cells),) = overview_rows(found)
    assert str(cells[-1]) == f"✗ {reason}"
    told = " ".join(line.plain for line in decision_lines(page, width=120))
    assert f"✗ {reason}" in told
    assert "x rejects it" in told
    assert reason in approval_refusal(page)
