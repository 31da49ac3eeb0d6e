"""One step of a release's traffic: begun, watched for its time, compared, and extended or put before a person."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mltui.domain.breach import LEAST_OLD, SAME_TIME, Comparison, compare_windows
from mltui.domain.checks import Verdict
from mltui.domain.deployment import Deployment
from mltui.domain.release import ReleaseState
from mltui.domain.rollout import Rollout, StepProgress, StepState
from mltui.domain.suspicion import Suspicion, part_of_step
from mltui.domain.traffic_window import TrafficWindow
from mltui.registry import Connection
from mltui.worker.environments import measuring, sharing, traffic
from mltui.worker.environments.measuring import Measurement
from mltui.worker.releases import asking, holding
from mltui.worker.releases.release_work import ReleaseEnded, ReleaseWork

TICK_SECONDS = 1.0
SMOKE_SECONDS = 10.0
STAGE = "production"


class Breach(Exception):
    """The new version is worse than the old one, or fails its smoke cases."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TrafficStep:
    def __init__(self, work: ReleaseWork, mine: Deployment, old: Deployment, plan: Rollout, number: int) -> None:
        self._work, self._mine, self._old, self._plan, self._number = work, mine, old, plan, number
        self._percent = plan.steps[number - 1]
        self._name = f"step {number}"
        self._smoked = time.monotonic()
        self._suspicion = Suspicion()
        self._looked: Measurement | None = None

    def carry(self, permit: Callable[[], bool]) -> None:
        """To its end, which may be there already, and on while nothing further may begin.

        Raises `Breach`; `ReleaseEnded` when the traffic is another's.
        """
        if self._work.journal.found(f"step {self._number + 1} begun") is not None:
            return
        if self._work.journal.found(f"{self._name} begun") is None:
            permit()
        begun = Measurement.from_json(self._begin())
        if self._work.journal.found(f"{self._name} passed") is None:
            self._pass(begun)
        if self._is_held_up():
            self._watched(begun, "running", lambda _: not self._is_held_up())

    def _pass(self, begun: Measurement) -> None:
        comparison = self._judged(begun, "running", self._is_over_after(begun, 1))
        if comparison.verdict is Verdict.INCONCLUSIVE:
            progress = self._progress(begun, "extended", comparison)
            asking.say(self._work, f"{self._name} extended", "TrafficStepExtended", progress)
            comparison = self._judged(begun, "extended", self._is_over_after(begun, 2))
        if comparison.verdict is Verdict.INCONCLUSIVE:
            comparison = self._held(begun, comparison)
        asking.say(
            self._work, f"{self._name} passed", "TrafficStepPassed", self._progress(begun, "running", comparison)
        )

    def require_sharing(self) -> None:
        """Whoever moved the traffic meanwhile has ended the steps; raises `ReleaseEnded`, or that it is cancelled."""
        self._require_live(is_sharing=True)

    def _begin(self) -> Mapping[str, Any]:
        """The weights, then where the counts stand, then both on record."""
        place = self._work.place
        percents = {self._mine.id: self._percent, self._old.id: 100 - self._percent}

        def point() -> Mapping[str, Any]:
            self._require_live(is_sharing=self._number > 1)
            sharing.point(place, percents)
            self._work.journal.on_boundary(f"{self._name} pointed")
            return self._measured().as_json()

        def commit(tx: Connection, data: Mapping[str, Any]) -> None:
            sharing.commit(tx, place, percents)
            begun = Measurement.from_json(data)
            progress = self._progress(begun, "running", self._compared(begun, begun))
            asking.tell(tx, self._work, "TrafficStepStarted", progress)

        with self._work.workspace.traffic_lock(place.name):
            self._work.journal.check_cancelled()
            return self._work.journal.once(f"{self._name} begun", point, commit=commit)

    def _judged(self, begun: Measurement, state: StepState, is_over: Callable[[datetime], bool]) -> Comparison:
        comparison = self._watched(begun, state, is_over)
        if comparison.verdict is Verdict.FAILED:
            raise self._breach(comparison.sentence)
        return comparison

    def _watched(self, begun: Measurement, state: StepState, is_over: Callable[[datetime], bool]) -> Comparison:
        """Smokes the new version, shows the counts and suspects, until it is over; then how the two compare."""
        while True:
            self.require_sharing()
            now = self._measured()
            self._suspect(begun, now)
            comparison = self._compared(begun, now)
            asking.show(self._work, STAGE, self._progress(begun, state, comparison))
            if is_over(now.at):
                break
            self._smoke_when_due()
            time.sleep(min(TICK_SECONDS, max(0.05, self._plan.step_seconds / 4)))
        self._smoke()
        return comparison

    def _suspect(self, begun: Measurement, now: Measurement) -> None:
        """Since the last look, which for a worker that takes the step up was at its begin."""
        last, self._looked = self._looked or begun, now
        spans = (now.window_of(each, since=last) for each in (self._mine, self._old))
        self._suspicion = self._suspicion.after(*spans, usual=last.window_of(self._old, since=begun))
        new, old = self._windows(begun, now)
        reason = self._suspicion.reason(new, old, steps=len(self._plan.shared))
        if reason and new.requests >= self._plan.least_requests and old.requests >= LEAST_OLD:
            raise self._breach(reason)

    def _is_held_up(self) -> bool:
        return holding.is_held(self._work, self._work.goal)

    def _is_over_after(self, begun: Measurement, times: int) -> Callable[[datetime], bool]:
        end = begun.at + timedelta(seconds=times * self._plan.step_seconds)
        return lambda at: at >= end

    def _held(self, begun: Measurement, comparison: Comparison) -> Comparison:
        """What the person let pass, in words."""
        progress = self._progress(begun, "held", comparison)
        asking.say(self._work, f"{self._name} held", "TrafficStepHeld", progress)

        def answer() -> str | None:
            return asking.who_says_go_on(self._work, stage=STAGE, step=self._number)

        last = self._watched(begun, "held", lambda _: answer() is not None)
        return Comparison(last.verdict, f"{last.sentence}; {answer()} let it go on", last.requests, last.least_requests)

    def _measured(self) -> Measurement:
        return measuring.measure(self._work.place, (self._mine, self._old))

    def _compared(self, begun: Measurement, now: Measurement) -> Comparison:
        new, old = self._windows(begun, now)
        part, least = part_of_step(len(self._plan.shared)), self._plan.least_requests
        return compare_windows(new, old, least_requests=least, slack=SAME_TIME, part=part)

    def _windows(self, begun: Measurement, now: Measurement) -> tuple[TrafficWindow, TrafficWindow]:
        """The new version's and the old one's, of the whole step so far."""
        return now.window_of(self._mine, since=begun), now.window_of(self._old, since=begun)

    def _progress(self, begun: Measurement, state: StepState, comparison: Comparison) -> StepProgress:
        return StepProgress(
            step=self._number,
            steps=self._plan.steps,
            began_at=begun.at,
            seconds=self._plan.step_seconds * (1 if state == "running" else 2),
            state=state,
            requests=comparison.requests,
            least_requests=comparison.least_requests,
            sentence=comparison.sentence,
        )

    def _smoke_when_due(self) -> None:
        if time.monotonic() - self._smoked >= SMOKE_SECONDS:
            self._smoke()

    def _smoke(self) -> None:
        """Asks a second time before a failure counts, so that one slow moment moves nothing."""
        report = traffic.smoke_servers(self._work.place, self._mine)
        if not report.is_green:
            report = traffic.smoke_servers(self._work.place, self._mine)
        if not report.is_green:
            raise self._breach(report.sentence)
        self._smoked = time.monotonic()

    def _breach(self, reason: str) -> Breach:
        return Breach(f"with {self._percent} % of the traffic: {reason}")

    def _require_live(self, *, is_sharing: bool) -> None:
        environment = self._work.place.environment
        has_part = self._mine.id in environment.percents or not is_sharing
        self._work.journal.check_cancelled()
        if environment.deployment_id != self._old.id or not has_part:
            raise ReleaseEnded(ReleaseState.CANCELLED, "ReleaseCancelled", "somebody moved the traffic meanwhile")
