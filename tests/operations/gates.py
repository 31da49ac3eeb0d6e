"""A release that waits at the gate, made of rows alone: nothing is trained, packaged or served."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

from registry.registry_values import add_run, add_version, digest

from mltui.domain.actor import Actor
from mltui.domain.checks import CheckResult, GateReport, Verdict
from mltui.domain.digests import digest_of, stable_json
from mltui.domain.gate_hash import gate_hash
from mltui.domain.job import JobKind
from mltui.domain.names import release_name
from mltui.domain.release import Release, ReleaseState, Stage
from mltui.domain.run import WorkState
from mltui.operations.releases.open_release import add_release
from mltui.registry import Connection, jobs, releases, stages
from mltui.workspace import Workspace

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PARTS = {"model": digest(4), "serving": digest(9)}
POLICY = """
engine = "process"
is_demo = {is_demo}
[operators]
ann = {{ login = "ann", emails = ["ann@example.org"] }}
bob = {{ login = "bob", emails = ["bob@example.org"] }}
cat = {{ login = "cat" }}
dan = {{ login = "dan" }}
[environments.staging]
[environments.production]
after = "staging"
gate = {{ approvers = ["ann", "bob", "cat"], required = {required}, self_approval = {self_approval} }}
checks = [{{ metric = "accuracy", floor = {floor} }}]
"""


def write_policy(
    workspace: Workspace,
    *,
    required: int = 1,
    self_approval: bool = False,
    is_demo: bool = False,
    floor: float = 0.6,
) -> None:
    text = POLICY.format(
        required=required, self_approval=str(self_approval).lower(), is_demo=str(is_demo).lower(), floor=floor
    )
    (workspace.folder / "policy.toml").write_text(text)


def as_person(workspace: Workspace, login: str, *, sudo_user: str | None = None) -> Workspace:
    """The same workspace, opened by somebody else, at the time of these tests."""
    return dataclasses.replace(workspace, actor=Actor(login, sudo_user), now=lambda: NOW)


def at_gate(
    workspace: Workspace,
    *,
    asked_by: str = "ann",
    opened_by: str | None = None,
    author_email: str = "ann@example.org",
    inconclusive: Sequence[str] = (),
    failed: Sequence[str] = (),
) -> Release:
    """Under the policy as it stands now; version 1 in release r1, with its job at rest."""
    rules = workspace.policy().environments["production"]
    checks = [_check(name, Verdict.INCONCLUSIVE) for name in inconclusive]
    checks += [_check(name, Verdict.FAILED) for name in failed]
    evidence = {"checks": GateReport(tuple(checks)).as_json(), "data_digest": digest(2), "package_parts": PARTS}
    sealed = workspace.store.put_bytes(stable_json(evidence))
    model = workspace.store.put_entries([("model.onnx", b"a model")])
    with workspace.registry.write() as tx:
        run = add_run(tx, requested_by=asked_by, author_email=author_email)
        version = add_version(tx, run_id=run.id, model=model, requested_by=asked_by, author_email=author_email)
        opened = add_release(
            tx,
            version_id=version.id,
            environment="production",
            opened_by=opened_by or asked_by,
            actor=opened_by or asked_by,
            at=NOW,
        )
        stages.save(tx, Stage(opened.id, "approval", WorkState.RUNNING, started_at=NOW))
        _rest(tx, opened)
        return releases.update(
            tx,
            opened.id,
            state=ReleaseState.WAITING_APPROVAL,
            package=digest_of(PARTS),
            gate=gate_hash(rules),
            evidence=sealed,
            waiting_since=NOW,
        )


def _check(name: str, verdict: Verdict) -> CheckResult:
    return CheckResult(name, verdict, 0.7, "at least 0.6", None, f"{name} cannot be told")


def _rest(tx: Connection, release: Release) -> None:
    job = jobs.of_subject(tx, kind=JobKind.RELEASE, subject=release_name(release.id))
    assert job is not None
    jobs.set_state(tx, job.id, state=WorkState.WAITING, at=NOW)
