"""What speaks against a new version while it is watched: judged with each look, and not only when its time is over.

Together with the comparisons at the end of its steps and of its bake, a version that is as good as the old one is
called worse in one of twenty releases at most, however many looks that has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mltui.domain.breach import LEAST_OLD, SAME_TIME, failing, is_p95_beyond, late
from mltui.domain.evidence import Evidence
from mltui.domain.traffic_window import TrafficWindow

FAILURES_ALPHA = 0.008
LATENESS_ALPHA = 0.004
"""Each for all looks at all steps of one release."""
USUAL_STEPS = 3
"""Of more steps in which both answer each has a smaller part of the alphas."""
GROWTH = 1.5
"""From one look at a bake to the next, in requests."""
PART_OF_END = 0.5
"""What the comparison at the end of the bake may spend; the looks before it share the rest."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """While both versions answer: of one step, from its begin on."""

    failures: Evidence = field(default_factory=Evidence)
    lateness: Evidence = field(default_factory=Evidence)

    def after(self, new: TrafficWindow, old: TrafficWindow, *, usual: TrafficWindow) -> Suspicion:
        """With what came since the look before; `usual` is what the old version had answered until then in this step.

        An answer is late when it took longer than the 95th percentile of that; the new version's have the slack.
        """
        failures = self.failures.after(new.failures, new.requests, old.failures, old.requests)
        bound = usual.p95_ms()
        if bound is None or usual.timed < LEAST_OLD:
            return Suspicion(failures, self.lateness)
        new_late, old_late = new.above(SAME_TIME.beyond(bound)), old.above(bound)
        return Suspicion(failures, self.lateness.after(new_late, new.timed, old_late, old.timed))

    def reason(self, new: TrafficWindow, old: TrafficWindow, *, steps: int) -> str:
        """Why the version is worse, from all that came since the step's begin; empty while that is not sure."""
        if self.failures.is_against(FAILURES_ALPHA / steps):
            return failing(new, old)
        if self.lateness.is_against(LATENESS_ALPHA / steps) and is_p95_beyond(new, old, SAME_TIME):
            return late(new, old)
        return ""


def part_of_step(steps: int) -> float:
    """What the comparison at the end of each of so many steps may spend."""
    return min(1.0, USUAL_STEPS / steps)


def look_of(requests: int, least_requests: int) -> int:
    """Which look at a bake it is that sees so many requests of the new version; negative before the first."""
    if requests < max(1, least_requests):
        return -1
    return int(math.log(requests / max(1, least_requests)) / math.log(GROWTH))


def part_of_look(look: int) -> float:
    """What each of them may spend, from 0 on: 1/6, 1/12, 1/20 …, all together less than what the end leaves."""
    return 1 / ((look + 2) * (look + 3))
