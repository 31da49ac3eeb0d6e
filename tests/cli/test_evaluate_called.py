from __future__ import annotations

import json
from pathlib import Path

import pytest

from mltui.cli.main import run

CALL = ["evaluate", "t.csv", "--truth", "truth", "--prediction", "said"]


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{place % 2},{place % 2},{20 + place},{place}" for place in range(60)]
    Path("t.csv").write_text("\n".join(["truth,said,age,a=b", *rows]), "utf-8")


def test_bands_and_quantiles_are_named_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--batch", *CALL, "--bands", "age=30,40", "--quantiles", "a=b=2"]) == 0
    found = json.loads(capsys.readouterr().out)["data"]["evaluation"]
    slices = [each["slice"] for each in found["groups"] if each["metric"] == "accuracy" and len(each["slice"]) == 1]
    assert slices == [{"age": "<30"}, {"age": "30–39"}, {"age": "≥40"}, {"a=b": "<29.5"}, {"a=b": "≥29.5"}]
    assert found["undefined"]["auc"] == "there are no scores"
    assert run([*CALL, "--bands", "age=30"]) == 0
    assert "undefined  there are no scores" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["--bands", "age=30,x"],
        ["--bands", "age"],
        ["--bands", "=30"],
        ["--quantiles", "age=1"],
        ["--quantiles", "age=2.5"],
        ["--bands", "age=30", "--quantiles", "age=2"],
        ["--bands", "age=40,30"],
    ],
)
def test_bands_that_say_nothing_are_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*CALL, *words]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_what_a_person_should_know_stands_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{'yes' if place % 3 else 'no'},{0.9 if place % 3 else 0.1},{'a' if place < 30 else 'b'}"
        for place in range(60)
    ]
    Path("s.csv").write_text("\n".join(["truth,score,side", *rows]), "utf-8")
    call = ["evaluate", "s.csv", "--truth", "truth", "--score", "score"]
    assert run([*call, "--by", "side"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("No group is outside of the limits")
    assert run([*call, "--positive", "no"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "The score ranks no lowest: where it is the score of yes, say --positive yes.",
        "To tell groups apart, name columns with --by.",
    ]
