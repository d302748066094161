"""The disk is full under the spool, or loses its power."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from claudios.protocol.frame import Stream
from tests.faults.case import MIB, Case
from tests.helpers import fake_cli
from tests.helpers.power_loss import repeat
from tests.helpers.shim import FAKE, RunningShim, running_shim

LINE_BYTES = 1000
DISK_MIB = 6


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """Mount a disk of a few megabytes. Needs root: without it there is no real full disk, and the test fails."""
    directory.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(directory)], capture_output=True, text=True
    )
    assert mounted.returncode == 0, f"A tmpfs cannot be mounted here; run this as root. {mounted.stderr}"
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def lines(count: int) -> list[bytes]:
    return [fake_cli.line(n, LINE_BYTES) for n in range(count)]


def flood(mib: int) -> list[str]:
    return [*FAKE, "--wait-lines", "1", "--emit", str(mib * MIB // LINE_BYTES * LINE_BYTES), "--line", str(LINE_BYTES)]


def until_log_says_full(shim: RunningShim) -> None:
    daemon = shim.attach()
    daemon.send(op="input", id="go", line="go")
    daemon.until("space", space="full")


@pytest.mark.fault("D1", usually=1)
def test_a_full_disk_holds_the_program_back_and_nothing_is_lost_when_space_returns(case: Case, tmp_path: Path) -> None:
    for n in case.each():
        place = tmp_path / str(n)
        with small_disk(place / "spool") as disk:
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(case.dice.randrange(3, 5) * MIB))
            with running_shim(place, flood(4)) as shim:
                until_log_says_full(shim)
                daemon = shim.attach()
                begun = time.monotonic()
                ballast.unlink()
                expected = b"".join(lines(4 * MIB // LINE_BYTES))
                daemon.until_true(lambda: len(shim.stream(Stream.STDOUT)) == len(expected))  # noqa: B023
                case.recovered(time.monotonic() - begun)
                case.judge(lines(4 * MIB // LINE_BYTES), shim.stream(Stream.STDOUT).splitlines(keepends=True))
                case.memory("shim", shim.memory_bytes(), 32 * MIB)
                daemon.send(op="terminate")
                daemon.until("ended")


@pytest.mark.fault("D1", usually=1)
def test_a_disk_that_stays_full_costs_one_gap_that_names_every_dropped_byte(case: Case, tmp_path: Path) -> None:
    for n in case.each():
        place = tmp_path / str(n)
        with small_disk(place / "spool") as disk:
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(case.dice.randrange(3, 5) * MIB))
            with running_shim(place, flood(8), patience_seconds=0) as shim:
                until_log_says_full(shim)
                daemon = shim.attach()
                daemon.until("space", space="dropping")
                begun = time.monotonic()
                ballast.unlink()
                daemon.until("space", space="room")
                case.recovered(time.monotonic() - begun)
                daemon.send(op="terminate")
                daemon.until("ended")
                whole = b"".join(lines(8 * MIB // LINE_BYTES))
                frames = shim.frames()
                assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
                place_of_gap = next(i for i, frame in enumerate(frames) if b'"event":"gap"' in frame.payload)
                before, after = frames[:place_of_gap], frames[place_of_gap + 1 :]
                kept = b"".join(frame.payload for frame in before if frame.stream is Stream.STDOUT)
                lost = json.loads(frames[place_of_gap].payload)["dropped"]["stdout"]
                rest = b"".join(frame.payload for frame in after if frame.stream is Stream.STDOUT)
                dropped = whole[len(kept) : len(kept) + lost["bytes"]]
                assert lost["sha256"] == sha256(dropped).hexdigest()
                case.judge([whole], [kept + dropped + rest])
                case.memory("shim", shim.memory_bytes(), 32 * MIB)


@pytest.mark.fault("D2", usually=1)
def test_power_that_fails_at_every_file_operation_takes_nothing_durable_and_no_number_twice(
    case: Case, tmp_path: Path
) -> None:
    case.did(repeat(case.repetitions, case.seed, tmp_path))
