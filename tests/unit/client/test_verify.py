"""The client's own check of a session's record."""

from __future__ import annotations

import pytest

from claudios.client.shapes import Verification
from claudios.client.verify import RecordCheck
from claudios.protocol.frame import Frame, Stream, encode
from claudios.protocol.signing import GENESIS, advance


def _record(count: int = 5) -> tuple[list[bytes], Verification]:
    frames = [encode(Frame(Stream.STDOUT, 1, n, n, n, b"x" * n)) for n in range(1, count + 1)]
    head = GENESIS
    for each in frames:
        head = advance(head, each)
    return frames, Verification(verified=True, frames=count, batches=1, head=head.hex())


def _check(frames: list[bytes], told: Verification, piece: int = 1 << 20) -> Verification:
    check, raw = RecordCheck(), b"".join(frames)
    for start in range(0, len(raw), piece):
        check.feed(raw[start : start + piece])
    return check.result(told)


@pytest.mark.parametrize("piece", [1, 7, 45, 1 << 20])
def test_an_untouched_record_is_verified_however_it_is_cut(piece: int) -> None:
    frames, told = _record()
    assert _check(frames, told, piece) == told


def test_a_missing_frame_is_named() -> None:
    frames, told = _record()
    del frames[2]
    result = _check(frames, told)
    assert (result.verified, result.first_bad_seq) == (False, 3)


def test_swapped_frames_are_named() -> None:
    frames, told = _record()
    frames[1], frames[2] = frames[2], frames[1]
    assert _check(frames, told).first_bad_seq == 2


def test_a_changed_byte_is_named() -> None:
    frames, told = _record()
    frames[3] = frames[3][:-1] + b"y"
    assert _check(frames, told).first_bad_seq == 4


def test_a_frame_forged_with_its_checksum_changes_the_chain() -> None:
    frames, told = _record()
    frames[3] = encode(Frame(Stream.STDOUT, 1, 4, 4, 4, b"forged"))
    result = _check(frames, told)
    assert not result.verified
    assert "chain" in (result.problem or "")


def test_a_cut_tail_is_named() -> None:
    frames, told = _record()
    assert _check(frames[:-1], told).first_bad_seq == 5
    assert _check([*frames[:-1], frames[-1][:-3]], told).first_bad_seq == 5


def test_frames_that_came_after_the_servers_count_are_no_fault() -> None:
    frames, _ = _record(6)
    _, told = _record(5)
    assert _check(frames, told).verified


def test_what_the_server_found_wrong_stays_wrong() -> None:
    frames, _ = _record()
    bad = Verification(verified=False, frames=5, batches=1, first_bad_seq=2, problem="signature")
    assert _check(frames, bad) == bad
