"""Before a rollback or its undo: what answers, where it leads with its proofs, what else there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mltui.domain.names import deployment_name, version_name
from mltui.errors import MltuiError
from mltui.operations.environments.rollback_plan import RollbackPlace, RollbackPlan, rollback_plan
from mltui.tui.desk import desk_of
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.roll_back import (
    PLACE_FLEXIBLE,
    PLACE_HEAD,
    choice_words,
    no_target_words,
    now_lines,
    place_cells,
    places_of,
    proof_lines,
    refusal,
)
from mltui.tui.presentation.wrapping import wrapped
from mltui.tui.widgets.box import Box, Keys
from mltui.tui.widgets.rows import Listing, Row, Rows

_MOST_ROWS, _ROOM_FOR_THE_REST = 6, 20
"""Lines of the screen; what does not fit scrolls."""


@dataclass(frozen=True, slots=True)
class RollBackChoice:
    to_version: int | None
    """None for the last known good."""
    reason: str
    leaving: int | None = None
    """Deployment that answered when the dialog looked."""


class RollBackDialog(ModalScreen[RollBackChoice | None]):
    BINDINGS = [
        Binding("enter", "go", "Roll back", priority=True),
        Binding("escape", "dismiss(None)", "Leave it"),
        Binding("S", "stop", "Stop"),
    ]
    AUTO_FOCUS = "Rows"

    def __init__(self, environment: str, *, is_undo: bool = False) -> None:
        super().__init__()
        self._environment = environment
        self._is_undo = is_undo
        self._places: dict[str, RollbackPlace] = {}
        self._plan: RollbackPlan | None = None
        self._warned: RollbackPlace | None = None

    def compose(self) -> ComposeResult:
        with Box("Undo the rollback" if self._is_undo else "Roll back", classes="wide danger"):
            yield Static(Text(f"… proving what {literal(self._environment)} can go back to", "cyan"), id="now")
            yield Rows()
            yield Static(id="refused", classes="bad")
            yield Static(id="proofs")
            yield Input(placeholder="why, for the record (not needed)", compact=True)
            yield Keys("esc  leave it")

    def on_mount(self) -> None:
        rows = self.query_one(Rows)
        rows.styles.height = 1
        rows.display = False
        self._prove()

    @work(exclusive=True, exit_on_error=False)
    async def _prove(self) -> None:
        desk = desk_of(self)
        try:
            plan = await desk.ask(lambda workspace: rollback_plan(workspace, self._environment))
        except MltuiError as error:
            hint = f"  →  {literal(error.hint)}" if error.hint else ""
            self.query_one("#now", Static).update(Text(f"✗ {literal(error.message)}{hint}", "red"))
            return
        self._show(plan, desk.workspace.now())

    def _show(self, plan: RollbackPlan, now: datetime) -> None:
        self._plan = plan
        found = ((plan.undo,) if plan.undo is not None else ()) if self._is_undo else places_of(plan)
        chosen = plan.undo if self._is_undo else plan.target
        self._places = {deployment_name(each.deployment.id): each for each in found}
        self.query_one("#now", Static).update(Text("\n").join(now_lines(plan, now=now, width=self._width)))
        rows = self.query_one(Rows)
        rows.display = self.query_one(Input).display = bool(found)
        most = max(min(_MOST_ROWS, self.app.size.height - _ROOM_FOR_THE_REST), 2)
        rows.styles.height = min(len(found), most) + 1
        shown = [Row(name, place_cells(each, is_target=each is chosen, now=now)) for name, each in self._places.items()]
        rows.show(Listing(PLACE_HEAD, len(shown), lambda at, limit: shown[at : at + limit], flexible=PLACE_FLEXIBLE))
        rows.focus()
        self._refuse(self._against(plan), symbol="!" if found else "✗")
        self._look()

    def _against(self, plan: RollbackPlan) -> str:
        if not self._is_undo:
            return no_target_words(plan)
        return "" if plan.undo is not None else f"no rollback of {self._environment} is there to undo"

    @property
    def _width(self) -> int:
        return max(self.query_one("#now", Static).content_size.width, 20)

    @property
    def _current(self) -> RollbackPlace | None:
        return self._places.get(self.query_one(Rows).current or "")

    @on(Rows.Moved)
    def _look(self) -> None:
        place = self._current
        if place is None:
            return
        self.query_one("#proofs", Static).update(Text("\n").join(proof_lines(place, width=self._width)))
        words = choice_words(place, is_undo=self._is_undo, is_warned=place is self._warned)
        others = "   ↑↓  other" if len(self._places) > 1 else ""
        self.query_one(Keys).update(f"{words}{others}   tab  reason   esc  leave")

    def action_go(self) -> None:
        place, plan = self._current, self._plan
        if plan is None:
            self._refuse("still proving; nothing was done")
        elif place is None:
            self._refuse(self._against(plan))
        elif not self._is_undo and refusal(place):
            self._refuse(refusal(place))
        elif not self._is_undo and not place.is_good and place is not self._warned:
            self._warned = place
            name = version_name(place.deployment.version_id)
            self._refuse(f"no rollback takes {name} by itself: {place.reason}; enter again does", symbol="!")
            self._look()
        else:
            is_default = self._is_undo or place is plan.target
            to_version = None if is_default else place.deployment.version_id
            leaving = plan.current.deployment.id if plan.current is not None else None
            self.dismiss(RollBackChoice(to_version, self.query_one(Input).value.strip(), leaving))

    async def action_stop(self) -> None:
        """Where nothing good is left, silence is what remains."""
        desk = desk_of(self)
        self.dismiss(None)
        desk.call_after_refresh(desk.run_act, "stop")

    def _refuse(self, sentence: str, *, symbol: str = "✗") -> None:
        words = wrapped(f"{symbol} {literal(sentence)}", width=self._width) if sentence else []
        self.query_one("#refused", Static).update(Text("\n").join(words))
