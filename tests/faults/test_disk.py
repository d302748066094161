"""The disk is full under the spool, or loses its power."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from claudios.agent.output.spool import Spool
from claudios.protocol.frame import Frame, Stream, decode, encode
from claudios.shim.spool import SpoolWriter
from tests.faults.case import MIB, Case
from tests.helpers import fake_cli
from tests.helpers.power_loss import SESSION, repeat
from tests.helpers.shim import FAKE, RunningShim, running_shim

LINE_BYTES = 1000
PAGE_BYTES = 4096
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


@pytest.mark.fault("D1", usually=1)
def test_a_tail_that_was_torn_is_cut_while_the_disk_is_full_and_the_log_goes_on_behind_it(
    case: Case, tmp_path: Path
) -> None:
    for n in case.each():
        place = tmp_path / str(n)
        with small_disk(place / "spool") as disk:
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(case.dice.randrange(3, 5) * MIB))
            with running_shim(place, flood(4)) as shim:
                until_log_says_full(shim)
                case.memory("shim", shim.memory_bytes(), 32 * MIB)
                shim.process.kill()
                shim.process.wait()
            spool, newest = Spool(place, SESSION), max(disk.glob("*.seg"))
            whole = {path: path.read_bytes() for path in disk.glob("*.seg")}
            written = [frame for path in sorted(whole) for frame in decode(whole[path])]
            torn = encode(Frame(Stream.STDOUT, 1, written[-1].seq + 1, 0, 0, b"never whole" * 20))
            os.truncate(ballast, ballast.stat().st_size - 2 * PAGE_BYTES)
            with newest.open("ab") as segment:
                segment.write(torn[: case.dice.randrange(1, len(torn))])
            begun = time.monotonic()
            assert spool.recover() is not None
            assert newest.read_bytes() == whole[newest]
            assert spool.head_seq == written[-1].seq
            ballast.unlink()
            goes_on = SpoolWriter(str(spool.path), 2, spool.head_seq + 1)
            goes_on.append([(Stream.STDOUT, b"and on")])
            goes_on.close()
            case.recovered(time.monotonic() - begun)
            frames = [frame for path in sorted(disk.glob("*.seg")) for frame in decode(path.read_bytes())]
            assert [frame.seq for frame in frames] == list(range(1, len(written) + 2))
            case.judge([*(frame.payload for frame in written), b"and on"], [frame.payload for frame in frames])


@pytest.mark.fault("D2", usually=1)
def test_power_that_fails_at_every_file_operation_takes_nothing_durable_and_no_number_twice(
    case: Case, tmp_path: Path
) -> None:
    case.did(repeat(case.repetitions, case.seed, tmp_path))
