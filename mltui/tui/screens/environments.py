"""Environments: what answers where and how it does, and below the history of the one under the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.text import Text
from textual import on
from textual.app import ComposeResult

from mltui.domain.deployment import Deployment
from mltui.domain.names import deployment_name, release_name, version_name
from mltui.domain.rollback import standing
from mltui.operations.standing.environment_health import EnvironmentHealth
from mltui.operations.standing.overview import RunningRelease, overview
from mltui.operations.standing.which import environment_state
from mltui.tui.messages import Show
from mltui.tui.presentation.environments import (
    ENVIRONMENT_FLEXIBLE,
    HISTORY_FLEXIBLE,
    HISTORY_HEAD,
    environment_cells,
    environment_head,
    history_cells,
    place_lines,
)
from mltui.tui.presentation.literal import literal
from mltui.tui.screens.base import ConsoleScreen
from mltui.tui.widgets.panel import Panel
from mltui.tui.widgets.rows import Listing, Row, Rows
from mltui.workspace import Workspace

_MOST_PLACES = 6


@dataclass(frozen=True, slots=True)
class Environments:
    at: datetime
    places: tuple[EnvironmentHealth, ...]
    chosen: str
    """Whose history this is; empty where there is no environment."""
    history: tuple[Deployment, ...]
    """The newest first."""
    problem: str
    """Why the policy cannot be read."""
    goal: str
    """Where releases lead."""
    why_not: str
    """Why the person may not decide on what comes there; empty where they may."""
    moving: RunningRelease | None
    """Whose traffic goes over in steps to the chosen one."""


class EnvironmentsScreen(ConsoleScreen[Environments]):
    screen_name = "environments"
    AUTO_FOCUS = "#places"

    _chosen = ""

    def compose_body(self) -> ComposeResult:
        yield Rows(empty="no environment: the policy names none", id="places")
        yield Panel("environment", id="place")
        yield Rows(empty="nothing was ever released here", id="history")

    @property
    def command(self) -> str:
        return f"env show {self._chosen}" if self._chosen else "env list"

    def read(self, workspace: Workspace) -> Environments:
        found = overview(workspace)
        names = [place.name for place in found.environments]
        chosen = self._chosen if self._chosen in names else next(iter(names), "")
        known = {place.name for place in found.environments if place.last is not None}
        history = environment_state(workspace, chosen).history if chosen in known else ()
        goal = found.roles[-1] if found.roles else None
        return Environments(
            found.at,
            found.environments,
            chosen,
            history,
            found.policy_problem,
            goal="" if goal is None else goal.environment,
            why_not="" if goal is None else goal.why_not,
            moving=next((each for each in found.releasing if _is_moving(each, chosen)), None),
        )

    def problem_of(self, found: Environments) -> str:
        return f"the policy cannot be read: {found.problem}" if found.problem else ""

    def paint(self, found: Environments) -> None:
        width = self.size.width
        places = [Row(place.name, environment_cells(place, found.at, width=width)) for place in found.places]
        rows = self.query_one("#places", Rows)
        rows.styles.height = min(max(len(places), 1), _MOST_PLACES) + 1
        rows.show(
            Listing(
                environment_head(width),
                len(places),
                lambda offset, limit: places[offset : offset + limit],
                align="<<<>>",
                flexible=ENVIRONMENT_FLEXIBLE,
            )
        )
        self._chosen = found.chosen
        self._paint_history(found)
        self._paint_place(found)

    def _paint_place(self, found: Environments) -> None:
        panel = self.query_one("#place", Panel)
        panel.border_title = Text(literal(found.chosen) or "environment")
        place = next((each for each in found.places if each.name == found.chosen), None)
        chosen, why_not = self._deployment, found.why_not if found.goal == found.chosen else ""
        panel.show(
            lambda width: (
                ()
                if place is None
                else place_lines(place, found.at, chosen=chosen, why_not=why_not, moving=found.moving, width=width)
            )
        )

    def _paint_history(self, found: Environments) -> None:
        history, now, standings = found.history, found.at, standing(found.history)
        width = self.size.width

        def page(offset: int, limit: int) -> list[Row]:
            return [
                Row(deployment_name(each.id), history_cells(each, standings[each.id], now, width=width))
                for each in history[offset : offset + limit]
            ]

        self.query_one("#history", Rows).show(
            Listing(HISTORY_HEAD, len(history), page, align="<<<<>>", flexible=HISTORY_FLEXIBLE)
        )

    def subject_of(self, kind: str) -> str | None:
        if kind == "environment":
            return self.query_one("#places", Rows).current
        if kind == "release":
            moving = None if self.found is None else self.found.moving
            return None if moving is None else release_name(moving.release.id)
        deployment = self._deployment
        if kind == "version" and deployment is not None and self.query_one("#history", Rows).has_focus:
            return version_name(deployment.version_id)
        return None

    @property
    def _deployment(self) -> Deployment | None:
        """Under the cursor of the history."""
        name = self.query_one("#history", Rows).current
        history = () if self.found is None else self.found.history
        return next((each for each in history if deployment_name(each.id) == name), None)

    @on(Rows.Moved, "#places")
    def _choose(self) -> None:
        current = self.query_one("#places", Rows).current
        if current is not None and current != self._chosen:
            self._chosen = current
            self.reread()
        self.refresh_bindings()

    @on(Rows.Opened, "#places")
    def _open_version(self, event: Rows.Opened) -> None:
        places = () if self.found is None else self.found.places
        last = next((each.last for each in places if each.name == event.key), None)
        if last is not None:
            self.post_message(Show("version", version_name(last.version_id)))

    @on(Rows.Opened, "#history")
    def _open_deployed(self) -> None:
        if self._deployment is not None:
            self.post_message(Show("version", version_name(self._deployment.version_id)))

    @on(Rows.Moved, "#history")
    def _moved(self) -> None:
        if self.found is not None:
            self._paint_place(self.found)
        self.refresh_bindings()


def _is_moving(release: RunningRelease, environment: str) -> bool:
    return release.release.environment == environment and release.progress is not None
