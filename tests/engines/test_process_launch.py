from __future__ import annotations

from pathlib import Path

import pytest

from mltui.engines.base import Mount
from mltui.engines.process_launch import path_translator

ROOT = Path("/state/a/root")
MOUNTS = (
    Mount(Path("/host/pictures"), "/mltui/in/data"),
    Mount(Path("/host/more"), "/mltui/in/data-more"),
    Mount(Path("/host/out"), "/mltui/out", is_read_only=False),
    Mount(Path("/host/check points"), "/mltui/out/checkpoint", is_read_only=False),
    Mount(Path("/host/params.json"), "/mltui/params.json"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/mltui/in/data", "/host/pictures"),
        ("/mltui/in/data/a/b.jpg", "/host/pictures/a/b.jpg"),
        ("/mltui/in/data-more/x", "/host/more/x"),
        ("/mltui/in/data.csv", "/mltui/in/data.csv"),
        ("/mltui/in/database", "/mltui/in/database"),
        ("--out=/mltui/out", "--out=/host/out"),
        ("/mltui/out/checkpoint/1", "/host/check points/1"),
        ("open('/mltui/params.json')", "open('/host/params.json')"),
        ("/mltui/in/data:/mltui/out", "/host/pictures:/host/out"),
        ("/somewhere/mltui/out", "/somewhere/mltui/out"),
        ("/mltui/in", "/state/a/root/mltui/in"),
        ("/mltui/in/other", "/mltui/in/other"),
        ("https://example.org/mltui/out", "https://example.org/mltui/out"),
        ("plain", "plain"),
    ],
)
def test_a_path_is_translated_where_it_is_named_and_nowhere_else(text: str, expected: str) -> None:
    assert path_translator(MOUNTS, root=ROOT)(text) == expected


def test_without_mounts_nothing_is_translated() -> None:
    assert path_translator((), root=ROOT)("/mltui/in") == "/mltui/in"
