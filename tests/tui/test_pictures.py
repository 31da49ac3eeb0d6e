"""Pictures on the screens of a release and of a version."""

from __future__ import annotations

import pytest
from operations.gates import at_gate, write_policy
from operations.test_answered_pictures import BLUE, RED, answer, png, version_of
from registry.registry_values import NOW, add_release

from mltui.domain.release import Stage
from mltui.domain.run import WorkState
from mltui.registry import stages
from mltui.workspace import Workspace
from tui.pilots import console, text_of
from tui.versions_at_hand import painted


@pytest.mark.parametrize(("term", "no_color", "is_drawn"), [("xterm-256color", None, True), ("xterm", None, False),
                                                            ("xterm-256color", "1", False)])  # fmt: skip
async def test_pictures_are_drawn_where_there_are_colours_and_told_in_words_where_not(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *, term: str, no_color: str | None, is_drawn: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    write_policy(workspace)
    at_gate(workspace)
    id = version_of(workspace, {"smoke/a.png": png(RED)}, [(png(BLUE), "taco", "burrito", 0.1)])
    with workspace.registry.write() as tx:
        release = add_release(tx, version_id=id)
        data = {"sentence": "0 of 1 right", "answers": [answer("smoke/a.png", is_right=False)]}
        stages.save(tx, Stage(release.id, "smoke", WorkState.SUCCEEDED, NOW, NOW, data=data))
    async with console(workspace, size=(80, 120), show=("release", f"r{release.id}")) as pilot:
        shown = text_of(pilot)
    assert ("▀" * 16 in shown, "smoke pictures" in shown) == (is_drawn, is_drawn)
    assert "smoke/a.png" in shown
    async with console(workspace, size=(80, 160), show=("version", f"v{id}")) as pilot:
        shown = await painted(pilot)
    assert "1 of 1 wrong; the most confident answers" in shown
    assert "photo-0.png" in shown
    assert ("▀" * 16 in shown) == is_drawn
