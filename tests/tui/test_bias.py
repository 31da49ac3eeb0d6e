"""The breakdown of a version by group, the rows behind a figure, and the gallery of its mistakes."""

from __future__ import annotations

from dataclasses import replace

from operations.test_answered_pictures import BLUE, RED, png, version_of
from operations.test_compare import version
from operations.test_group_rows import of_rows

from mltui.analysis.groups import breakdown
from mltui.domain.version import ModelVersion
from mltui.operations.standing.state import require_version
from mltui.operations.versions.evaluations import evaluation_table
from mltui.tui.figure_name import figure_name, figure_of
from mltui.workspace import Workspace
from tui.pilots import console, press, settle, text_of
from tui.versions_at_hand import HOSTILE, group


def of_table(workspace: Workspace) -> ModelVersion:
    """Sealed by sex and by age, but not by both together."""
    table = evaluation_table(workspace.store, of_rows(workspace))
    return of_rows(workspace, groups=breakdown(table, attributes=["sex", "age"]))


def lines_of(text: str, *words: str) -> list[str]:
    return [line for line in text.splitlines() if any(word in line for word in words)]


async def test_the_worst_group_stands_first_and_keys_switch_attribute_metric_order_and_view(
    workspace: Workspace,
) -> None:
    groups = (
        group("north", 0.9, ratio=2.0, difference=0.1),
        group("south", 0.5, "outside", ratio=0.55, difference=-0.4),
        group("west", 0.7, "undecided", needed=1210, difference=-0.1),
        group("north", 0.8, metric="recall"),
        replace(group("a", 0.8, metric="recall"), slice={"age": "a"}),
    )
    made = version(workspace, groups=groups, metrics={"accuracy": 0.75})
    async with console(workspace, show=("bias", f"v{made.id}")) as pilot:
        shown = text_of(pilot)
        assert "] by sex (1 of 3)   m accuracy (1 of 2)   s worst first" in shown
        assert "✗ outside 1  ? undecided 1  ✓ within 1  ┊ all rows 0.7500" in shown
        order = [line.split()[0].lstrip("▌") for line in shown.splitlines()[5:8]]
        assert order == ["south", "west", "north"]
        assert "●" in lines_of(shown, "south")[0]
        assert "✗ outside" in lines_of(shown, "south")[0]
        assert "south: accuracy 0.5000 (0.4800 to 0.5200) of 200 rows" in shown
        assert "worse off than all others: its accuracy is 0.55 times that of all others" in shown
        assert "next: ⏎ its rows, v its mistakes" in shown
        assert "⏎ Rows" in shown.splitlines()[-1]
        assert "v Mistakes  h Heat" in shown.splitlines()[-1]
        helped = await press(pilot, "question_mark")
        assert "south (sex): accuracy 0.5000 (0.4800 to 0.5200) of 200 rows, outside" in helped
        assert "fails: reject" in " ".join(helped.split())
        await press(pilot, "escape")
        assert "share of the rows that are answered rightly; higher is better" in shown
        assert "collect 1,010 more rows like these, 1,210 in all" in await press(pilot, "down")
        heat = await press(pilot, "h")
        assert ["▸accuracy" in line and "recall" in line for line in lines_of(heat, "GROUP")] == [True]
        assert "▒0.5000 ✗" not in lines_of(heat, "south")[0]
        assert "▓0.5000 ✗" in lines_of(heat, "south")[0]
        assert " 0.9000 ✓" in lines_of(heat, "north")[0]
        assert "ratio to the others from" in heat
        assert "m recall (2 of 2)" in await press(pilot, "h", "m")
        assert "m accuracy (1 of 2)   s by name" in await press(pilot, "M", "s")
        assert "s by rows" in await press(pilot, "s")
        assert "by age (2 of 3)   m recall (1 of 1)" in await press(pilot, "]")
        assert "by sex (1 of 3)" in await press(pilot, "[")
        filtered = await press(pilot, "m", "slash", *"!th")
        assert ("west" in filtered, "▌south" in filtered) == (True, False)


async def test_an_intersection_that_was_not_sealed_is_made_in_the_background(workspace: Workspace) -> None:
    made = of_table(workspace)
    async with console(workspace, show=("bias", f"v{made.id}")) as pilot:
        shown = await press(pilot, "[")
        assert "by sex × age (3 of 3)" in shown
        assert "f × young" in shown


async def test_enter_opens_the_rows_of_a_figure_and_v_its_mistakes(workspace: Workspace) -> None:
    made = of_table(workspace)
    name = f"v{made.id}"
    async with console(workspace, show=("bias", name)) as pilot:
        metrics = list(dict.fromkeys(each.metric for each in made.groups))
        assert "m accuracy (1 of " in await press(pilot, *"M" * metrics.index("precision"))
        assert "by name" in await press(pilot, "s")
        shown = await press(pilot, "home", "enter")
        assert "accuracy of f: 3 rows count, 2 of them are mistakes" in shown
        wrong = lines_of(shown, "✗ wrong")
        assert [line.split()[2] for line in wrong] == ["a1", "a2"]
        assert "yes" in wrong[0]
        assert "0.8000" in wrong[0]
        assert lines_of(shown, "✓ right")
        assert not lines_of(await press(pilot, "w"), "✓ right")
        assert len(lines_of(await press(pilot, "w", "slash", *"young", "enter"), "✗ wrong", "✓ right")) == 2
        whole = await press(pilot, "enter")
        assert "income: 100" in whole
        assert "score: 0.8000" in whole
        copied = await press(pilot, "escape", "C")
        assert "version rows" in copied
        assert f"{name} --group sex=f --metric accuracy" in copied
        shown = await press(pilot, "escape", "v")
        assert "accuracy of f   (1 of 2 groups)" in shown
        assert "2 of 2 mistakes in 3 rows, the most confident first" in shown
        assert "✗ wrong  a1  is yes, said no, score 0.8000" in shown
        assert "income 100" in shown
        assert "accuracy of m   (2 of 2 groups)" in await press(pilot, "]")
        assert "accuracy of f   (1 of 2 groups)" in await press(pilot, "[")
        assert "Rows accuracy of f" in await press(pilot, "enter")


async def test_mistakes_are_drawn_and_one_whose_file_is_gone_says_so(workspace: Workspace) -> None:
    id = version_of(workspace, {}, [(png(RED), "taco", "burrito", 0.1), (png(BLUE), "taco", "burrito", 0.2)])
    kept = workspace.store.tree(require_version(workspace, f"v{id}").held_out).entries
    workspace.store.path(kept[0].sha256).unlink()
    async with console(workspace, size=(80, 40), show=("mistakes", f"v{id} recall")) as pilot:
        shown = text_of(pilot)
    assert "2 of 2 mistakes in 2 rows" in shown
    assert "photo-0.png" in shown
    assert "▀" * 16 in shown
    assert "! no picture" in shown
    assert "! 1 of these 2 pictures is missing from the store. mltui train --again" in shown
    assert kept[0].sha256[:8] not in shown


async def test_all_mistakes_of_a_group_are_paged_through_twelve_at_a_time(workspace: Workspace) -> None:
    rows = "".join(
        f"r{number:02d},yes,no,{0.5 + number / 100:.2f},{0.5 - number / 100:.2f},f\n" for number in range(30)
    )
    head = "row_id,truth,prediction,score:no,score:yes,attribute:sex\n"
    made = version(workspace, table=(head + rows).encode(), classes=("no", "yes"), input_schema={}, groups=())
    async with console(workspace, show=("mistakes", f"v{made.id} accuracy sex f")) as pilot:
        assert "12 of 30 mistakes in 30 rows, the most confident first; > shows 12 more" in text_of(pilot)
        assert "r29" in text_of(pilot)
        shown = await press(pilot, "greater_than_sign", "greater_than_sign")
        assert "25–30 of 30 mistakes" in shown
        assert "r05" in shown
        assert "25–30 of 30" in await press(pilot, "greater_than_sign")
        assert "13–24 of 30" in await press(pilot, "less_than_sign")
        assert "12 of 30" in await press(pilot, "right_square_bracket")


async def test_a_table_that_is_gone_is_told_and_the_screen_stays(workspace: Workspace) -> None:
    made = of_table(workspace)
    (entry,) = workspace.store.tree(made.evaluation).entries
    workspace.store.path(entry.sha256).unlink()
    for screen in ("rows", "mistakes"):
        async with console(workspace, show=(screen, f"v{made.id} accuracy sex f")) as pilot:
            assert "✗" in text_of(pilot)
            assert "the store has no blob" in text_of(pilot)
    async with console(workspace, show=("bias", f"v{made.id}")) as pilot:
        assert "by sex" in text_of(pilot)
        assert "✗" in await press(pilot, "[")
        assert "by age" in await press(pilot, "[")


async def test_a_version_without_groups_and_one_that_is_not_there_say_so(workspace: Workspace) -> None:
    made = version(workspace, groups=())
    for subject, told in ((f"v{made.id}", "of the project names none"), ("v99", "there is no version v99")):
        async with console(workspace, show=("bias", subject)) as pilot:
            assert told in await press(pilot, "]", "m", "s", "h", "v", "enter")
    async with console(workspace, show=("rows", "'")) as pilot:
        assert "names no figure" in text_of(pilot)


async def test_b_and_g_lead_to_the_groups_of_what_is_under_the_cursor_or_of_the_newest(workspace: Workspace) -> None:
    made = version(workspace, groups=(group("north", 0.9), group(HOSTILE, 0.5, "outside")))
    async with console(workspace, show=("versions", "")) as pilot:
        shown = await press(pilot, "B")
        assert f"Bias v{made.id}" in shown
        assert "␛[31mred" in shown
        assert "\x1b" not in shown
        assert "version bias" in await press(pilot, "C")
        await press(pilot, "escape")
        assert "b Bias" in await press(pilot, "1", "g")
        assert "north" in await press(pilot, "b")
        await settle(pilot)


def test_a_figure_is_found_again_by_its_name_whatever_its_group_is_called() -> None:
    slice = {"a b=c": 'it\'s × "d"', "“x”": HOSTILE, "": ""}
    named = figure_of(figure_name("v7", "recall:x y", slice))
    assert (named.version, named.of.metric, named.of.slice) == ("v7", "recall:x y", slice)


async def test_the_largest_errors_of_a_regression_come_first(workspace: Workspace) -> None:
    table = b"row_id,truth,prediction,attribute:area\na,10,12,n\nb,10,7,n\nc,5,5,n\n"
    made = version(workspace, table=table, task="regression", classes=(), input_schema={}, groups=())
    async with console(workspace, show=("rows", f"v{made.id} mae area n")) as pilot:
        shown = text_of(pilot)
        assert "mae of n: 3 rows count\n the largest errors first" in shown
        marks = [line.split()[:2] for line in lines_of(shown.replace("▌", " "), "below", "above", "hit")]
        assert marks == [["▼", "below"], ["▲", "above"], ["✓", "hit"]]
        shown = await press(pilot, "v")
    assert "2 of 2 errors in 3 rows, the largest first" in shown
    assert "is 10.00, said 7.000, off -3.000" in shown


async def test_thirty_groups_are_all_reached_on_a_narrow_screen_and_no_line_is_cut(workspace: Workspace) -> None:
    slices = [{name: f"group {number:02d}"} for name in ("district", "camera", "age") for number in range(30)]
    plain = group("", 0.8, difference=-0.01, difference_low=-0.02, difference_high=0.01)
    made = version(workspace, groups=tuple(replace(plain, slice=slice) for slice in slices), metrics={"accuracy": 0.8})
    async with console(workspace, show=("bias", f"v{made.id}")) as pilot:
        seen = {number for number in range(30) if f"group {number:02d}" in text_of(pilot)}
        for key in ("pagedown", "pagedown", "pagedown", "end"):
            shown = await press(pilot, key)
            seen |= {number for number in range(30) if f"group {number:02d}" in shown}
            assert "…" not in "".join(shown.splitlines()[2:-1])
        assert len(seen) == 30
        assert "by age (3 of 6)" in await press(pilot, "]", "]")
        assert "…" not in "".join((await press(pilot, "h")).splitlines()[2:-1])
