"""The report of a version: a page that needs nothing else, always the same, with nothing foreign alive in it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from tui.scene import lay_scene
from tui.scene_once import copy_of_scene, opened_at_noon

from mltui.domain.comparison import PairedComparison
from mltui.domain.metrics import METRICS
from mltui.domain.version import GroupFigure
from mltui.domain.worst_first import most_telling_first, standing
from mltui.errors import NotFound, Refused, Unreachable
from mltui.operations.report.gathered import gather
from mltui.operations.report.learned import learned_table
from mltui.operations.report.page import html, markdown, write
from mltui.operations.report.sentences import group_sentences, summary
from mltui.operations.versions.note import add_note
from mltui.workspace import Workspace

HOSTILE = "<script>alert(1)</script>\x1b[31m\"'|`*{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return opened_at_noon(copy_of_scene(tmp_path_factory, tmp_path_factory.mktemp("scene")))


class _Page(HTMLParser):
    """Tags that are open, all that were there, and every address that is named."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "xlink:href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(text: str) -> _Page:
    found = _Page()
    found.feed(text)
    assert found.open == []
    return found


def test_a_page_needs_nothing_else_and_closes_what_it_opens(scene: Workspace) -> None:
    found = page(html(gather(scene, "v4")))
    assert found.addresses == []
    assert not found.tags & {"script", "link", "img", "iframe", "object"}
    assert {"svg", "table", "details"} <= found.tags


def test_the_same_version_gives_the_same_bytes(scene: Workspace) -> None:
    assert html(gather(scene, "v4")) == html(gather(scene, "v4"))
    assert markdown(gather(scene, "v4")) == markdown(gather(scene, "v4"))


def test_a_page_tells_verdicts_approvals_data_and_lineage(scene: Workspace) -> None:
    found = gather(scene, "v4")
    text = html(found)
    for told in (
        "outside",
        "rejected",
        "train with more",
        found.version.commit,
        found.version.data,
        "dark × phone"[:4],
    ):
        assert told in text
    for each in found.version.groups:
        assert f"<td>{each.group}</td><td>{each.metric}</td>" in text


def test_what_is_outside_is_said_first_and_in_words(scene: Workspace) -> None:
    told = summary(gather(scene, "v4"))
    assert told[0].startswith(
        "v4 is worse than v3 for dark (lighting): right on 72.9 % of its 70 rows instead of 88.6 %"
    )
    assert "(12 broken, 1 fixed, more than chance explains), while all 210 rows together get better" in told[0]
    assert told[1].startswith("Of 240 rows that it never saw in training, it answers 90.0% rightly")
    assert told[2] == (
        "dark (lighting) is worse off, by more than chance explains: "
        "the recall of its 34 rows is 0.66, 0.7765 times that of all others."
    )
    assert any("rejected" in each for each in told)


def test_a_version_that_is_surely_worse_than_production_says_so_before_the_groups(scene: Workspace) -> None:
    found = gather(scene, "v4")
    assert found.compared is not None
    assert not summary(found)[0].startswith("v4 is worse than v3, which")
    lost = PairedComparison("accuracy", 240, 0.8, 0.8625, -0.0625, low=-0.09, high=-0.035)
    pairs = [replace(each, paired=lost, tendency="worse") for each in found.compared.metrics[:1]]
    worse = replace(found, compared=replace(found.compared, metrics=(replace(pairs[0], metric="accuracy"),)))
    first, second, *_ = summary(worse)
    assert first == (
        "v4 is worse than v3, which was in production: on the 240 rows that both were evaluated on its accuracy is 0.8 "
        "instead of 0.8625; with 95 % confidence 0.035 to 0.09 less."
    )
    assert second.startswith("v4 is worse than v3 for dark")


def test_a_page_holds_a_version_beside_what_was_in_production_when_it_was_released(scene: Workspace) -> None:
    found = gather(scene, "v4")
    assert found.compared is not None
    assert (found.compared.baseline, found.compared.rows) == (3, 240)
    text = html(found)
    assert "Beside v3, which was in production" in text
    assert '<td>accuracy</td><td class="n">0.9</td><td class="n">0.8625</td><td class="n">+0.04583</td>' in text
    row = re.search(r"<tr><td>dark \(lighting\)</td>(.*?)</tr>", text)
    assert row is not None
    cells = re.findall(r">([^<]+)</td>", row[1])
    assert [*cells[:4], *cells[5:]] == ["70", "1", "12", "-11", "0.005", "worse"]
    assert "| dark (lighting) | 70 | 1 | 12 | -11 |" in markdown(found)
    first = gather(scene, "v1")
    assert first.compared is None
    assert "which was in production" not in html(first)
    assert summary(first)[0].startswith("Of 240 rows")


def test_a_version_that_no_release_compared_stands_beside_what_was_in_production_when_it_was_registered(
    scene: Workspace,
) -> None:
    found = gather(scene, "v6")
    assert found.newest is None or found.newest.checks is None
    assert found.compared is not None
    assert (found.compared.baseline, found.compared.rows) == (3, 240)
    assert "<h2>Beside v3, which was in production when v6 was registered</h2>" in html(found)
    assert "## Beside v3, which was in production when v6 was registered\n\n" in markdown(found)
    assert "## Beside v3, which was in production\n\n" in markdown(gather(scene, "v4"))
    assert "was registered" not in html(gather(scene, "v4")).partition("Beside v3")[2].partition("</h2>")[0]
    assert gather(scene, "v1").compared is None


def test_a_ticket_has_the_sections_of_the_page_as_tables(scene: Workspace) -> None:
    found = gather(scene, "v4")
    text = markdown(found)
    lines = text.splitlines()
    for section in ("Over the versions", "What it takes for what", "How it learned", "The data"):
        assert f"## {section}" in lines
        assert f"<h2>{section}</h2>" in html(found)
    first = found.version.classes[0]
    assert f"| {first} | {' | '.join(f'{count:,}' for count in found.version.confusion[0])} |" in lines
    losses = [each["train_loss"] for each in found.version.learning_curve]
    assert [line for line in lines if line.startswith(f"| {len(losses)} | {losses[-1]:.4g} | ")]
    assert [line for line in lines if line.startswith("| v4 dark | ") and line.endswith(" | outside |")]
    groups = [each for each in found.data.groups if len(each.group) == 1]
    assert all(any(line.startswith(f"| {each.attribute} | {each.name} | ") for line in lines) for each in groups)
    tables = [line for line in lines if line.startswith("|---")]
    heads = [before for before, line in pairwise(lines) if line.startswith("|---")]
    columns = [[len(re.split(r"(?<!\\)\|", each)) for each in part] for part in (heads, tables)]
    assert columns[0] == columns[1]


def test_of_many_epochs_a_ticket_tells_some_and_the_last() -> None:
    found = learned_table([{"epoch": place + 1, "train_loss": 1 / (place + 1)} for place in range(100)])
    assert found is not None
    assert found.names == ("train_loss",)
    assert len(found.rows) <= 12
    assert (found.rows[0], found.rows[-1]) == (("1", "1"), ("100", "0.01"))
    assert learned_table([{"train_loss": 1.0}]) is None
    assert learned_table([{"epoch": 1}, {"epoch": 2}]) is None


def test_the_group_that_is_worst_off_is_drawn_over_the_versions_up_to_this_one(scene: Workspace) -> None:
    _, told = html(gather(scene, "v4")).split("<h2>Over the versions</h2>")
    chart = told.partition("recall by lighting")[2].partition("</svg>")[0]
    names = re.findall(r">([◆◇]? ?v\d dark)</text>", chart)
    assert [name[-7:].split()[0] for name in names] == ["v1", "v2", "v3", "v4"]
    assert [name[:1] for name in names] == ["◇", "◇", "◆", "v"]
    assert "<h2>Over the versions</h2>" not in html(gather(scene, "v1"))


def test_a_group_without_a_ratio_is_told_by_its_difference(scene: Workspace) -> None:
    found = gather(scene, "v4")
    of_errors = GroupFigure(
        {"district": "north"}, "mean_error", 90, -5.0, -6.0, -4.0, None, None, None, "outside", difference=-6.0
    )
    changed = replace(found, version=replace(found.version, groups=(of_errors,)))
    assert (
        "north (district) is treated otherwise than the rest, by more than chance explains: "
        "the mean error of its 90 rows is -5, 6 less than that of all others."
    ) in summary(changed)
    assert '-6 to -4</td><td class="n">-6</td><td class="outside">outside' in html(changed)
    assert "| -6 to -4 | -6 | outside |" in markdown(changed)
    worse = replace(found, version=replace(found.version, groups=(replace(of_errors, metric="mae", difference=6.0),)))
    assert 'class="outside">outside, worse off<' in html(worse)
    assert "| +6 | outside, worse off |" in markdown(worse)


def test_each_harmed_group_is_told_once_and_neither_base_rates_nor_who_is_better_off(scene: Workspace) -> None:
    def outside(group: str, metric: str, difference: float) -> GroupFigure:
        bounds = (0.4, 0.6, 0.5, 0.4, 0.6)
        return GroupFigure({"sex": group}, metric, 90, 0.5, *bounds, "outside", difference=difference)

    figures = (
        outside("a", "base_rate", -0.4), outside("b", "false_positive_rate", -0.3), outside("c", "log_loss", 0.9),
        outside("c", "recall", -0.2), outside("d", "recall", -0.4),
    )  # fmt: skip
    first, second, rest = group_sentences(figures)
    assert first.startswith("d (sex) is worse off, by more than chance explains: the recall of its 90 rows is 0.5")
    assert second.startswith("c (sex) is worse off, by more than chance explains: the recall")
    assert rest == ("3 further figures of groups are outside of the limits, 1 of them of groups that are worse off.")
    assert [standing(each) for each in figures] == ["", "better off", "worse off", "worse off", "worse off"]
    assert [each.group for each in most_telling_first(figures)] == ["d", "c", "c", "b", "a"]


def test_a_report_says_what_its_verdicts_mean_which_class_its_rates_are_of_and_by_which_threshold_it_answers(
    scene: Workspace,
) -> None:
    found = gather(scene, "v4")
    version = replace(found.version, parameters={"evaluate": {"parameters": {"threshold": 0.62}}})
    for text in (html(found), markdown(found)):
        assert "the ratio is beyond 0.8 to 1.25, by more than chance explains" in text
        assert "like recall, are those of taco." in text
        assert "failed (on trial, stops nothing)" in text.replace("</td>", "")
        assert "higher is better" in text
    told = "It answers taco only from a score of 0.62 on, instead of by the highest score."
    assert told in summary(replace(found, version=version))
    assert told not in summary(found)


def test_a_page_says_how_many_groups_are_told_together(scene: Workspace) -> None:
    found = gather(scene, "v4")
    rare = replace(found.version.groups[0], verdict="too few", needed=None, pooled=1234)
    changed = replace(found, version=replace(found.version, groups=(rare,)))
    assert ">too few in each of 1,234<" in html(changed)


def test_a_page_says_of_what_was_measured_that_nobody_labelled_it(scene: Workspace) -> None:
    found = gather(scene, "v4")
    assert "Nobody labelled this" not in html(found)
    measured = replace(found.version.groups[0], slice={"measured brightness": "dark (<63.2)"})
    changed = replace(found, version=replace(found.version, groups=(measured,)))
    assert "Nobody labelled this" in html(changed)


def test_a_page_says_what_each_of_its_metrics_means(scene: Workspace) -> None:
    found = gather(scene, "v4")
    text = html(found)
    for name in (name for name in found.version.metrics if ":" not in name):
        assert f"<dt>{name.replace('_', ' ')}</dt><dd>{METRICS[name].meaning}" in text


def test_half_a_character_and_marks_of_direction_are_not_written(scene: Workspace, tmp_path: Path) -> None:
    found = gather(scene, "v4")
    write(
        replace(found, version=replace(found.version, author_name="ann\u202e\ud800")),
        tmp_path / "t.html",
        is_markdown=False,
    )
    assert "by ann\ufffd\ufffd &lt;" in (tmp_path / "t.html").read_text("utf-8")


def test_foreign_text_is_shown_and_does_nothing(tmp_path: Path) -> None:
    stained = lay_scene(tmp_path / "tacos", say=lambda text: f"{text}{HOSTILE}")
    add_note(stained, "v4", HOSTILE)
    found = gather(stained, "v4")
    text = html(found)
    assert "script" not in page(text).tags
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;\ufffd[31m&#34;&#39;|`*{{ 7 * 7 }}") > 20
    assert "\x1b" not in text + markdown(found)
    assert "<script" not in markdown(found)
    stained.close()


def test_markdown_cells_hold_no_markup_of_others(tmp_path: Path) -> None:
    stained = lay_scene(tmp_path / "tacos", say=lambda text: f"{text}|*x*")
    lines = markdown(gather(stained, "v4")).splitlines()
    rows = [line for line in lines if line.startswith("| dark")]
    assert rows
    assert {len(re.split(r"(?<!\\)\|", line)) for line in rows} == {9, 10}
    assert all("\\|\\*x\\*" in line for line in rows)
    stained.close()


def test_a_report_replaces_an_older_one_and_no_other_file(scene: Workspace, tmp_path: Path) -> None:
    found, file = gather(scene, "v4"), tmp_path / "tacos-v4.html"
    write(found, file, is_markdown=False)
    write(found, file, is_markdown=False)
    file.write_text("my own notes")
    with pytest.raises(Refused, match="is no report of this version"):
        write(found, file, is_markdown=False)
    assert file.read_text() == "my own notes"
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_is_told_and_keeps_nothing(scene: Workspace, tmp_path: Path) -> None:
    found = gather(scene, "v4")
    for place in (tmp_path, tmp_path / "none" / "t.html", tmp_path / ("long" * 100)):
        with pytest.raises(Unreachable, match="cannot be written"):
            write(found, place, is_markdown=False)
    assert list(tmp_path.iterdir()) == []


def test_a_version_that_is_not_there_has_no_report(scene: Workspace) -> None:
    with pytest.raises(NotFound, match="no version v99"):
        gather(scene, "v99")
