"""The figure under the cursor in sentences that fit, whatever its group is called."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from mltui.domain.version import GroupFigure
from mltui.tui.presentation.bias import BarTable
from mltui.tui.presentation.bias_detail import detail_lines, explained, next_step
from mltui.tui.presentation.bias_page import Switched
from mltui.tui.presentation.metric_groups import MetricGroups
from tui.presentation.foreign import assert_harmless, plain

BAD = GroupFigure({"lighting": "dark"}, "recall", 34, 0.66, 0.5571, 0.7629, 0.7765, 0.6167, 0.9363, "outside")
LONG = {"age of the applicant": "25–39 and married " * 4, "region": "the very north-west of all"}


@pytest.mark.parametrize("width", [40, 78, 158])
def test_a_long_name_is_shortened_in_its_middle_and_what_was_measured_stays(width: int) -> None:
    lines = plain(detail_lines(replace(BAD, slice=LONG), has_thresholds=True, width=width))
    assert len(lines) == 7
    assert all(cell_len(line) <= width for line in lines)
    if width >= 78:
        assert lines[0].startswith("✗ outside   25–")
        assert "all: recall 0.6600 (0.5571 to 0.7629) of 34 rows" in lines[0]
    long = replace(BAD, slice=LONG)
    assert "of all" in BarTable.over(MetricGroups.of({long.group: long}, 0.8), width=78).line(long).plain


def test_what_can_be_done_next_depends_on_the_verdict_and_on_what_can_be_moved() -> None:
    assert "T another threshold" in next_step(BAD, has_thresholds=True)
    assert "T another" not in next_step(BAD, has_thresholds=False)
    for metric in ("log_loss", "auc:yes", "calibration_error", "made up"):
        assert "T another" not in next_step(replace(BAD, metric=metric), has_thresholds=True)
    assert "who is worse off" in next_step(replace(BAD, difference=0.2), has_thresholds=True)
    assert "the data are so" in next_step(replace(BAD, metric="base_rate:yes"), has_thresholds=True)
    undecided = replace(BAD, verdict="undecided", needed=1200)
    assert "collect 1,166 more rows like these, 1,200 in all" in next_step(undecided, has_thresholds=True)
    assert "collect more rows" in next_step(replace(undecided, needed=None), has_thresholds=True)
    assert next_step(replace(BAD, verdict="within"), has_thresholds=True) == "nothing has to be done"


def test_the_help_names_the_group_whole_and_literally() -> None:
    told = explained(replace(BAD, slice={"a": "\x1b[31mred"}, metric="recall:\x1b"), has_thresholds=False)
    assert "␛[31mred (a): recall:␛ 0.6600" in told[0]
    assert_harmless(detail_lines(replace(BAD, slice={"a": "\x1b[31mred"}), has_thresholds=False, width=78), 78)


def test_keys_stand_before_what_they_switch_and_long_attributes_leave_room_for_the_metric() -> None:
    switched = Switched(
        "the very long name of an attribute × and of another one", "3 of 9", "recall", "2 of 8", "by name"
    )
    line = switched.line(78)
    assert cell_len(line.plain) <= 78
    assert line.plain.startswith("] by the very")
    assert line.plain.endswith("another one (3 of 9)   m recall (2 of 8)   s by name")
