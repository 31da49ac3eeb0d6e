"""The console in a real terminal, driven by keys alone."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from stories.loans import commit
from stories.shop import Shop, open_shop
from stories.soundness import assert_history, await_that, pids_of
from tui.terminal import ENTER, ESC, terminal

from mltui.domain.names import version_name
from mltui.operations.standing.which import which

pytestmark = pytest.mark.timeout(300)

ENGINES = ["process", pytest.param("docker", marks=pytest.mark.docker)]
NIGHT_SECONDS, NIGHT_KEYS = 15.0, 4


@pytest.mark.parametrize("engine", ENGINES)
def test_a_version_is_trained_looked_at_approved_rolled_back_and_put_back(tmp_path: Path, engine: str) -> None:
    with open_shop(tmp_path, engine=engine, versions=1) as shop:
        project = shop.mltui.project
        text = (project / "mltui.toml").read_text()
        (project / "mltui.toml").write_text(text.replace("slope = 4", "slope = 5"))
        commit(project, "Make it steeper")
        with terminal("--workspace", str(shop.workspace.folder), directory=project) as opened:
            opened.await_text("› Overview", "v1 in production")

            opened.press("t")
            opened.await_text("Make it steeper")
            opened.press(ENTER)
            opened.await_text("› Run 2", "✓ succeeded", "v2", seconds=120)

            opened.press("3")
            opened.await_text("› Versions", "v2", "v1")
            opened.press(ENTER)
            opened.await_text("› Version v2", "accuracy")
            opened.press("d")
            opened.await_text("› Compare", "better", "Make it steeper")

            opened.press("1")
            opened.await_text("r2  v2 to production", "waits for your decision", seconds=120)
            opened.press(ENTER)
            opened.await_text("› Release r2", "✓ passed")
            opened.press("a")
            opened.await_text("type v2 to approve it")
            for keys in (ENTER, "v2", ENTER):
                opened.press(keys)
                opened.await_answer()
            opened.await_text("✓ v2 in production", seconds=30)

            opened.press("1")
            for key, version in (("b", "v1"), ("u", "v2")):
                opened.press(key)
                opened.await_text("enter", version)
                opened.press(ENTER)
                opened.await_text("2 of 2")
                assert _live(shop) == version
                opened.press(ESC)
                opened.await_that(lambda text: "2 of 2" not in text, what="the end of the dialog")
                opened.await_text(f"✓ {version} in production")

            opened.press("q")
            assert opened.process.wait(10) == 0
        assert_history(shop.workspace)


def test_at_night_a_bad_version_is_gone_within_15_seconds_and_4_keys(tmp_path: Path) -> None:
    """From the prompt on: it says that production is ill, `b` proposes, Enter does it, the screen proves it."""
    with open_shop(tmp_path, engine="process", versions=2) as shop:
        shop.mltui("approve", "v2", "--follow")
        _make_ill(shop)
        began, keys = time.monotonic(), 0
        with terminal("--workspace", str(shop.workspace.folder), directory=shop.mltui.project) as opened:
            opened.await_text("✗ v2 in production ILL")
            for key, words in (("b", ("enter  roll back to v1",)), (ENTER, ("2 of 2",))):
                opened.press(key)
                keys += 1
                opened.await_text(*words, seconds=NIGHT_SECONDS)
            took = time.monotonic() - began
        assert _live(shop) == "v1"
        assert keys <= NIGHT_KEYS
        assert took <= NIGHT_SECONDS


def _live(shop: Shop) -> str:
    live = which(shop.workspace, "production").deployment
    return "nothing" if live is None else version_name(live.version_id)


def _make_ill(shop: Shop) -> None:
    live = which(shop.workspace, "production").deployment
    assert live is not None
    _, program = pids_of(shop.workspace, f"d{live.id}.1")
    os.kill(program, signal.SIGSTOP)
    await_that(lambda: which(shop.workspace, "production").environment.is_smoke_green is False, what="the smoke is red")
