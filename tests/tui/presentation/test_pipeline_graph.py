from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mltui.domain.release import STAGES
from mltui.domain.run import WorkState
from mltui.tui.presentation.pipeline_graph import GraphStep, pipeline_graph
from tui.presentation.foreign import FIGURES, NASTY, UNHURRIED, assert_harmless, plain

STEPS = (
    GraphStep("prepare", WorkState.SUCCEEDED, 2, 3),
    GraphStep("train", WorkState.RUNNING, 12, 30),
    GraphStep("evaluate", WorkState.QUEUED, None, 4),
    GraphStep("register", WorkState.QUEUED),
)


def test_a_pipeline_that_fits_is_one_line() -> None:
    assert plain(pipeline_graph(STEPS, width=80)) == [
        "✓ prepare 2 s ─ … train 12 s of ~30 s ─ · evaluate ~4 s ─ · register"
    ]


def test_one_that_does_not_fit_has_a_line_for_each_step() -> None:
    assert plain(pipeline_graph(STEPS, width=40)) == [
        "✓ prepare   succeeded  2 s",
        "… train     running    12 s of ~30 s",
        "· evaluate  queued     ~4 s",
        "· register  queued",
    ]


def test_all_stages_of_a_release_are_told_at_80_columns() -> None:
    lines = plain(pipeline_graph([GraphStep(name, WorkState.SUCCEEDED, 2.5) for name in STAGES], width=80))
    assert len(lines) == len(STAGES)
    assert lines[7] == "✓ production smoke  succeeded  2.5 s"


def test_no_steps_are_told() -> None:
    assert plain(pipeline_graph((), width=80)) == ["· no steps"]


@UNHURRIED
@given(
    st.lists(
        st.builds(GraphStep, NASTY, st.sampled_from(WorkState), st.none() | FIGURES, st.none() | FIGURES), max_size=9
    ),
    st.integers(10, 130),
)
def test_no_graph_is_wider_than_the_screen(steps: list[GraphStep], width: int) -> None:
    assert_harmless(pipeline_graph(steps, width=width), width)
