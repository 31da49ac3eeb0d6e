"""The copy of a container's log, and what of it is said when a step fails without words of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mltui.worker.runs.logs import last_nanoseconds, last_words


def log(place: Path, *texts: str) -> Path:
    path = place / "log.jsonl"
    lines = [json.dumps({"at": at, "stream": "stderr", "text": text}) for at, text in enumerate(texts, start=1)]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_the_last_line_that_says_something_is_quoted(tmp_path: Path) -> None:
    path = log(tmp_path, "Traceback (most recent call last):", "ValueError: the lamp was off", "  ", "")
    assert last_words(path) == "ValueError: the lamp was off"


def test_a_long_line_is_shortened(tmp_path: Path) -> None:
    assert last_words(log(tmp_path, "x" * 5000)) == "x" * 200


@pytest.mark.parametrize("content", [b"", b"\n", b'{"at": 1', b'{"at": 1}\n'])
def test_without_a_readable_log_nothing_is_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.jsonl").write_bytes(content)
    assert last_words(tmp_path / "log.jsonl") == ""
    assert last_words(tmp_path / "not-there") == ""


def test_a_line_that_a_crash_cut_short_is_written_anew(tmp_path: Path) -> None:
    path = log(tmp_path, "one", "two")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"at": 3, "stre')
    assert last_nanoseconds(path) == 2
    assert path.read_bytes() == whole
