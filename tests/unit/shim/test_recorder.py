from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claudios.protocol.frame import Stream, decode
from claudios.shim.recorder import RETRY_SECONDS, Recorder
from claudios.shim.spool import SpoolWriter


class Reading:
    """Whether the program is read, as the recorder says."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def recorder(self, directory: Path) -> Recorder:
        spool = SpoolWriter(str(directory), 1, 1)
        return Recorder(spool, lambda: self.told.append("paused"), lambda: self.told.append("resumed"))


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def payloads(directory: Path) -> list[bytes]:
    return [frame.payload for path in sorted(directory.iterdir()) for frame in decode(path.read_bytes())]


def test_what_a_full_disk_refuses_is_kept_and_written_in_order_when_it_can_be(tmp_path: Path) -> None:
    reading = Reading()
    recorder = reading.recorder(tmp_path)
    recorder.record((Stream.STDOUT, b"before"))
    with full_disk(1000):
        recorder.record((Stream.STDOUT, b"x" * 2000))
        assert recorder.is_paused
        recorder.record((Stream.EVENT, b"after"))
        assert payloads(tmp_path) == [b"before"], "half a frame is taken back"
        due = recorder.due
        assert due is not None
        recorder.take_turn(due + RETRY_SECONDS)
        assert recorder.is_paused
    assert reading.told == ["paused"]
    recorder.take_turn(due + 3 * RETRY_SECONDS)
    assert reading.told == ["paused", "resumed"]
    assert payloads(tmp_path) == [b"before", b"x" * 2000, b"after"]
    recorder.close()


def test_what_must_be_recorded_first_is_not_kept(tmp_path: Path) -> None:
    recorder = Reading().recorder(tmp_path)
    assert recorder.try_record((Stream.STDIN, b"one"))
    with full_disk(100):
        assert not recorder.try_record((Stream.STDIN, b"y" * 200))
        assert not recorder.try_record((Stream.STDIN, b"z"))
    assert payloads(tmp_path) == [b"one"]
    recorder.close()


def test_nothing_is_due_once_everything_is_on_the_disk(tmp_path: Path) -> None:
    recorder = Reading().recorder(tmp_path)
    dues = [recorder.due]
    recorder.record((Stream.STDOUT, b"hello"))
    while (due := recorder.due) is not None:
        dues.append(due)
        recorder.take_turn(due)
    assert dues[0] is None
    assert len(dues) > 1
    recorder.close()
