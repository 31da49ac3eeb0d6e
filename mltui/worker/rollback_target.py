"""Finds where a rollback leads: the first of its targets that is proven. No traffic moves here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name, version_name
from mltui.errors import Conflict, MltuiError, Refused
from mltui.registry import deployments
from mltui.worker import packaging, servers, traffic
from mltui.worker.faults import is_passing
from mltui.worker.place import Place

PATIENCE_SECONDS = 2.5
"""How long a server that is not ready is waited for before the next target's is started beside it: four times what a
healthy one takes. One that is only slow is still taken when it comes up before the others."""
TICK_SECONDS = 0.05

Prove = Callable[[Deployment], object]
"""Raises what speaks against a target."""


@dataclass(slots=True)
class Search:
    place: Place
    reasons: dict[int, str] = field(default_factory=dict)
    """Id of a target that was passed over → a sentence with the reason."""
    late: list[Deployment] = field(default_factory=list)
    """Their servers were started, and are not ready yet."""
    dead: list[Deployment] = field(default_factory=list)
    """Their servers hang, or ended under our eyes."""

    def first_proven(self, targets: Sequence[Deployment]) -> Deployment:
        """Raises `Refused` when none is sound."""
        found = self._first_in_time(targets) or self._first_late() or self._first(self.dead, self._prove_afresh)
        if found is None:
            raise self._nothing()
        self.reasons.pop(found.id, None)
        return found

    def _first_in_time(self, targets: Sequence[Deployment]) -> Deployment | None:
        for target in targets:
            found = self._first(self._ready_by_now(), self._prove_late) or self._first([target], self._prove)
            if found is not None:
                return found
        return None

    def _first_late(self) -> Deployment | None:
        deadline = time.monotonic() + servers.READY_SECONDS
        while self.late and time.monotonic() < deadline:
            found = self._first(self._ready_by_now(), self._prove_late)
            if found is not None:
                return found
            time.sleep(TICK_SECONDS)
        return None

    def _ready_by_now(self) -> list[Deployment]:
        return [each for each in self.late if servers.is_ready(self.place.workspace, each)]

    def _first(self, targets: Iterable[Deployment], prove: Prove) -> Deployment | None:
        return next((each for each in tuple(targets) if self._is_proven(each, prove)), None)

    def _is_proven(self, target: Deployment, prove: Prove) -> bool:
        try:
            prove(target)
        except MltuiError as error:
            if is_passing(error):
                raise
            self._pass_over(target, error)
            return False
        return True

    def _pass_over(self, target: Deployment, error: MltuiError) -> None:
        name = f"{version_name(target.version_id)} ({deployment_name(target.id)})"
        self.reasons[target.id] = f"{name}: {error.message}"
        self.late = [each for each in self.late if each != target] + [target] * (error.code == servers.LATE)
        self.dead += [target] * (error.code in (servers.HANGS, servers.ENDED))

    def _prove(self, target: Deployment) -> None:
        servers.refuse_hanging(self.place.workspace, target)
        traffic.prove(self.place, verify(self.place, target), patience_seconds=PATIENCE_SECONDS)

    def _prove_late(self, target: Deployment) -> None:
        traffic.prove(self.place, self._as_known(target))

    def _prove_afresh(self, target: Deployment) -> None:
        servers.start_afresh(self.place.workspace, verify(self.place, target))
        traffic.prove(self.place, self._as_known(target))

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
