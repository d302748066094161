"""Files that are whole or absent, also where writing fails. What a loss of power leaves is tested with the spool."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from claudios.agent.durable import open_private, write_all, write_private

LARGE = 200_000
# In a process of its own, which may write no file larger than 1000 bytes: a disk that is full in the middle.
FAILS = f"""
import resource, signal, sys
from pathlib import Path
from claudios.agent.durable import write_private
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_private(Path(sys.argv[1]), b"x" * {LARGE})
except OSError as failed:
    print(failed.errno)
"""


def test_what_is_written_is_there_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"before")
    path.chmod(0o644)
    write_private(path, b"after")
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_whole_when_the_disk_is_full_and_nothing_half_is_left(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"before")
    argv = [sys.executable, "-c", FAILS, str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip().isdecimal()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_half_a_file_that_a_crash_left_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.with_suffix(".new").write_bytes(b"half of something longer")
    write_private(path, b"short")
    assert path.read_bytes() == b"short"
    assert list(tmp_path.iterdir()) == [path]


def test_all_is_written_to_a_pipe_that_takes_only_a_part_at_a_time() -> None:
    reading, writing = os.pipe()
    child = [sys.executable, "-c", "import sys; print(len(sys.stdin.buffer.read()))"]
    with subprocess.Popen(child, stdin=reading, stdout=subprocess.PIPE, text=True) as process:
        os.close(reading)
        write_all(writing, b"x" * LARGE)
        os.close(writing)
        assert process.communicate()[0] == f"{LARGE}\n"


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_private(tmp_path / "missing" / "token", b"x")


def test_an_open_file_is_not_inherited_by_programs(tmp_path: Path) -> None:
    file = open_private(tmp_path / "file", os.O_RDWR)
    try:
        assert not os.get_inheritable(file)
    finally:
        os.close(file)
