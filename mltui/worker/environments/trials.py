"""Proves targets beside one another, each in a thread of its own, so that nobody waits for one that is late."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from threading import Thread

from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name
from mltui.errors import MltuiError, WorkFailed
from mltui.worker.environments import servers
from mltui.worker.faults import is_passing

PATIENCE_SECONDS = 2.5
"""How long a target has before a later one may be taken: four times what a healthy server needs. One that is only slow
is still taken when it is proven before the others."""
ALL_SECONDS = 4.0
"""From then on all targets are on their way, so that any number of bad ones is passed over in time."""
TICK_SECONDS = 0.01

Prove = Callable[[Deployment], Iterator[str]]
"""Yields what is not yet so, as `is not ready`, before it waits for that; raises what speaks against a target."""


class Trial:
    """Of one target; begins at once. Who no longer wants to know leaves it to itself."""

    def __init__(self, target: Deployment, prove: Prove, at_end: Callable[[], object]) -> None:
        self.target = target
        self.error: Exception | None = None
        self.began = time.monotonic()
        self._prove, self._at_end, self._awaited = prove, at_end, "does not answer"
        self._thread = Thread(target=self._run, name=f"proof of {deployment_name(target.id)}", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    @property
    def is_fit(self) -> bool:
        return self.is_over and self.error is None

    @property
    def is_early(self) -> bool:
        """Whether no later target may be taken yet."""
        return not self.is_over and time.monotonic() - self.began < PATIENCE_SECONDS

    @property
    def lateness(self) -> WorkFailed:
        """What speaks against it while it is not over."""
        seconds = time.monotonic() - self.began
        return WorkFailed(f"its server {self._awaited} after {seconds:.1f} s", code=servers.LATE)

    def _run(self) -> None:
        try:
            for awaited in self._prove(self.target):
                self._awaited = awaited
        except Exception as error:  # noqa: BLE001 - of a thread: whoever waits for it is told
            self.error = error
        finally:
            self._at_end()


@dataclass(slots=True)
class Trials:
    """Of targets in the order in which they are wanted."""

    targets: Sequence[Deployment]
    prove: Prove
    accept: Callable[[Deployment], object]
    """The last word on one that is proven; it raises, too, what speaks against it."""
    at_end: Callable[[], object]
    """Called by each thread before it ends."""
    _begun: list[Trial] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def first(self, *, seconds: float) -> Deployment | None:
        """The one that is taken. Raises what passes by itself, and faults of ours."""
        while time.monotonic() - self._began < seconds:
            self._begin()
            for trial in self._begun:
                if self._is_taken(trial):
                    return trial.target
                if trial.is_early:
                    break
            if self._are_through:
                break
            time.sleep(TICK_SECONDS)
        return None

    @property
    def passed_over(self) -> list[tuple[Deployment, MltuiError]]:
        """Those before the one that is taken, and what speaks against each."""
        before = takewhile(lambda each: not each.is_fit, self._begun)
        found = [(each.target, each.error if each.is_over else each.lateness) for each in before]
        return [(target, error) for target, error in found if isinstance(error, MltuiError)]

    @property
    def _are_through(self) -> bool:
        return len(self._begun) == len(self.targets) and all(each.is_over for each in self._begun)

    def _begin(self) -> None:
        while len(self._begun) < len(self.targets) and self._is_next_due():
            self._begun.append(Trial(self.targets[len(self._begun)], self.prove, self.at_end))

    def _is_next_due(self) -> bool:
        if all(each.error is not None for each in self._begun):
            return True
        is_second = len(self._begun) == 1
        return time.monotonic() - self._began >= (PATIENCE_SECONDS if is_second else ALL_SECONDS)

    def _is_taken(self, trial: Trial) -> bool:
        if not trial.is_fit:
            return _told(trial.error)
        try:
            self.accept(trial.target)
        except MltuiError as error:
            trial.error = error
            return _told(error)
        return True


def _told(error: Exception | None) -> bool:
    """That it is not taken, unless its reason is none of the target's own."""
    if error is not None and (not isinstance(error, MltuiError) or is_passing(error)):
        raise error
    return False
