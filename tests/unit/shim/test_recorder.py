from __future__ import annotations

import errno
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from claudios.protocol.frame import Stream, decode
from claudios.shim.quota import Quota, Space
from claudios.shim.recorder import RETRY_SECONDS, Recorder
from claudios.shim.spool import SpoolWriter

PATIENCE = 30.0


class Reading:
    """How much room there is, as the recorder says."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def recorder(self, directory: Path, max_bytes: int = 0, segment_bytes: int = 0) -> Recorder:
        spool = SpoolWriter(str(directory), 1, 1, segment_bytes)
        return Recorder(spool, Quota(max_bytes), PATIENCE, lambda space: self.told.append(space.value))


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
        assert recorder.space is Space.FULL
        recorder.record((Stream.EVENT, b"after"))
        assert payloads(tmp_path) == [b"before"], "half a frame is taken back"
        due = recorder.due
        assert due is not None
        recorder.take_turn(due + RETRY_SECONDS)
        assert recorder.space is Space.FULL
    assert reading.told == ["full"]
    recorder.take_turn(due + 3 * RETRY_SECONDS)
    assert reading.told == ["full", "room"]
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


def gaps(directory: Path) -> list[dict[str, Any]]:
    told = [json.loads(payload) for payload in payloads(directory) if payload.startswith(b'{"event":"gap"')]
    return [gap for gap in told if gap["event"] == "gap"]


def test_a_disk_that_stays_full_beyond_patience_costs_one_gap_that_says_what_was_dropped(tmp_path: Path) -> None:
    """F-6"""
    reading = Reading()
    recorder = reading.recorder(tmp_path)
    recorder.record_output(Stream.STDOUT, b"before")
    with full_disk(200):
        recorder.record_output(Stream.STDOUT, b"x" * 300)
        due = recorder.due
        assert due is not None
        recorder.take_turn(due + PATIENCE)
        dropped = [b"one\n", b"two", b"err\n"]
        recorder.record_output(Stream.STDOUT, dropped[0])
        recorder.record_output(Stream.STDERR, dropped[2])
        recorder.record_output(Stream.STDOUT, dropped[1])
        recorder.take_turn(due + PATIENCE + 5)
    recorder.take_turn(due + PATIENCE + 10)
    recorder.record_output(Stream.STDOUT, b"after")
    assert reading.told == ["full", "dropping", "room"]
    assert [payload for payload in payloads(tmp_path) if not payload.startswith(b"{")] == [
        b"before",
        b"x" * 300,
        b"after",
    ]
    (gap,) = gaps(tmp_path)
    assert gap["reason"] == "disk_full"
    assert gap["dropped"] == {
        "stdout": {"bytes": 7, "sha256": sha256(b"one\ntwo").hexdigest(), "ends_line": False},
        "stderr": {"bytes": 4, "sha256": sha256(b"err\n").hexdigest(), "ends_line": True},
    }
    recorder.close()


def test_a_quota_is_told_of_then_holds_input_then_drops_and_one_gap_says_what(tmp_path: Path) -> None:
    """F-6"""
    reading = Reading()
    recorder = reading.recorder(tmp_path, 64_000, 4_000)
    block = b"x" * 1956  # a frame of 2,000 bytes
    seen = []
    for _ in range(40):
        recorder.record_output(Stream.STDOUT, block)
        seen.append(recorder.size)
    assert reading.told == ["low", "held", "dropping"]
    assert max(seen) < 64_000 + 2_100
    assert not recorder.try_record((Stream.STDIN, b"held"))
    due = recorder.due
    assert due is not None
    for segment in sorted(tmp_path.iterdir())[:-1]:
        segment.unlink()  # as the daemon does with what is acknowledged
    recorder.take_turn(due + RETRY_SECONDS)
    recorder.record_output(Stream.STDOUT, b"after")
    assert reading.told == ["low", "held", "dropping", "room"]
    assert recorder.try_record((Stream.STDIN, b"goes on"))
    (gap,) = gaps(tmp_path)
    written = max(seen) // 2_000
    lost = block * (40 - written)
    assert gap["reason"] == "spool_full"
    assert gap["dropped"] == {"stdout": {"bytes": len(lost), "sha256": sha256(lost).hexdigest(), "ends_line": False}}
    recorder.close()


def test_the_end_is_written_though_the_quota_is_reached_and_after_the_gap(tmp_path: Path) -> None:
    recorder = Reading().recorder(tmp_path, 64_000, 4_000)
    for _ in range(40):
        recorder.record_output(Stream.STDOUT, b"x" * 1956)
    recorder.record((Stream.STDIN, b'{"event":"input of no account"}'))
    recorder.conclude((Stream.EVENT, b'{"event":"ended"}'))
    assert [json.loads(payload)["event"] for payload in payloads(tmp_path)[-2:]] == ["gap", "ended"]
    recorder.close()


def test_a_disk_that_loses_what_it_took_is_as_good_as_full(tmp_path: Path) -> None:
    reading = Reading()
    spool = SpoolWriter(str(tmp_path), 1, 1)
    syncer = spool._syncer
    recorder = Recorder(spool, Quota(0), PATIENCE, lambda space: reading.told.append(space.value))
    recorder.record_output(Stream.STDOUT, b"one")
    syncer.problem = OSError(errno.EIO, "Input/output error")
    recorder.take_turn(1.0)
    recorder.record_output(Stream.STDOUT, b"two")
    due = recorder.due
    assert due is not None
    recorder.take_turn(due + RETRY_SECONDS)
    assert reading.told == ["full", "room"]
    assert payloads(tmp_path) == [b"one", b"two"]
    assert len(list(tmp_path.iterdir())) == 2, "the segment that the disk failed under is left"
    recorder.close()


def test_a_disk_that_refuses_the_gap_itself_is_what_is_told_last(tmp_path: Path) -> None:
    """The program was read again although nothing could be recorded: what it printed was kept without bound."""
    reading = Reading()
    recorder = reading.recorder(tmp_path, 64_000, 4_000)
    while reading.told[-1:] != ["dropping"]:
        recorder.record_output(Stream.STDOUT, b"x" * 1956)
    recorder.record_output(Stream.STDOUT, b"dropped")
    due = recorder.due
    assert due is not None
    for segment in sorted(tmp_path.iterdir())[:-1]:
        segment.unlink()  # as the daemon does with what is acknowledged
    with full_disk(0):
        recorder.take_turn(due + RETRY_SECONDS)
    assert recorder.space is Space.FULL
    assert reading.told[-1] == "full"
    recorder.take_turn(due + 3 * RETRY_SECONDS)
    assert reading.told[-2:] == ["full", "room"]
    (gap,) = gaps(tmp_path)
    assert gap["dropped"]["stdout"]["bytes"] == len(b"dropped")
    recorder.close()
