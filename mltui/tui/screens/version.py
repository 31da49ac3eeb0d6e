"""Version: how good it is, for whom, what made it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical

from mltui.domain.deployment import Deployment
from mltui.domain.model_card import ModelCard
from mltui.domain.names import release_name, version_name
from mltui.domain.release import Stage
from mltui.domain.worst_first import most_telling
from mltui.errors import MltuiError
from mltui.operations.standing.overview import overview
from mltui.operations.standing.state import VersionDetail, release_state, version_state
from mltui.operations.versions.bias_trend import BiasHistory, bias_history
from mltui.operations.versions.compare import Comparison, compare
from mltui.operations.versions.data_bias import try_data_bias
from mltui.operations.versions.model_card import try_card
from mltui.operations.versions.pictures import HeldOutPictures, has_pictures, held_out_pictures
from mltui.tui.colours import has_many_colours
from mltui.tui.messages import Show
from mltui.tui.presentation import version as told
from mltui.tui.presentation.bias_trend import bias_trend_lines
from mltui.tui.presentation.data_bias import data_bias_lines
from mltui.tui.presentation.evidence import card_lines, profile_lines, smoke_lines
from mltui.tui.presentation.heat_map import confusion
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.pictures import held_out_lines
from mltui.tui.presentation.refusal import threshold_refusal
from mltui.tui.screens.parts import PartsScreen
from mltui.tui.widgets.panel import Pages, Panel
from mltui.workspace import Workspace

MOST_VERSIONS = 12
"""Over which the group that is worst off is drawn."""
LEFT = (
    ("metrics", "metrics"),
    ("groups", "bias"),
    ("trend", "worst off"),
    ("data", "groups in the data"),
    ("confusion", "confusion matrix"),
    ("pictures", "held-out pictures, as the server sees them"),
    ("curve", "learning curve"),
)
RIGHT = (
    ("lineage", "lineage"),
    ("smoke", "smoke cases"),
    ("profile", "profile"),
    ("card", "model card"),
    ("notes", "notes"),
    ("releases", "releases"),
)


@dataclass(frozen=True, slots=True)
class VersionPage:
    at: datetime
    detail: VersionDetail
    live_in: tuple[str, ...]
    against: Comparison | None
    """With production's version."""
    against_problem: str
    """Why there is no comparison."""
    stages: tuple[Stage, ...]
    """Of its newest release."""
    held_out: HeldOutPictures | None
    """None where rows are not pictures."""
    card: ModelCard
    history: BiasHistory
    """Of the versions up to this one."""


class VersionScreen(PartsScreen[VersionPage]):
    screen_name = "version"
    BINDINGS = [
        Binding("enter", "open_release", "Open release"),
        Binding("r", "open_run", "Open run"),
        Binding("left_square_bracket", "turn_attribute(-1)", "Attribute before", key_display="[", show=False),
        Binding("right_square_bracket", "turn_attribute(1)", "Attribute", key_display="]"),
        Binding("m", "turn_metric", "Metric"),
        Binding("l", "turn_curve", "Loss/accuracy"),
    ]

    FIELDS = {
        "metrics": ("metrics", "intervals"),
        "groups": ("groups",),
        "confusion": ("classes", "confusion"),
        "curve": ("learning_curve",),
        "lineage": ("parameters", "rows", "data_report", "images", "environment"),
    }

    _group: tuple[str, str] | None = None
    """Attribute and metric of the breakdown."""
    _is_accuracy = False
    _held_out: HeldOutPictures | None = None
    """A version never changes, so they are read once."""

    def compose_body(self) -> ComposeResult:
        with Pages():
            yield Panel(id="head")
            with Container(classes="columns"):
                for parts in (LEFT, RIGHT):
                    with Vertical():
                        for name, title in parts:
                            yield Panel(title, id=name)

    def refusal_of(self, act: str) -> str:
        known = self.found.detail.version if act == "thresholds" and self.found is not None else None
        return (threshold_refusal(known) if known is not None else "") or super().refusal_of(act)

    @property
    def command(self) -> str:
        return f"version show {self.subject}"

    def read(self, workspace: Workspace) -> VersionPage:
        detail = version_state(workspace, self.subject)
        places = overview(workspace).environments
        id, goal = detail.version.id, places[0].name if places else "production"
        if self._held_out is None and has_pictures(detail.version):
            self._held_out = held_out_pictures(workspace, detail.version)
        against, problem = _against(workspace, id, next((each.live for each in places if each.live), None))
        return VersionPage(
            at=workspace.now(),
            detail=detail,
            live_in=tuple(each.name for each in places if each.live is not None and each.live.version_id == id),
            against=against,
            against_problem=problem,
            stages=_stages(workspace, detail),
            held_out=self._held_out,
            card=try_card(workspace, detail.version)[0],
            history=bias_history(workspace, environment=goal, until=id, limit=MOST_VERSIONS),
        )

    def problem_of(self, found: VersionPage) -> str:
        return found.detail.damage.message if found.detail.damage is not None else ""

    def paint(self, found: VersionPage) -> None:
        self.add_class("-read")
        self._lost = set(found.detail.lost)
        detail, version, now = found.detail, found.detail.version, found.at
        if self._group is None:
            telling = most_telling(version.groups)
            self._group = None if telling is None else (telling.attribute, telling.metric)
        self.show_part("head", lambda width: told.head_lines(detail, found.live_in, now=now, width=width))
        self.show_part(
            "metrics", lambda width: told.metric_lines(version, found.against, found.against_problem, width=width)
        )
        self.show_part("confusion", lambda width: confusion(version.classes, version.confusion, width=width))
        self.show_part("lineage", lambda width: told.lineage_lines(detail, width=width))
        self.show_part("smoke", lambda width: smoke_lines(found.stages, width=width))
        self.show_part("profile", lambda width: profile_lines(found.stages, width=width))
        self.show_part("card", lambda width: card_lines(found.card, width=width))
        self.show_part("notes", lambda width: told.note_lines(detail.notes, now=now, width=width))
        self.show_part("releases", lambda width: told.release_lines(detail.releases, now=now, width=width))
        self._paint_pictures(found.held_out)
        self._paint_groups(found)
        self._paint_curve(found)

    def _paint_pictures(self, held_out: HeldOutPictures | None) -> None:
        self.query_one("#pictures").display = held_out is not None
        if held_out is not None:
            has_colours = has_many_colours(self.app)
            self.show_part("pictures", lambda width: held_out_lines(held_out, has_colours=has_colours, width=width))

    def _paint_groups(self, found: VersionPage) -> None:
        version, shown = found.detail.version, self._group
        title = told.groups_title(version.groups, shown)
        self.show_part("groups", lambda width: told.group_lines(version, shown, width=width), title=title)
        points = () if shown is None else found.history.trend(*shown)
        self.query_one("#trend").display = len(points) > 1
        worst_off = "worst off" if shown is None else f"worst off by {literal(shown[0])}, {literal(shown[1])}"
        self.show_part(
            "trend", lambda width: bias_trend_lines(points, current=version.id, width=width), title=worst_off
        )
        (data, problem), attribute = try_data_bias(version), None if shown is None else shown[0]
        self.query_one("#data").display = bool(data.groups or problem)
        self.show_part("data", lambda width: data_bias_lines(data, attribute, problem=problem, width=width))

    def _paint_curve(self, found: VersionPage) -> None:
        version, is_accuracy = found.detail.version, self._is_accuracy
        title = f"learning curve: {'accuracy' if is_accuracy else 'loss'}"
        self.show_part(
            "curve", lambda width: told.curve_lines(version, is_accuracy=is_accuracy, width=width), title=title
        )

    def subject_of(self, kind: str) -> str | None:
        releases = self.found.detail.releases if self.found is not None else ()
        if kind == "release":
            return release_name(releases[0].id) if releases and not releases[0].state.is_over else None
        return super().subject_of(kind)

    def action_turn_attribute(self, by: int) -> None:
        if self.found is not None and self._group is not None:
            groups = self.found.detail.version.groups
            attributes = told.attributes_of(groups)
            attribute = attributes[(attributes.index(self._group[0]) + by) % len(attributes)]
            metrics = told.metrics_of(groups, attribute)
            self._group = (attribute, self._group[1] if self._group[1] in metrics else metrics[0])
            self._paint_groups(self.found)

    def action_turn_metric(self) -> None:
        if self.found is not None and self._group is not None:
            metrics = told.metrics_of(self.found.detail.version.groups, self._group[0])
            self._group = (self._group[0], metrics[(metrics.index(self._group[1]) + 1) % len(metrics)])
            self._paint_groups(self.found)

    def action_turn_curve(self) -> None:
        self._is_accuracy = not self._is_accuracy
        if self.found is not None:
            self._paint_curve(self.found)

    def action_open_release(self) -> None:
        """The newest."""
        if self.found is not None and self.found.detail.releases:
            self.post_message(Show("release", release_name(self.found.detail.releases[0].id)))

    def action_open_run(self) -> None:
        if self.found is not None:
            self.post_message(Show("run", str(self.found.detail.version.run_id)))


def _against(workspace: Workspace, id: int, live: Deployment | None) -> tuple[Comparison | None, str]:
    if live is None:
        return None, "nothing is in production to compare it with"
    if live.version_id == id:
        return None, "this is what answers in production"
    try:
        return compare(workspace, id, live.version_id), ""
    except MltuiError as error:
        return None, f"not compared with {version_name(live.version_id)}: {literal(error.message)}"


def _stages(workspace: Workspace, detail: VersionDetail) -> tuple[Stage, ...]:
    return release_state(workspace, release_name(detail.releases[0].id)).stages if detail.releases else ()
