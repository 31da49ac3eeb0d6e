"""A workspace full of versions, releases, deployments, images and folders, some of them old."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from registry.registry_values import add_run, add_version

from mltui.domain.actor import Actor
from mltui.domain.deployment import Deployment, DeploymentState, Environment
from mltui.domain.release import Release, ReleaseState
from mltui.domain.run import WorkState
from mltui.domain.version import ModelVersion, Pin
from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec, ImageRecipe
from mltui.engines.recording import Outcome, RecordingEngine
from mltui.registry import Connection, Registry, deployments, environments, pins, releases, versions
from mltui.workspace import REGISTRY_FILE, Workspace

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=30)
STATES = tuple(DeploymentState)


class Stock:
    def __init__(self, folder: Path) -> None:
        place = folder / "workspace"
        registry = Registry.create(place / REGISTRY_FILE, workspace_uuid="w" * 8, project="loans")
        self.engine = RecordingEngine(self._outcome, name="docker")
        self.workspace = Workspace(place, registry, Actor("ann"), now=lambda: NOW, _engines={"docker": self.engine})
        (place / "policy.toml").write_text(
            '[operators]\nann = { login = "ann" }\n[environments.staging]\n[environments.production]\n'
            'after = "staging"\ngate = { approvers = ["ann"], self_approval = true }\n'
        )
        self.folder = folder
        self._running: set[str] = set()

    @property
    def conn(self) -> Connection:
        return self.workspace.registry.read()

    def close(self) -> None:
        self.workspace.close()

    def version(self, at: datetime, *, content: bytes | None = None) -> ModelVersion:
        """With its run, its image and the folders of both; its trees are in the store."""
        number = len(versions.models(self.conn)) + 1
        put = self.workspace.store.put_entries
        trees = {name: put([(name, f"{name} {number}".encode())]) for name in ("evaluation", "training", "held_out")}
        trees |= {name: put([(name, b"the same for all")]) for name in ("data", "source", "smoke")}
        trees["model"] = put([("model.onnx", content or f"model {number}".encode()), ("model.json", b"{}")])
        plan = self.workspace.store.put_bytes(b"{}")
        with self.workspace.registry.write() as tx:
            run = add_run(
                tx, state=WorkState.SUCCEEDED, ended_at=at, data=trees["data"], source=trees["source"], plan=plan
            )
            made = add_version(tx, run_id=run.id, created_at=at, **trees)
        self._lay_down(made)
        self.engine.build(self._recipe(made.id), on_line=lambda line: None)
        return made

    def _lay_down(self, version: ModelVersion) -> None:
        run = self.workspace.run_folder(version.run_id)
        for folder in (run / "source", run / "train.1" / "out"):
            folder.mkdir(parents=True)
            (folder / "file").write_bytes(bytes(5000))
        (run / "train.1" / "log.jsonl").write_text("{}\n")
        self.workspace.store.materialize(version.model, self.workspace.folder / "models" / f"v{version.id}")

    def release(self, version: ModelVersion, state: ReleaseState, *, ended: datetime | None) -> Release:
        evidence = self.workspace.store.put_bytes(f'{{"model":"{version.model}","of":{version.id}}}'.encode())
        with self.workspace.registry.write() as tx:
            made = releases.add(
                tx,
                version_id=version.id,
                environment="production",
                state=state,
                opened_at=OLD,
                opened_by="ann",
                evidence=evidence,
                image_id=self.image_of(version.id),
                ended_at=ended,
            )
        folder = self.workspace.folder / "releases" / f"r{made.id}"
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(bytes(5000))
        return made

    def deploy(self, version: ModelVersion, *, state: DeploymentState, at: datetime, **given: Any) -> Deployment:
        fields: dict[str, Any] = {
            "environment": "production",
            "version_id": version.id,
            "package": "p",
            "image_id": self.image_of(version.id),
            "engine": "docker",
            "cpus": 1.0,
            "memory_bytes": None,
            "created_at": at,
            "live_from": at,
        }
        with self.workspace.registry.write() as tx:
            made = deployments.add(tx, **{**fields, **given}, state=state)
        (self.workspace.sockets_folder / f"d{made.id}.1").mkdir(parents=True)
        return made

    def start(self, server: str, *, keeps_running: bool) -> None:
        name = self.workspace.container_name(server)
        self._running |= {name} if keeps_running else set()
        image = self.image_of(1)
        spec = ContainerSpec(name, image, ("python",), labels={LABEL_WORKSPACE: self.workspace.uuid})
        self.engine.start(spec)

    def _outcome(self, spec: ContainerSpec) -> Outcome:
        return Outcome(keeps_running=spec.name in self._running)

    def live_on(self, dice: random.Random) -> None:
        """Versions, decisions and switches as they come, and some that cannot come."""
        made = [self.version(dice.choice((OLD, OLD, NOW))) for _ in range(dice.randint(2, 8))]
        for version in made:
            for _ in range(dice.randint(0, 2)):
                state = dice.choice(tuple(ReleaseState))
                self.release(version, state, ended=dice.choice((OLD, NOW)) if state.is_over else None)
        for version in dice.sample(made, dice.randint(0, 1)):
            with self.workspace.registry.write() as tx:
                pins.pin(tx, Pin(version.id, "ann", "why not", NOW))
        for name in ("staging", "production"):
            self._switch(dice, name, dice.choices(made, k=dice.randint(0, 6)))
        self.workspace.store.put_bytes(b"nobody names it")

    def _switch(self, dice: random.Random, environment: str, chosen: list[ModelVersion]) -> None:
        known: list[Deployment] = []
        for at, version in enumerate(chosen):
            is_last = at == len(chosen) - 1
            states = [each for each in STATES if each is not DeploymentState.LIVE]
            restored = dice.choice([None, *(each for each in known if each.version_id == version.id)])
            state = DeploymentState.LIVE if is_last else dice.choice(states)
            known.append(
                self.deploy(
                    version,
                    environment=environment,
                    state=state,
                    at=OLD,
                    live_from=dice.choice((None, OLD)) if state is DeploymentState.FAILED else OLD,
                    live_until=None if is_last else dice.choice((OLD, NOW)),
                    restores_id=None if restored is None else restored.id,
                    is_baked=dice.random() < 0.5,
                    was_healthy_when_replaced=dice.random() < 0.5,
                    withdrawn_reason="ill" if dice.random() < 0.3 else None,
                )
            )
            root = known[-1]
            while root.restores_id is not None:
                root = next(each for each in known if each.id == root.restores_id)
            if not self.engine.status(self.workspace.container_name(f"d{root.id}.1")).container_id:
                self.start(f"d{root.id}.1", keeps_running=dice.random() < 0.5)
        if known:
            with self.workspace.registry.write() as tx:
                environments.save(tx, Environment(environment, known[-1].id))

    def image_of(self, version_id: int) -> str:
        return f"docker:{self.engine.image_key(self._recipe(version_id))}"

    def _recipe(self, version_id: int) -> ImageRecipe:
        return ImageRecipe(f"mltui/serve-v{version_id}", f"# {version_id}", {}, owner=self.workspace.uuid)

    def content_of(self, version: ModelVersion) -> bytes:
        return f"model {version.id}".encode()

    def require_model(self, version_id: int) -> None:
        version = versions.find(self.conn, version_id)
        assert version is not None
        self.workspace.store.verify(version.model)

    def age_blobs(self) -> None:
        for path in (self.workspace.folder / "store" / "blobs").glob("*/*"):
            os.utime(path, (OLD.timestamp(), OLD.timestamp()))

    def listing(self) -> list[str]:
        return sorted(str(path) for path in self.workspace.folder.rglob("*") if not path.name.endswith("-shm"))
