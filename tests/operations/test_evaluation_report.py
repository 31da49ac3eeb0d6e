"""The breakdown of foreign predictions as a page: the same bytes each time, nothing from outside, no markup let in."""

from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path

import pytest

from mltui.cli.main import run

NASTY = '<script>alert("x")</script>'


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    draw = random.Random(1)
    file = tmp_path / "loans & more.csv"
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(["repaid", "p", "rent", "guess", "sex"])
        for _ in range(800):
            group = draw.choice(["female", NASTY])
            truth = draw.random() < 0.5
            score = min(1.0, max(0.0, draw.gauss(0.3 + 0.4 * truth - 0.25 * (group != "female"), 0.2)))
            rent = draw.uniform(400, 900)
            writer.writerow([int(truth), f"{score:.4f}", f"{rent:.2f}", f"{rent + draw.gauss(0, 30):.2f}", group])
    return file


def told(*words: str) -> int:
    return run(["--batch", "evaluate", "loans & more.csv", *words])


def test_a_page_needs_nothing_else_and_is_always_the_same(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--truth", "repaid", "--score", "p", "--by", "sex", "--report")
    assert told(*words, "page.html") == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["report"] == str(table.parent / "page.html")
    first = Path("page.html").read_text("utf-8")
    assert told(*words, "page.html") == 0
    assert Path("page.html").read_text("utf-8") == first
    assert "Evaluation of loans &amp; more.csv" in first
    assert NASTY not in first
    assert "&lt;script&gt;" in first
    assert not re.findall(r"""(?:src|href)\s*=|url\(|@import|<script""", first)
    assert "<svg" in first
    assert re.search(r"&lt;script&gt;.* is worse off, by more than chance explains", first)
    recall = next(
        each
        for each in data["evaluation"]["groups"]
        if (each["metric"], each["slice"]) == ("recall", {"sex": "female"})
    )
    assert f"{recall['value']:.4g}" in first
    assert recall["verdict"] == "outside"
    head = first.partition("</style>")[0].partition("<style>")[2]
    assert "prefers-color-scheme: dark" in head
    assert "@media print" in head


def test_markdown_for_a_ticket_and_a_regression(table: Path) -> None:
    assert told("--truth", "repaid", "--score", "p", "--by", "sex", "--report", "page.md") == 0
    text = Path("page.md").read_text("utf-8")
    assert text.startswith("# Evaluation of loans &amp; more.csv\n")
    assert "<script" not in text
    assert "## By sex" in text
    assert all(line.startswith("|") for line in text.splitlines() if "accuracy |" in line)
    assert told("--truth", "rent", "--prediction", "guess", "--by", "sex", "--report", "rents.html") == 0
    assert "predictions are off by" in Path("rents.html").read_text("utf-8")


def test_no_other_file_is_written_over(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("notes.md").write_text("# my notes\n")
    words = ("--truth", "repaid", "--score", "p", "--report")
    for file, code in (("notes.md", 4), ("page.pdf", 2), ("nowhere/page.html", 6)):
        assert told(*words, file) == code
    assert Path("notes.md").read_text() == "# my notes\n"
    assert not Path("page.pdf").exists()
