"""The bake: a new version is watched for as long as policy says, and compared with the one that it replaced."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from mltui.config.reading import typed
from mltui.domain.breach import ANOTHER_TIME, LEAST_OLD, Comparison, compare_windows
from mltui.domain.checks import Verdict
from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name
from mltui.domain.release import ReleaseState
from mltui.domain.rollout import StepProgress, StepState
from mltui.domain.suspicion import PART_OF_END, look_of, part_of_look
from mltui.domain.traffic_window import TrafficWindow
from mltui.errors import Unreachable
from mltui.registry import deployments
from mltui.worker.environments import measuring, traffic
from mltui.worker.environments.measuring import Measurement
from mltui.worker.releases import asking, deciding, stages_after, stepping
from mltui.worker.releases.release_work import ReleaseEnded, ReleaseWork

TICK_SECONDS = 2.0
STAGE = "bake"
ASKED = "asked"
"""In what the bake found: smoke cases since the switch, which are no callers' requests."""


def bake(work: ReleaseWork) -> Mapping[str, Any]:
    """Smokes production for as long as policy says; the deployment is good from then on.

    Then its callers' answers are compared with those that the old version's got before the switch, over a time of the
    same length as far as that was counted; a version that is significantly worse is taken back. Too few requests make
    no difference, unless the traffic came in steps: then the bake takes as long again, and then a person is asked.
    """
    stages_after.take_up(work)
    return _Bake(work, stages_after.own_deployment(work)).carry()


Windows = tuple[TrafficWindow, TrafficWindow]


class _Bake:
    def __init__(self, work: ReleaseWork, mine: Deployment) -> None:
        self._work, self._mine = work, mine
        self._plan = stepping.plan_of(work)
        self._seconds, self._smokes = work.rules.bake_seconds, 0
        self._asked: int = work.found(STAGE).get(ASKED, work.found("production smoke").get("cases", 0))
        self._looks = 0
        self._switched = work.journal.found(deciding.switch_of(work.place)) or {}

    def carry(self) -> Mapping[str, Any]:
        comparison = self._judged("running", self._is_over_after(1))
        if self._may_wait(comparison):
            asking.say(self._work, "bake extended", "TrafficStepExtended", self._progress("extended", comparison))
            comparison = self._judged("extended", self._is_over_after(2))
        if self._may_wait(comparison):
            asking.say(self._work, "bake held", "TrafficStepHeld", self._progress("held", comparison))
            comparison = self._watched("held", self._is_answered)
        self._record()
        told = {} if comparison is None else {"comparison": msgspec.to_builtins(comparison)}
        return {**self._work.found(STAGE), "seconds": self._seconds, "smokes": self._smokes, **told}

    def _watched(self, state: StepState, is_over: Callable[[], bool]) -> Comparison | None:
        """None where there is nothing to compare with."""
        while True:
            self._look()
            windows = self._windows()
            self._suspect(windows)
            comparison = self._compared(windows, part=PART_OF_END)
            if self._plan.is_in_steps and comparison is not None:
                asking.show(self._work, STAGE, self._progress(state, comparison))
            if is_over():
                return comparison
            time.sleep(min(TICK_SECONDS, max(0.05, self._seconds / 4)))

    def _judged(self, state: StepState, is_over: Callable[[], bool]) -> Comparison | None:
        comparison = self._watched(state, is_over)
        self._take_back_what_failed(comparison)
        return comparison

    def _suspect(self, windows: Windows | None) -> None:
        """Each time that the new version has half as many requests more."""
        look = -1 if windows is None else look_of(windows[0].requests, self._least)
        if look >= self._looks:
            self._looks = look + 1
            self._take_back_what_failed(self._compared(windows, part=part_of_look(look)))

    def _take_back_what_failed(self, comparison: Comparison | None) -> None:
        if comparison is not None and comparison.verdict is Verdict.FAILED:
            stages_after.take_back(self._work, comparison.sentence)

    def _look(self) -> None:
        work, place = self._work, self._work.place
        work.journal.check_cancelled()
        if place.environment.deployment_id != self._mine.id:
            raise ReleaseEnded(
                ReleaseState.ROLLED_BACK, "ReleaseCancelled", "another deployment took its place during the bake"
            )
        report = traffic.smoke_twice(place, work.version)
        traffic.record_smoke(place, report, version_id=work.version.id, at=work.workspace.now())
        self._smokes, self._asked = self._smokes + 1, self._asked + len(report.answers)
        deciding.keep_found(work, STAGE, {**work.found(STAGE), ASKED: self._asked})
        if not report.is_green:
            stages_after.take_back(work, report.sentence)

    def _is_over_after(self, times: int) -> Callable[[], bool]:
        began = self._mine.live_from or self._work.workspace.now()
        end = began + timedelta(seconds=times * self._seconds)
        return lambda: self._work.workspace.now() >= end

    def _is_answered(self) -> bool:
        return asking.who_says_go_on(self._work, stage=STAGE, step=len(self._plan.steps)) is not None

    def _windows(self) -> Windows | None:
        """The new version's since the switch, and the old one's before it; None where they are not known."""
        if "measured" not in self._switched:
            return None
        try:
            now = measuring.measure(self._work.place, (self._mine,))
        except Unreachable:
            return None
        new = now.window_of(self._mine, since=Measurement.from_json(self._switched["measured"]))
        return replace(new, requests=max(0, new.requests - self._asked)), self._old

    def _compared(self, windows: Windows | None, *, part: float) -> Comparison | None:
        if windows is None:
            return None
        return compare_windows(*windows, least_requests=self._least, slack=ANOTHER_TIME, part=part)

    @property
    def _old(self) -> TrafficWindow:
        return typed(self._switched["old"], TrafficWindow)

    @property
    def _least(self) -> int:
        return self._work.rules.least_requests

    def _may_wait(self, comparison: Comparison | None) -> bool:
        """For requests that may come; the old version gets none any more."""
        if comparison is None or not self._plan.is_in_steps or self._old.requests < LEAST_OLD:
            return False
        return comparison.verdict is Verdict.INCONCLUSIVE

    def _progress(self, state: StepState, comparison: Comparison | None) -> StepProgress:
        return StepProgress(
            step=len(self._plan.steps),
            steps=self._plan.steps,
            began_at=self._mine.live_from or self._work.workspace.now(),
            seconds=self._seconds * (1 if state == "running" else 2),
            state=state,
            requests=0 if comparison is None else comparison.requests,
            least_requests=self._least,
            sentence="" if comparison is None else comparison.sentence,
        )

    def _record(self) -> None:
        work, place, mine = self._work, self._work.place, self._mine
        with work.workspace.registry.write() as tx:
            known = deployments.find(tx, mine.id)
            if known is not None and not known.is_baked:
                deployments.update(tx, mine.id, is_baked=True)
                said = {"environment": place.name, "version": work.version_name}
                work.journal.event(tx, "DeploymentBaked", place.name, deployment=deployment_name(mine.id), **said)
