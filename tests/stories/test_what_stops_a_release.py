"""What a release does not get past, and that production stays as it was."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

from stories.loans import answering, bring_to_gate, bring_to_production, carry_job, live

from mltui.domain.job import JobKind
from mltui.domain.release import ReleaseState
from mltui.domain.run import WorkState
from mltui.domain.version import ModelVersion
from mltui.operations.environments.lock import lock, unlock
from mltui.operations.releases.against_production import sealed_against
from mltui.operations.releases.decide import approve
from mltui.operations.releases.open_release import open_release
from mltui.operations.releases.seal import try_sealed_evidence
from mltui.operations.runs.resume import cancel_release
from mltui.operations.standing.state import release_state, require_version
from mltui.operations.versions.model_card import amend_card
from mltui.registry import jobs, versions
from mltui.worker.loop import carry
from mltui.workspace import Workspace


def release_of(workspace: Workspace, version_id: int) -> tuple[ReleaseState, str]:
    """How its release ends, and why."""
    release = bring_to_gate(workspace, version_id)
    return release.state, release.failure or ""


def set_policy(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.folder / "policy.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def with_another_model(workspace: Workspace, version: ModelVersion, description: dict[str, object]) -> int:
    """A version whose model.json says something else; registered beside the pipeline, which would have refused it."""
    files = {entry.path: workspace.store.path(entry.sha256) for entry in workspace.store.tree(version.model).entries}
    entries = [("model.onnx", files["model.onnx"]), ("model.json", json.dumps(description).encode())]
    fields = {field.name: getattr(version, field.name) for field in dataclasses.fields(version) if field.name != "id"}
    with workspace.registry.write() as tx:
        return versions.add(tx, **{**fields, "model": workspace.store.put_entries(entries)}).id


def test_a_swapped_class_map_fails_before_it_gets_any_traffic(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    version = require_version(workspace, "v1")
    model = {entry.path: entry.sha256 for entry in workspace.store.tree(version.model).entries}
    description = workspace.store.read_json(model["model.json"])
    description["classes"] = list(reversed(description["classes"]))
    bring_to_gate(workspace, 2)
    swapped = with_another_model(workspace, version, description)
    state, reason = release_of(workspace, open_release(workspace, swapped).version_id)
    assert state is ReleaseState.FAILED
    assert "expected yes, got no" in reason
    assert (live(workspace, "staging"), live(workspace), answering(workspace)) == (2, 1, "v1")


def test_a_slow_server_fails_its_smoke(workspace: Workspace) -> None:
    set_policy(workspace, "[environments.staging]", "[environments.staging]\nlatency_limit_ms = 0.001")
    state, reason = release_of(workspace, 1)
    assert state is ReleaseState.FAILED
    assert "limit 0 ms" in reason
    assert live(workspace) is None


def test_a_failed_check_ends_the_release_and_is_kept_with_its_figures(workspace: Workspace) -> None:
    set_policy(workspace, "floor = 0.6", "floor = 0.999")
    state, reason = release_of(workspace, 1)
    assert state is ReleaseState.FAILED
    assert "accuracy floor" in reason
    checks = next(stage for stage in release_state(workspace, "r1").stages if stage.name == "checks")
    assert checks.state is WorkState.FAILED
    assert checks.data["checks"][0]["verdict"] == "failed"


def test_a_model_that_needs_more_memory_than_allowed_fails_the_profile_check(workspace: Workspace) -> None:
    set_policy(workspace, "ceiling = 4000", "ceiling = 1")
    assert "peak_memory_mb ceiling" in release_of(workspace, 1)[1]


def test_a_version_without_containers_is_refused_where_policy_asks_for_them(workspace: Workspace) -> None:
    set_policy(workspace, 'after = "staging"', 'after = "staging"\nrequire_containers = true')
    assert "without containers" in release_of(workspace, 1)[1]


def test_a_profile_that_policy_skips_is_recorded_as_skipped(workspace: Workspace) -> None:
    set_policy(workspace, 'after = "staging"', 'after = "staging"\nskip = ["profile"]')
    set_policy(workspace, '{ metric = "latency_p95_ms", ceiling = 2000 },', "")
    set_policy(workspace, '{ metric = "peak_memory_mb", ceiling = 4000 },', "")
    bring_to_production(workspace, 1)
    profile = next(stage for stage in release_state(workspace, "r1").stages if stage.name == "profile")
    assert profile.state is WorkState.SKIPPED


def test_a_production_that_fails_its_smoke_gives_the_traffic_back(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    release = bring_to_gate(workspace, 2)
    approve(workspace, 2, evidence=release.evidence)
    set_policy(workspace, "bake_seconds = 0.2", "bake_seconds = 0.2\nlatency_limit_ms = 0.001")
    job = carry_job(workspace, JobKind.RELEASE, f"r{release.id}")
    assert job.state is WorkState.FAILED
    assert (live(workspace), answering(workspace)) == (1, "v1")


def test_a_lock_that_comes_while_the_new_server_starts_keeps_the_traffic_where_it_is(workspace: Workspace) -> None:
    bring_to_production(workspace, 1)
    release = bring_to_gate(workspace, 2)
    approve(workspace, 2, evidence=release.evidence)
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject=f"r{release.id}")
    assert job is not None

    def lock_it(stage: str) -> None:
        if stage == "production begun":
            lock(workspace, "production", reason="incident 14")
            cancel_release(workspace, f"r{release.id}")

    carry(workspace, job, on_boundary=lock_it, is_stopping=lambda: False)
    assert (live(workspace), answering(workspace)) == (1, "v1")


def test_a_gate_that_changes_while_an_approved_version_waits_for_a_lock_refuses_it(workspace: Workspace) -> None:
    release = bring_to_gate(workspace, 1)
    approve(workspace, 1, evidence=release.evidence)
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject=f"r{release.id}")
    assert job is not None

    def lock_it(stage: str) -> None:
        if stage == "production begun":
            lock(workspace, "production", reason="incident 14")
            set_policy(workspace, "self_approval = true", "self_approval = true, signatures = true")
            unlock(workspace, "production")

    carry(workspace, job, on_boundary=lock_it, is_stopping=lambda: False)
    state = release_state(workspace, f"r{release.id}").release
    assert state.state is ReleaseState.FAILED
    assert "gate changed" in (state.failure or "")
    assert live(workspace) is None


def test_an_empty_model_card_ends_a_release_and_a_written_one_is_sealed_with_the_evidence(workspace: Workspace) -> None:
    set_policy(workspace, "self_approval = true", 'self_approval = true, model_card = ["could_harm"]')
    state, reason = release_of(workspace, 1)
    assert state is ReleaseState.FAILED
    assert "model card: could_harm to be written" in reason
    assert release_of(workspace, 2)[0] is ReleaseState.FAILED
    version = require_version(workspace, "v1")
    amend_card(workspace, version, ["could_harm=people who are refused"])
    release = bring_to_gate(workspace, open_release(workspace, 1).version_id)
    assert release.state is ReleaseState.WAITING_APPROVAL
    card = {each["field"]: each["text"] for each in workspace.store.read_json(release.evidence)["model_card"]}
    assert card["could_harm"] == "people who are refused"


def test_what_changes_against_production_is_kept_row_by_row_with_the_evidence(workspace: Workspace) -> None:
    """Of two seeds of one model; the table is small, so that both answer nearly alike."""
    bring_to_production(workspace, 1)
    assert (
        workspace.store.read_json(release_state(workspace, "v1").release.evidence)["checks"]["prediction_diff"] is None
    )
    release = bring_to_gate(workspace, 2)
    diff = workspace.store.read_json(release.evidence)["checks"]["prediction_diff"]
    rows = list(csv.DictReader(io.StringIO(workspace.store.read_bytes(diff["rows"]).decode())))
    changes, whole = diff["changes"], diff["changes"]["whole"]
    assert (diff["production"], changes["metric"]) == (1, "accuracy")
    assert whole["n"] > 100
    assert whole["changed"] == len(rows) == sum(row["production"] != row["candidate"] for row in rows)
    assert (whole["fixed"], whole["broken"]) == tuple(
        sum(row["effect"] == effect for row in rows) for effect in ("fixed", "broken")
    )
    by_sex = [each for each in changes["groups"] if each["attribute"] == "sex"]
    assert sum(each["change"]["n"] for each in by_sex) == whole["n"]
    assert {each["effect"] for each in by_sex} <= {"noise", "better"}
    bring_to_production(workspace, 2)
    sealed = sealed_against(try_sealed_evidence(workspace, release))
    assert sealed is not None
    assert (sealed.version, sealed.data.counts, sealed.code.are_none) == (1, (), True)
    assert [(each.name, each.candidate, each.baseline) for each in sealed.parameters] == [
        ("train.parameters.seed", 2, 1)
    ]


def test_a_group_that_falls_below_its_floor_ends_a_release(workspace: Workspace) -> None:
    set_policy(workspace, "checks = [", 'checks = [{ metric = "accuracy", attribute = "sex", floor = 0.99 },')
    state, reason = release_of(workspace, 1)
    assert state is ReleaseState.FAILED
    assert "accuracy floor by sex: " in reason
