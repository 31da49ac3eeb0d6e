"""Between the approval and the deploy nothing may change; all of it is computed anew, and what did change is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from operations.gates import as_person, at_gate, write_policy
from operations.small_project import lay_down, under_git
from registry.registry_values import add_version, digest
from stories.loans import hold_worker_lock

from mltui.domain.digests import digest_of, stable_json
from mltui.domain.job import JobKind
from mltui.errors import Damaged, Refused
from mltui.operations.releases.decide import approve
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import jobs, releases
from mltui.worker.environments import packaging
from mltui.worker.journal import Journal
from mltui.worker.releases.release_work import ReleaseWork, open_work
from mltui.worker.releases.stages_after import refuse_what_changed


@pytest.fixture
def approved(tmp_path: Path) -> Iterator[ReleaseWork]:
    project = under_git(lay_down(tmp_path / "project"))
    workspace = init_workspace(project, folder=tmp_path / "workspace", engine="process")
    hold_worker_lock(workspace)
    write_policy(workspace)
    at_gate(workspace)
    job = jobs.of_subject(workspace.registry.read(), kind=JobKind.RELEASE, subject="r1")
    assert job is not None
    work = open_work(Journal(workspace, job))
    _seal_what_would_be_built(work)
    approve(as_person(workspace, "bob"), 1)
    yield work
    workspace.close()


def _seal_what_would_be_built(work: ReleaseWork) -> None:
    store = work.workspace.store
    parts = packaging.package_parts(work.workspace, work.version, engine_name="process")
    sealed = store.read_json(work.release.evidence) | {"package_parts": dict(parts)}
    evidence = store.put_bytes(stable_json(sealed))
    with work.workspace.registry.write() as tx:
        releases.update(tx, work.release_id, package=digest_of(parts), evidence=evidence)


def _another_version(work: ReleaseWork) -> None:
    with work.workspace.registry.write() as tx:
        work.version = add_version(tx, model=work.version.model)


def _another_model(work: ReleaseWork) -> None:
    work.version = replace(work.version, model=work.workspace.store.put_entries([("model.onnx", b"another")]))


def _another_gate(work: ReleaseWork) -> None:
    write_policy(work.workspace, floor=0.1)
    work.reread_policy()


def _other_data(work: ReleaseWork) -> None:
    work.version = replace(work.version, data=digest(77))


def _other_evidence(work: ReleaseWork) -> None:
    with work.workspace.registry.write() as tx:
        releases.update(tx, work.release_id, evidence=work.workspace.store.put_bytes(b"{}"))


CHANGES: Mapping[str, Callable[[ReleaseWork], None]] = {
    "version_changed": _another_version,
    "package_changed": _another_model,
    "gate_changed": _another_gate,
    "data_changed": _other_data,
    "evidence_changed": _other_evidence,
}


@pytest.mark.parametrize("code", CHANGES)
def test_what_changed_after_the_approval_is_named(approved: ReleaseWork, code: str) -> None:
    refuse_what_changed(approved)
    CHANGES[code](approved)
    with pytest.raises(Refused, match="changed after bob approved") as refused:
        refuse_what_changed(approved)
    assert refused.value.code == code


def test_evidence_that_is_not_what_its_hash_says_is_never_deployed_on(approved: ReleaseWork) -> None:
    path = approved.workspace.store.path(approved.release.evidence)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"passed", b"failed") + b" ")
    with pytest.raises(Damaged):
        refuse_what_changed(approved)
