"""How the traffic goes over to a new version: all at once, or in steps with a pause and a comparison after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

ALL_AT_ONCE = (100,)

StepState = Literal["running", "extended", "held"]
"""extended: its pause is run through once more, for want of requests; held: it waits for a person."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """As it stood in the policy when the release began with it."""

    steps: tuple[int, ...] = ALL_AT_ONCE
    """Percent of the requests that the new version gets; the last one is 100."""
    step_seconds: float = 300
    least_requests: int = 50
    """Answered by the new version, before two versions are compared."""

    @property
    def is_in_steps(self) -> bool:
        return len(self.steps) > 1

    @property
    def shared(self) -> tuple[int, ...]:
        """The steps in which both versions answer."""
        return self.steps[:-1]


@dataclass(frozen=True, slots=True)
class StepProgress:
    """Where a release stands in its steps, for everybody to see."""

    step: int
    """From 1 on; the number of steps while the bake compares."""
    steps: tuple[int, ...]
    began_at: datetime
    seconds: float
    """How long the step takes, its extension included."""
    state: StepState
    requests: int
    least_requests: int
    sentence: str = ""
    """What the last comparison said; empty before the first."""

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> StepProgress:
        began = datetime.fromisoformat(found["began_at"])
        return cls(**{**found, "steps": tuple(found["steps"]), "began_at": began})

    @property
    def percent(self) -> int:
        return self.steps[self.step - 1]

    @property
    def words(self) -> str:
        """`step 2 of 4, 25 %: 31 of 50 requests`; a step that is held says that a person is waited for."""
        at = f"step {self.step} of {len(self.steps)}, {self.percent} %"
        so_far = self.sentence if self.state == "held" and self.sentence else self._counted
        waits = "waits for a person: " if self.state == "held" else ""
        return f"{at}: {waits}{so_far}{' (extended)' if self.state == 'extended' else ''}"

    @property
    def _counted(self) -> str:
        if self.requests < self.least_requests:
            return f"{self.requests} of {self.least_requests} requests"
        return f"{self.requests} requests"


def step_problem(steps: tuple[int, ...]) -> str:
    """What is wrong with the steps of a policy; empty where nothing is."""
    if not steps or steps[-1] != 100:
        return "the last step is 100"
    if any(not 1 <= step <= 100 for step in steps):
        return "each step is a whole number from 1 to 100"
    if any(later <= earlier for earlier, later in pairwise(steps)):
        return "each step is larger than the one before"
    return ""
