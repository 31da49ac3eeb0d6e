"""What a release changes against production, on as many cells as there are."""

from __future__ import annotations

from rich.cells import cell_len

from mltui.operations.releases.against_production import AgainstProduction
from mltui.operations.versions.differing import Differing
from mltui.operations.versions.row_changes import RowChanges, RowCounts
from mltui.operations.versions.tree_changes import CodeChanges
from mltui.tui.presentation.against import MOST_LINES, against_lines

DIFF = ("--- a/train.py", "+++ b/train.py", "@@ -1,1 +1,400 @@", "-a = [1]", *["+b = 2"] * 400)
FOUND = AgainstProduction(
    version=3,
    code=CodeChanges(changed=("train.py",), diff=DIFF),
    data=RowChanges((RowCounts("class", "[taco]", 10, 12, 3, 1, 0), RowCounts("lighting", "dark", 4, 4, 0, 0, 2))),
    parameters=(Differing("train.seed", 2, 1),),
    environment=(Differing("numpy", "2.4", None),),
    images=(),
)


def test_facts_rows_files_and_the_beginning_of_the_diff_are_told() -> None:
    for width in (40, 80, 120):
        lines = [line.plain for line in against_lines(FOUND, "v4", width=width)]
        assert all(cell_len(line) <= width for line in lines)
    text = "\n".join(lines)
    for told in ("train.seed", "v4", "v3", "numpy", "class [taco]", "+3", "-1", "lighting dark", "~2", "a = [1]"):
        assert told in text, told
    assert f"… {402 + 1 - MOST_LINES} more lines" in text


def test_what_is_the_same_is_said_and_without_production_nothing() -> None:
    same = AgainstProduction(3, CodeChanges(), RowChanges(), (), (), ())
    text = "\n".join(line.plain for line in against_lines(same, "v4", width=80))
    assert "the same parameters" in text
    assert "the same data" in text
    assert against_lines(None, "v4", width=80) == []
    lost = AgainstProduction(3, CodeChanges(), RowChanges(problem="the store has no blob"), (), (), ())
    assert "! data: the store has no blob" in "\n".join(line.plain for line in against_lines(lost, "v4", width=80))
