"""More than one environment before production: each is deployed to and smoked, some have people of their own."""

from __future__ import annotations

import pytest
from stories.dying import die_at
from stories.loans import bring_to_gate, carry_job, inconclusive, live

from mltui.domain.digests import digest_of, stable_json
from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.errors import Refused
from mltui.operations.releases.decide import approve
from mltui.operations.releases.open_release import open_release
from mltui.operations.runs.resume import cancel_release
from mltui.operations.standing.state import release_state, require_release
from mltui.registry import events, releases
from mltui.workspace import Workspace

PLAIN = "[environments.staging]"
IN_ORDER = f'[environments.dev]\nkeep_warm = 0\n\n{PLAIN}\nafter = "dev"\nskip = ["profile"]'
GATE = 'gate = { approvers = ["operator"], self_approval = true }'
GUARDED = f"{IN_ORDER}\nbake_seconds = 0.1\n{GATE}"


def set_order(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.folder / "policy.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def decide_and_go_on(workspace: Workspace, version_id: int, *, dies_at: str | None = None) -> str:
    release = require_release(workspace, f"v{version_id}")
    approve(workspace, version_id, evidence=release.evidence, acknowledged=inconclusive(workspace, release))
    if dies_at is not None:
        die_at(workspace, JobKind.RELEASE, f"r{release.id}", dies_at)
    job = carry_job(workspace, JobKind.RELEASE, f"r{release.id}")
    assert job.state is WorkState.SUCCEEDED, job.error
    return release.environment


def passed_as_another_package(workspace: Workspace, name: str) -> None:
    """As if the serving sources had been others when that release passed its stop."""
    release = require_release(workspace, name)
    sealed = workspace.store.read_json(release.evidence)
    parts = {**sealed["package_parts"], "serving": "0" * 64}
    evidence = workspace.store.put_bytes(stable_json(sealed | {"package_parts": parts}))
    with workspace.registry.write() as tx:
        releases.update(tx, release.id, evidence=evidence, package=digest_of(parts))


def test_a_version_passes_every_environment_and_stops_where_people_decide(workspace: Workspace) -> None:
    set_order(workspace, PLAIN, IN_ORDER)
    assert bring_to_gate(workspace, 1).state is ReleaseState.WAITING_APPROVAL
    found = release_state(workspace, "r1").stages
    assert [stage.name for stage in found] == [
        "package", "profile", "in dev", "smoke in dev", "staging", "smoke", "checks", "approval",
    ]  # fmt: skip
    assert all(stage.data["answers"] for stage in found if "smoke" in stage.name)
    assert [live(workspace, place) for place in ("dev", "staging", "production")] == [1, 1, None]
    assert decide_and_go_on(workspace, 1) == "production"

    set_order(workspace, IN_ORDER, GUARDED)
    cancel_release(workspace, "r2")
    carry_job(workspace, JobKind.RELEASE, "r2")
    with pytest.raises(Refused, match="v2 has not passed staging") as refused:
        open_release(workspace, 2, environment="production")
    assert refused.value.code == "not_passed"
    first = open_release(workspace, 2)
    carry_job(workspace, JobKind.RELEASE, f"r{first.id}")
    assert [live(workspace, place) for place in ("dev", "staging", "production")] == [2, 1, 1]
    assert decide_and_go_on(workspace, 2, dies_at="ended") == "staging"

    second = require_release(workspace, "v2")
    assert (second.id, second.environment, second.opened_by) == (first.id + 1, "production", first.opened_by)
    carry_job(workspace, JobKind.RELEASE, f"r{second.id}")
    skipped = next(each for each in release_state(workspace, f"r{second.id}").stages if each.name == "staging")
    assert (skipped.state, skipped.failure) == (WorkState.SKIPPED, "v2 has passed staging")
    assert decide_and_go_on(workspace, 2) == "production"
    assert [live(workspace, place) for place in ("dev", "staging", "production")] == [2, 2, 2]
    assert events.list_events(workspace.registry.read(), kind="ReleaseOpened")[-1].actor == "worker"


def test_only_what_passed_a_stop_goes_on_from_there(workspace: Workspace) -> None:
    set_order(workspace, PLAIN, f"{PLAIN}\nprofile_seconds = 0.5\nbake_seconds = 0.1\n{GATE}")
    for queued in ("r1", "r2"):
        cancel_release(workspace, queued)
        carry_job(workspace, JobKind.RELEASE, queued)
    stop = bring_to_gate(workspace, 1)
    assert decide_and_go_on(workspace, 1) == "staging"
    onward = require_release(workspace, "v1")
    passed_as_another_package(workspace, f"r{stop.id}")
    job = carry_job(workspace, JobKind.RELEASE, f"r{onward.id}")
    assert job.state is WorkState.FAILED
    assert job.error is not None
    assert job.error["message"] == f"the serving sources changed since v1 passed staging with r{stop.id}"

    again = open_release(workspace, 1, environment="staging")
    carry_job(workspace, JobKind.RELEASE, f"r{again.id}")
    decide_and_go_on(workspace, 1)
    waiting = require_release(workspace, "v1")
    carry_job(workspace, JobKind.RELEASE, f"r{waiting.id}")
    waiting = require_release(workspace, f"r{waiting.id}")
    assert (waiting.environment, waiting.state) == ("production", ReleaseState.WAITING_APPROVAL)
    passed = workspace.store.read_json(waiting.evidence)["passed_stop"]
    assert (passed["environment"], passed["release"]) == ("staging", again.id)
    assert passed["evidence"] == require_release(workspace, f"r{again.id}").evidence
