"""The journal as a file: whole lines survive, torn ones are cut."""

from __future__ import annotations

import errno
import os
import resource
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.agent.instructions.journal import Journal

LINES = st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=6)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_lines_are_read_back_and_only_their_owner_may_read_them(path: Path) -> None:
    """I-1"""
    journal = Journal(path)
    journal.append([b"one", b"two"], durable=True)
    journal.append([b"three"], durable=False)
    journal.close()
    again = Journal(path)
    assert again.lines == [b"one", b"two", b"three"]
    assert again.cut_bytes == 0
    assert path.stat().st_mode & 0o777 == 0o600
    again.close()


@given(LINES, st.data())
def test_wherever_a_crash_cuts_the_file_all_whole_lines_remain_and_writing_goes_on(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    """I-1"""
    path = tmp_path_factory.mktemp("cut") / "journal"
    journal = Journal(path)
    journal.append(lines, durable=False)
    journal.close()
    size = path.stat().st_size
    cut = data.draw(st.integers(0, size))
    os.truncate(path, cut)
    ends = [sum(len(line) + 10 for line in lines[: n + 1]) for n in range(len(lines))]
    whole = [line for line, end in zip(lines, ends, strict=True) if end <= cut]

    torn = Journal(path)
    assert torn.lines == whole
    torn.append([b"next"], durable=False)
    torn.close()
    after = Journal(path)
    assert after.lines == [*whole, b"next"]
    after.close()


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), min_size=1, max_size=4), st.data())
def test_a_changed_bit_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    """I-1"""
    path = tmp_path_factory.mktemp("bit") / "journal"
    journal = Journal(path)
    journal.append(lines, durable=False)
    journal.close()
    raw = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)
    damaged = Journal(path)
    assert len(damaged.lines) < len(lines)
    assert damaged.lines == lines[: len(damaged.lines)]
    damaged.close()


def test_rewriting_replaces_everything_and_appending_goes_on(path: Path) -> None:
    journal = Journal(path)
    journal.append([b"old"] * 100, durable=False)
    before = journal.size
    journal.rewrite([b"new"])
    assert journal.size < before
    journal.append([b"more"], durable=True)
    journal.close()
    again = Journal(path)
    assert again.lines == [b"new", b"more"]
    assert [name.name for name in path.parent.iterdir()] == ["journal"]
    again.close()


def test_lines_are_kept_though_the_name_of_a_rewritten_file_was_refused_by_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-1: what was appended after a rewriting that failed half-way went to a file without a name."""
    journal = Journal(path)
    journal.append([b"old"], durable=True)
    to_disk = os.fsync

    def refuse_names(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EIO, "the disk fails")
        to_disk(file)

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", refuse_names)
        with pytest.raises(OSError, match="the disk fails"):
            journal.rewrite([b"new"])
        with pytest.raises(OSError, match="the disk fails"):
            journal.append([b"not durable"], durable=True)
    journal.append([b"more"], durable=True)
    journal.close()
    again = Journal(path)
    assert again.lines == [b"new", b"more"]
    again.close()


def test_a_full_disk_leaves_no_half_line(path: Path) -> None:
    """I-1: the limit on the size of files cuts a write in the middle, as a full disk does."""
    journal = Journal(path)
    journal.append([b"one"], durable=True)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.size + 5, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.append([b"two"], durable=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    journal.append([b"three"], durable=True)
    journal.close()
    again = Journal(path)
    assert (again.lines, again.cut_bytes) == ([b"one", b"three"], 0)
    again.close()
