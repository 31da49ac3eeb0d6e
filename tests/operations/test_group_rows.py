"""A version's breakdown and the rows behind it, from the files in the store."""

from __future__ import annotations

from typing import Any

import pytest
from operations.test_answered_pictures import BLUE, RED, found, png, version_of
from operations.test_compare import version

from mltui.analysis.groups import breakdown
from mltui.domain.groups import GroupedMetric
from mltui.domain.version import ModelVersion
from mltui.errors import Damaged, NotFound
from mltui.operations.versions.bias import figures_by, version_bias
from mltui.operations.versions.evaluations import evaluation_table
from mltui.operations.versions.group_rows import group_rows
from mltui.operations.versions.held_out import fields_of
from mltui.workspace import Workspace

HEAD = "row_id,truth,prediction,score:no,score:yes,attribute:sex,attribute:age\n"
ROWS = (
    ("a1", "yes", "no", 0.2, "f", "young"),
    ("a2", "yes", "no", 0.4, "f", "old"),
    ("b1", "no", "yes", 0.9, "m", "young"),
    ("b2", "no", "no", 0.3, "", "old"),
    ("b3", "yes", "yes", 0.8, "f", "young"),
)


def of_rows(workspace: Workspace, **given: Any) -> ModelVersion:
    lines = [f"{id},{truth},{said},{1 - yes:.2f},{yes},{sex},{age}" for id, truth, said, yes, sex, age in ROWS]
    kept = [f"{id},{truth},{100 + place},{sex}" for place, (id, truth, _, _, sex, _) in enumerate(ROWS)]
    held_out = "\n".join(["row_id,truth,income,attribute:sex", *kept]).encode()
    given = {"held_out": workspace.store.put_entries([("rows.csv", held_out)]), **given}
    made = {"classes": ("no", "yes"), "task": "classification", "input_schema": {}, "groups": ()}
    return version(workspace, table=(HEAD + "\n".join(lines)).encode(), **made | given)


def test_going_from_figure_to_figure_of_a_version_reads_its_table_once(workspace: Workspace) -> None:
    made, other = of_rows(workspace), of_rows(workspace, groups=())
    by_sex = group_rows(workspace.store, made, GroupedMetric("accuracy", {"sex": "f"}))
    assert group_rows(workspace.store, made, GroupedMetric("recall")).table is by_sex.table
    assert group_rows(workspace.store, other, GroupedMetric("recall")).table is by_sex.table, (
        "equal content is one file"
    )
    (entry,) = workspace.store.tree(made.evaluation).entries
    workspace.store.path(entry.sha256).unlink()
    with pytest.raises(NotFound, match="no blob"):
        group_rows(workspace.store, made, GroupedMetric("recall"))


def test_rows_come_with_what_was_answered_and_are_filtered_by_words(workspace: Workspace) -> None:
    rows = group_rows(workspace.store, of_rows(workspace), GroupedMetric("accuracy"))
    assert (len(rows), rows.mistakes) == (5, 3)
    first, second = rows.page(0, 2)
    assert (first.row_id, first.truth, first.prediction, first.score) == ("b1", "no", "yes", 0.9)
    assert (second.row_id, second.score, second.is_mistake) == ("a1", 0.8, True)
    assert first.attributes == {"sex": "m", "age": "young"}
    assert [each.row_id for each in rows.only_mistakes().page(0, 9)] == ["b1", "a1", "a2"]
    for words, ids in (
        ("young", "b1 a1 b3"),
        ("young !b", "a1"),
        ("B yes", "b1 b3"),
        ("!yes", "b2"),
        ("! ", "b1 a1 a2 b3 b2"),
    ):
        kept = rows.matching(words)
        assert [each.row_id for each in kept.page(0, 9)] == ids.split()
        assert kept.mistakes == sum(each.is_mistake for each in kept.page(0, 9))
    assert rows.page(4, 5)[0].attributes == {"age": "old"}


def test_rows_of_a_regression_say_how_far_off_they_are(workspace: Workspace) -> None:
    table = b"row_id,truth,prediction,attribute:area\na,10,12,n\nb,10,7,n\nc,5,5,s\n"
    made = version(workspace, table=table, task="regression", classes=(), input_schema={}, groups=())
    rows = group_rows(workspace.store, made, GroupedMetric("mae", {"area": "n"}))
    assert [(each.row_id, each.error, each.truth) for each in rows.page(0, 9)] == [("b", -3, 10), ("a", 2, 10)]
    assert [each.row_id for each in rows.matching("12").page(0, 9)] == ["a"]


def test_pictures_are_known_by_their_file_and_found_by_it(workspace: Workspace) -> None:
    pictures = [(png(RED), "taco", "burrito", 0.1), (png(BLUE), "taco", "burrito", 0.2)]
    made = found(workspace, version_of(workspace, {}, pictures))
    rows = group_rows(workspace.store, made, GroupedMetric("recall"))
    assert [each.file for each in rows.page(0, 9)] == ["pictures/taco/photo-0.png", "pictures/taco/photo-1.png"]
    assert len(rows.matching("photo-1")) == 1


def test_the_fields_of_rows_are_read_from_the_held_out_table(workspace: Workspace) -> None:
    made = of_rows(workspace)
    assert fields_of(workspace.store, made, ["b1", "a1", "zz"]) == {"b1": {"income": "102"}, "a1": {"income": "100"}}
    pictures = of_rows(workspace, held_out=workspace.store.put_entries([("pictures/1.png", b"")]))
    with pytest.raises(NotFound, match="not kept as a table"):
        fields_of(workspace.store, pictures, ["a1"])
    broken = of_rows(workspace, held_out=workspace.store.put_entries([("rows.csv", b'row_id,x\na1,"\xff')]))
    with pytest.raises(Damaged, match="cannot be read"):
        fields_of(workspace.store, broken, ["a1"])


def test_an_intersection_that_was_not_sealed_is_made_when_asked_for(workspace: Workspace) -> None:
    plain = of_rows(workspace)
    singles = breakdown(evaluation_table(workspace.store, plain), attributes=["sex", "age"])
    made = of_rows(workspace, groups=singles)
    bias = version_bias(workspace, f"v{made.id}")
    assert (bias.attributes, bias.more) == (("sex", "age", "sex × age"), ("sex × age",))
    assert figures_by(workspace, bias, "sex") == tuple(each for each in singles if each.attribute == "sex")
    crossed = figures_by(workspace, bias, "sex × age")
    assert {each.group for each in crossed} == {"f × young", "f × old", "m × young"}
