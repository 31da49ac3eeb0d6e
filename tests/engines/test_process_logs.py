"""The shim's log and its reader, over rotations, torn lines and a full disk."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.engines import shim_log
from mltui.engines.process_logs import LogReader
from mltui.engines.shim_log import LOG_NAME, Log, split_lines


def texts(reader: LogReader) -> list[str]:
    return [line.text for line in reader.new_lines()]


@given(st.lists(st.binary(max_size=20)), st.integers(1, 7))
def test_lines_do_not_depend_on_how_the_bytes_arrived(chunks: list[bytes], size: int) -> None:
    data = b"\n".join(chunks)
    found, rest = [], b""
    for at in range(0, len(data), size):
        lines, rest = split_lines(rest + data[at : at + size])
        found += lines
    assert [*found, rest] == data.split(b"\n")


def test_a_line_without_end_comes_in_pieces() -> None:
    pieces, rest = split_lines(b"x" * (3 * shim_log.MAX_LINE_BYTES + 1))
    assert [len(piece) for piece in pieces] == [shim_log.MAX_LINE_BYTES] * 3
    assert rest == b"x"


def test_a_reader_loses_nothing_when_the_log_is_rotated_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shim_log, "LOG_FILE_BYTES", 300)
    log, found = Log(str(tmp_path)), []
    with LogReader(tmp_path) as reader:
        for number in range(60):
            log.feed("stdout", f"{number}\n".encode())
            if number % 4 == 0:
                found += texts(reader)
        found += texts(reader)
    assert found == [str(number) for number in range(60)]
    assert len(os.listdir(tmp_path)) == 2


def test_times_increase_over_a_new_shim_and_a_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Log(str(tmp_path))
    first.feed("stdout", b"a\nb\n")
    with (tmp_path / LOG_NAME).open("ab") as file:
        file.write(b'{"t": 12, "s": "stdo')
    monkeypatch.setattr("time.time_ns", lambda: 1)
    second = Log(str(tmp_path))
    second.feed("stderr", b"c\n")
    with LogReader(tmp_path) as reader:
        lines = list(reader.new_lines())
    assert [line.text for line in lines] == ["a", "b", "c"]
    assert all(before.nanoseconds < after.nanoseconds for before, after in itertools.pairwise(lines))


def test_a_full_disk_costs_lines_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(str(tmp_path))
    write = os.write

    def half(fd: int, data: bytes) -> int:
        return write(fd, data[:10])

    def none(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    for broken in (half, none):
        monkeypatch.setattr(os, "write", broken)
        log.feed("stdout", b"lost\n")
    monkeypatch.setattr(os, "write", write)
    log.feed("stdout", b"kept\n")
    with LogReader(tmp_path) as reader:
        assert texts(reader) == ["kept"]
