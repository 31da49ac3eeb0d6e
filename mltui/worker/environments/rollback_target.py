"""Finds where a rollback leads: the first of its targets that is proven. No traffic moves here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name, version_name
from mltui.errors import Conflict, MltuiError, Refused
from mltui.registry import deployments
from mltui.worker.environments import gateways, packaging, servers, traffic
from mltui.worker.environments.place import Place
from mltui.worker.environments.trials import PATIENCE_SECONDS, Prove, Trials


@dataclass(slots=True)
class Search:
    place: Place
    reasons: dict[int, str] = field(default_factory=dict)
    """Id of a target that was passed over → a sentence with the reason."""
    dead: list[Deployment] = field(default_factory=list)
    """Their servers hang, or ended under our eyes."""

    def first_proven(self, targets: Sequence[Deployment]) -> Deployment:
        """Raises `Refused` when none is sound."""
        found = self._first(targets, self._proof) or self._first(tuple(self.dead), self._proof_afresh)
        if found is None:
            raise self._nothing()
        self.reasons.pop(found.id, None)
        return found

    def is_proven_soon(self, target: Deployment) -> bool:
        return self._first([target], self._proof, seconds=PATIENCE_SECONDS) is not None

    def _first(
        self, targets: Sequence[Deployment], prove: Prove, *, seconds: float = servers.READY_SECONDS
    ) -> Deployment | None:
        trials = Trials(targets, prove, self._introduce, self.place.workspace.registry.release)
        found = trials.first(seconds=seconds)
        for target, error in trials.passed_over:
            self._pass_over(target, error)
        return found

    def _pass_over(self, target: Deployment, error: MltuiError) -> None:
        name = f"{version_name(target.version_id)} ({deployment_name(target.id)})"
        self.reasons[target.id] = f"{name}: {error.message}"
        self.dead += [target] * (error.code in (servers.HANGS, servers.ENDED))

    def _proof(self, target: Deployment) -> Iterator[str]:
        servers.refuse_hanging(self.place.workspace, target)
        yield "is not ready"
        servers.ensure_servers(self.place.workspace, verify(self.place, target))
        yield from self._answers(target)

    def _proof_afresh(self, target: Deployment) -> Iterator[str]:
        yield "is not ready"
        servers.start_afresh(self.place.workspace, verify(self.place, target))
        yield from self._answers(target)

    def _answers(self, target: Deployment) -> Iterator[str]:
        yield "has not answered its smoke cases"
        traffic.require_green(self.place, self._as_known(target))

    def _introduce(self, target: Deployment) -> None:
        gateways.introduce(self.place.workspace, self.place.gateway(), self._as_known(target))

    def _as_known(self, target: Deployment) -> Deployment:
        """As it is since it was verified."""
        return deployments.find(self.place.workspace.registry.read(), target.id) or target

    def _nothing(self) -> Refused:
        name, reasons = self.place.name, "; ".join(self.reasons.values())
        return Refused(
            f"there is nothing to go back to in {name}" + (f": {reasons}" if reasons else ""),
            hint=f"mltui env show {name} lists what was there, mltui env stop {name} ends the answers",
            code="no_target",
        )


def verify(place: Place, target: Deployment) -> Deployment:
    """The target, whose files are what their hashes say, with its image or servers that run; as many as policy wants.

    Else the image is built again and has to be of the same package; its id is another one then.
    """
    workspace = place.workspace
    if target.replicas < place.rules.replicas:
        with workspace.registry.write() as tx:
            target = deployments.update(tx, target.id, replicas=place.rules.replicas)
    version = traffic.version_of(workspace, target)
    workspace.store.verify(version.model)
    workspace.store.verify(version.smoke)
    if workspace.engine(target.engine).has_image(target.image_id) or servers.is_running(workspace, target):
        return target
    package = packaging.build(workspace, version, engine_name=target.engine)
    if package.digest != target.package:
        raise Conflict(
            f"the image of {version_name(version.id)} is gone, and what would be built is another package",
            hint="take another version",
        )
    with workspace.registry.write() as tx:
        return deployments.update(tx, target.id, image_id=package.image_id)
