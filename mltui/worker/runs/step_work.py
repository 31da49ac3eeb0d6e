"""One step of one run: what goes in, which image it needs, and the container that it becomes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mltui.domain.known_bands import ReportedBands, with_known_edges
from mltui.domain.names import version_name
from mltui.domain.pipeline import StepPlan, parameters_for
from mltui.domain.project import Project, StepDeclaration
from mltui.domain.run import Run
from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec, Engine, ImageRecipe, Limits, Mount
from mltui.errors import WorkFailed
from mltui.registry import versions
from mltui.worker.environments import images
from mltui.worker.journal import Journal
from mltui.workspace import Workspace

LABEL_RUN = "mltui.run"
UNDECLARED = StepDeclaration()
"""A step of which the project says nothing."""
_LOOKED_AT = 20
"""Of the newest versions, for bands that are declared alike."""
_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


@dataclass(frozen=True)
class StepWork:
    """One step of one run, with the digests of what goes in."""

    journal: Journal
    run: Run
    project: Project
    source: Path
    plan: StepPlan
    inputs: Mapping[str, str]

    @property
    def workspace(self) -> Workspace:
        return self.journal.workspace

    @property
    def engine(self) -> Engine:
        return self.workspace.engine(self.run.engine)

    @property
    def declaration(self) -> StepDeclaration:
        return self.project.steps.get(self.plan.name, UNDECLARED)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Bands are those of versions that there were when the run was asked for, however often this is looked up."""
        parameters = parameters_for(self.plan.name, self.project, excluded=self.excluded)
        return with_known_edges(parameters, self._reported_bands()) if self.plan.name == "prepare" else parameters

    def _reported_bands(self) -> Iterator[ReportedBands]:
        conn = self.workspace.registry.read()
        for each in versions.data_before(conn, self.run.requested_at, limit=_LOOKED_AT):
            bands = each.data_report.get("bands")
            if isinstance(bands, Mapping):
                yield ReportedBands(version_name(each.id), bands, is_same_data=each.data == self.run.data)

    @property
    def excluded(self) -> tuple[str, ...]:
        """SHA-256 of the smoke pictures, which belong in no split."""
        source = {entry.path: entry.sha256 for entry in self.workspace.store.tree(self.run.source).entries}
        return tuple(
            source[case.input]
            for case in self.project.smoke.cases
            if isinstance(case.input, str) and case.input in source
        )

    def folder(self, attempt: int) -> Path:
        return self.workspace.run_folder(self.run.id) / f"{self.plan.name}.{attempt}"

    def container(self, attempt: int) -> str:
        return self.workspace.container_name(f"run-{self.run.id}-{self.plan.name}.{attempt}")


def recipe_of(work: StepWork) -> ImageRecipe:
    declaration, base = work.declaration, work.project.base_image
    if declaration.dockerfile is not None:
        dockerfile = work.source / declaration.dockerfile
        if not dockerfile.is_file():
            raise WorkFailed(
                f"steps.{work.plan.name}.dockerfile: {declaration.dockerfile} is not in the commit", hint="commit it"
            )
        return images.project_recipe(
            work.plan.name, dockerfile=dockerfile, base_image=base, workspace_uuid=work.workspace.uuid
        )
    return images.step_recipe(
        work.plan.name, template=declaration.template, base_image=base, workspace_uuid=work.workspace.uuid
    )


def argv_of(work: StepWork) -> tuple[str, ...]:
    if work.declaration.run:
        return work.declaration.run
    return ("python", "-m", images.step_module(work.plan.name, work.declaration.template))


def declared_environment(work: StepWork) -> dict[str, str]:
    return {"MLTUI_CPUS": str(max(1, int(work.declaration.limits.cpu)))}


def lay_out(work: StepWork, attempt: int) -> None:
    """Anew: what an attempt left whose container is gone does not count."""
    folder = work.folder(attempt)
    shutil.rmtree(folder / "out", ignore_errors=True)
    for name in ("in", "out"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if _runs_from_source(work):
        work.workspace.store.materialize(work.run.source, folder / "project")
    checkpoint = work.workspace.run_folder(work.run.id) / f"{work.plan.name}.checkpoint"
    checkpoint.mkdir(exist_ok=True)
    for name, tree in work.inputs.items():
        work.workspace.store.materialize(tree, folder / "in" / name)
    (folder / "params.json").write_text(json.dumps(work.parameters, indent=1, sort_keys=True), "utf-8")
    (folder / "params.json").chmod(0o644)


def spec_of(work: StepWork, attempt: int, image_id: str) -> ContainerSpec:
    folder, limits = work.folder(attempt), work.declaration.limits
    context = (folder / "project" / (work.declaration.dockerfile or "")).parent
    return ContainerSpec(
        name=work.container(attempt),
        image=image_id,
        argv=argv_of(work),
        env={
            **declared_environment(work),
            "MLTUI_IN": "/mltui/in",
            "MLTUI_OUT": "/mltui/out",
            "MLTUI_PARAMS": "/mltui/params.json",
            "MLTUI_CHECKPOINT": "/mltui/checkpoint",
        },
        mounts=(
            Mount(folder / "in", "/mltui/in"),
            Mount(folder / "out", "/mltui/out", is_read_only=False),
            Mount(folder / "params.json", "/mltui/params.json"),
            Mount(
                work.workspace.run_folder(work.run.id) / f"{work.plan.name}.checkpoint",
                "/mltui/checkpoint",
                is_read_only=False,
            ),
            *((Mount(context, "/mltui/project"),) if _runs_from_source(work) else ()),
        ),
        workdir="/mltui/project" if _runs_from_source(work) else None,
        limits=Limits(cpus=limits.cpu, memory_bytes=memory_bytes(limits.memory), gpus=limits.gpus),
        labels={LABEL_WORKSPACE: work.workspace.uuid, LABEL_RUN: str(work.run.id), "mltui.step": work.plan.name},
        network="bridge" if work.declaration.network else "none",
    )


def _runs_from_source(work: StepWork) -> bool:
    """Without images a project's own step runs in a copy of its folder, which it may litter as it likes."""
    return work.declaration.dockerfile is not None and work.run.engine == "process"


def memory_bytes(text: str) -> int:
    """`4g` → 4294967296. Raises `WorkFailed` for what is no amount of memory."""
    number, unit = (text[:-1], text[-1:].lower()) if text[-1:].lower() in _UNITS else (text, "")
    try:
        return int(float(number) * _UNITS.get(unit, 1))
    except ValueError:
        raise WorkFailed(f"“{text}” is no amount of memory", hint="write for instance 512m or 4g") from None
