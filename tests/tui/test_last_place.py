"""Coming back: where one was, unless something asks for the person."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.gates import as_person, at_gate, write_policy
from registry.registry_values import add_run

from mltui.operations.standing.overview import overview
from mltui.tui.app import Console
from mltui.tui.last_place import OVERVIEW, keep_place, last_place, place_to_begin
from mltui.workspace import Workspace, states_folder
from tui.pilots import SMALL, press, settle


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def test_the_place_is_kept_as_one_goes_and_found_by_the_next_start(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        add_run(tx)
    console = Console(workspace, directory=Path.cwd(), keep=lambda *place: keep_place(workspace, *place))
    async with console.run_test(size=SMALL) as pilot:
        await settle(pilot)
        assert last_place(workspace) == OVERVIEW
        await press(pilot, "2", "enter")
        assert last_place(workspace) == ("run", "1")
        await press(pilot, "escape")
        assert last_place(workspace) == ("runs", "")
    assert place_to_begin(overview(workspace), last_place(workspace)) == ("runs", "")


def test_a_decision_that_waits_for_the_person_comes_first(workspace: Workspace) -> None:
    write_policy(workspace)
    at_gate(workspace)
    before = ("run", "1")
    assert place_to_begin(overview(as_person(workspace, "bob")), before) == OVERVIEW
    assert place_to_begin(overview(as_person(workspace, "mallory")), before) == before


@pytest.mark.parametrize("text", ["", "5", '["runs"]', "\x00"])
def test_a_file_that_tells_nothing_leads_to_the_overview(workspace: Workspace, text: str) -> None:
    keep_place(workspace, "runs", "")
    (path,) = (states_folder().parent / "mltui-console").iterdir()
    path.write_text(text)
    assert last_place(workspace) == OVERVIEW
