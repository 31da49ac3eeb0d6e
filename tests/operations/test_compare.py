"""Two versions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from registry.registry_values import add_run, add_version, digest

from mltui.domain.comparison import PairedComparison
from mltui.domain.version import GroupFigure, ModelVersion
from mltui.errors import NotFound
from mltui.operations.versions.compare import Comparison, compare
from mltui.operations.versions.paired import MetricPair, tendency_of
from mltui.operations.versions.tree_changes import MOST_BYTES, MOST_LINES
from mltui.workspace import Workspace

CLASSES = ("burrito", "taco")


def evaluation(*, right: int, rows: int = 200, first: int = 0, truth_of_first: str | None = None) -> bytes:
    """The first `right` rows are answered rightly, the others not."""
    lines = ["row_id,truth,prediction"]
    for row in range(rows):
        truth = CLASSES[row % 2] if row or truth_of_first is None else truth_of_first
        other = CLASSES[(CLASSES.index(truth) + 1) % 2]
        lines.append(f"r{first + row},{truth},{truth if row < right else other}")
    return "\n".join(lines).encode()


def version(workspace: Workspace, **given: Any) -> ModelVersion:
    files: Mapping[str, bytes] = given.pop("files", {"train.py": b"a = 1\n"})
    data: Mapping[str, bytes] = given.pop("data_files", {"taco/1.jpg": b"1"})
    table: bytes = given.pop("table", evaluation(right=100))
    message = given.pop("message", "Train")
    store = workspace.store
    given.setdefault("evaluation", store.put_entries([("evaluation.csv", table)]))
    given.setdefault("source", store.put_entries(files.items()))
    given.setdefault("data", store.put_entries(data.items()))
    with workspace.registry.write() as tx:
        return add_version(tx, run_id=add_run(tx, message=message).id, **given)


def compared(workspace: Workspace, candidate: Mapping[str, Any], baseline: Mapping[str, Any]) -> Comparison:
    old, new = version(workspace, **baseline), version(workspace, **candidate)
    return compare(workspace, new.id, old.id)


def pair(found: Comparison, metric: str) -> MetricPair:
    return next(each for each in found.metrics if each.metric == metric)


def test_metrics_are_compared_on_the_rows_that_both_answered(workspace: Workspace) -> None:
    found = compared(
        workspace,
        {"table": evaluation(right=180), "metrics": {"accuracy": 0.9}, "intervals": {"accuracy": (0.85, 0.94)}},
        {"table": evaluation(right=100), "metrics": {"accuracy": 0.5}, "intervals": {"accuracy": (0.43, 0.57)}},
    )
    accuracy = pair(found, "accuracy")
    assert accuracy.paired is not None
    assert (found.common_rows, accuracy.paired.fixed, accuracy.paired.broken) == (200, 80, 0)
    assert accuracy.difference == pytest.approx(0.4)
    assert (accuracy.candidate_interval, accuracy.baseline_interval) == ((0.85, 0.94), (0.43, 0.57))
    assert (accuracy.tendency, found.rows_problem) == ("better", "")


def test_equal_answers_are_no_difference_and_worse_ones_are_called_so(workspace: Workspace) -> None:
    same = compared(workspace, {"metrics": {"accuracy": 0.5}}, {"metrics": {"accuracy": 0.5}})
    assert (pair(same, "accuracy").tendency, pair(same, "accuracy").difference) == ("noise", 0)
    worse = compared(workspace, {"table": evaluation(right=50)}, {"table": evaluation(right=150)})
    assert pair(worse, "accuracy").tendency == "worse"


@pytest.mark.parametrize(
    ("direction", "low", "high", "tendency"),
    [
        ("higher", 0.1, 0.2, "better"), ("higher", -0.2, -0.1, "worse"), ("lower", 0.1, 0.2, "worse"),
        ("lower", -0.2, -0.1, "better"), ("higher", -0.1, 0.1, "noise"), ("neither", 0.1, 0.2, "untold"),
        ("higher", None, None, "untold"),
    ],
)  # fmt: skip
def test_better_is_told_by_the_interval_and_the_metrics_direction(
    direction: Any, low: float | None, high: float | None, tendency: str
) -> None:
    assert tendency_of(PairedComparison("a", 9, low=low, high=high), direction) == tendency


def test_without_common_rows_the_values_stand_side_by_side(workspace: Workspace) -> None:
    found = compared(
        workspace,
        {"table": evaluation(right=100, first=1000), "metrics": {"accuracy": 0.75}},
        {"metrics": {"accuracy": 0.5}},
    )
    assert "no held-out row" in found.rows_problem
    accuracy = pair(found, "accuracy")
    assert (accuracy.paired, accuracy.difference, accuracy.tendency, found.common_rows) == (None, 0.25, "untold", 0)


def test_what_the_store_lost_or_contradicts_is_a_sentence(workspace: Workspace) -> None:
    lost = compared(workspace, {"evaluation": digest(5), "source": digest(6), "data": digest(7)}, {})
    for problem in (lost.rows_problem, lost.code.problem, lost.data.problem):
        assert "no blob" in problem
    assert pair(lost, "accuracy").candidate == 1.0
    contradicted = compared(workspace, {"table": evaluation(right=100, truth_of_first="taco")}, {})
    assert "another truth" in contradicted.rows_problem


def test_versions_of_different_tasks_are_still_shown(workspace: Workspace) -> None:
    found = compared(workspace, {"task": "regression", "classes": (), "metrics": {"rmse": 2.0}}, {})
    assert "is a regression" in found.rows_problem
    assert {each.metric for each in found.metrics} == {"rmse", "accuracy", "recall"}
    assert pair(found, "rmse").baseline is None


def test_groups_of_both_are_matched(workspace: Workspace) -> None:
    dark, noon = (
        GroupFigure({"lighting": group}, "recall", 31, 0.7, 0.5, 0.85, None, None, None, "within")
        for group in ("dark", "noon")
    )
    found = compared(workspace, {"groups": (dark,)}, {"groups": (dark, noon)})
    assert [(each.group, each.candidate == dark, each.baseline) for each in found.groups] == [
        ("dark", True, dark), ("noon", False, noon),
    ]  # fmt: skip


def test_only_what_differs_is_listed(workspace: Workspace) -> None:
    found = compared(
        workspace,
        {"parameters": {"train": {"parameters": {"epochs": 9, "seed": 1}}}, "environment": {"torch": "2.1"},
         "images": {"train": "sha256:2"}, "rows": {"train": 120, "held_out": 25}},
        {"parameters": {"train": {"parameters": {"epochs": 5, "seed": 1}, "size": 3}}, "environment": {"torch": "2.0"}},
    )  # fmt: skip
    assert [(each.name, each.candidate, each.baseline) for each in found.parameters] == [
        ("train.parameters.epochs", 9, 5), ("train.size", None, 3),
    ]  # fmt: skip
    assert [(each.name, each.candidate, each.baseline) for each in found.environment] == [("torch", "2.1", "2.0")]
    assert [each.name for each in found.images] == ["train"]
    assert [(each.name, each.candidate, each.baseline) for each in found.rows] == [("train", 120, 100)]


def test_code_is_shown_as_a_diff_from_the_baseline_to_the_candidate(workspace: Workspace) -> None:
    found = compared(
        workspace,
        {"files": {"train.py": b"a = 2\nb = 1\n", "new.py": b"c\n"}, "message": "Train longer", "commit": "d" * 40},
        {"files": {"train.py": b"a = 1\nb = 1\n", "old.py": b"d\n"}},
    )
    code = found.code
    assert (code.added, code.removed, code.changed) == (("new.py",), ("old.py",), ("train.py",))
    assert list(code.diff)[:2] == ["--- /dev/null", "+++ b/new.py"]
    assert "-a = 1" in code.diff
    assert "+a = 2" in code.diff
    assert not code.is_cut
    assert (found.candidate_commit.message, found.candidate_commit.sha) == ("Train longer", "d" * 40)
    assert found.is_same_data


def test_large_files_and_those_that_are_no_text_are_named_only(workspace: Workspace) -> None:
    found = compared(
        workspace,
        {"files": {"a.png": b"\xff\x00", "b.csv": b"1\n" * MOST_BYTES, "c.txt": b"\xff"}},
        {"files": {"kept": b""}},
    )
    assert found.code.not_shown == ("a.png", "b.csv", "c.txt")
    assert found.code.diff == ()


def test_a_long_diff_is_cut_and_says_so(workspace: Workspace) -> None:
    lines = "\n".join(map(str, range(MOST_LINES + 50))).encode()
    found = compared(workspace, {"files": {"a": lines, "b": b"1"}}, {"files": {"kept": b""}})
    assert found.code.is_cut
    assert len(found.code.diff) == MOST_LINES
    assert "b" in found.code.added


def test_data_are_counted_by_folder(workspace: Workspace) -> None:
    found = compared(
        workspace,
        {"data_files": {"taco/1.jpg": b"9", "taco/2.jpg": b"2", "burrito/1.jpg": b"1", "top.csv": b"1"}},
        {"data_files": {"taco/1.jpg": b"1", "burrito/1.jpg": b"1", "nachos/1.jpg": b"1"}},
    )
    assert not found.is_same_data
    counts = ("folder", "before", "after", "added", "removed", "changed")
    folders = [tuple(getattr(each, name) for name in counts) for each in found.data.folders]
    assert folders == [
        (".", 0, 1, 1, 0, 0), ("burrito", 1, 1, 0, 0, 0), ("nachos", 1, 0, 0, 1, 0), ("taco", 1, 2, 1, 0, 1),
    ]  # fmt: skip


def test_a_version_that_is_not_there_cannot_be_compared(workspace: Workspace) -> None:
    one = version(workspace)
    with pytest.raises(NotFound, match="there is no version v99"):
        compare(workspace, one.id, 99)
