from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudios.agent.output.spool import MAX_FRAME_BYTES, Spool
from claudios.protocol.errors import SpoolDamaged
from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Frame, Stream, decode, encode, locate
from claudios.protocol.signing import GENESIS
from claudios.shim import spool as writing
from claudios.shim.spool import SpoolWriter

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"
SEGMENT = 200_000


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "SEGMENT_BYTES", SEGMENT)


def written(directory: Path, payloads: list[bytes], epoch: int = 1, first_seq: int = 1) -> Spool:
    """Write payloads as a shim does and return the spool of a daemon that knows of all of them."""
    spool = Spool(directory, SESSION)
    writer = SpoolWriter(str(spool.path), epoch, first_seq)
    for payload in payloads:
        writer.append([(Stream.STDOUT, payload)])
    writer.close()
    spool.grow(writer.seq)
    return spool


def frames_after(spool: Spool, seq: int, max_bytes: int = MAX_FRAME_BYTES) -> Iterator[Frame]:
    while (piece := spool.read(seq, max_bytes)) is not None:
        assert len(piece.frames) <= max_bytes
        assert piece.ends[-1] == len(piece.frames)
        frames = decode(piece.frames)
        assert (frames[0].seq, frames[-1].seq) == (piece.first_seq, piece.last_seq)
        assert {frame.epoch for frame in frames} == {piece.epoch}
        yield from frames
        seq = piece.last_seq


def segments(spool: Spool) -> list[int]:
    return sorted(int(path.stem) for path in spool.path.glob("*.seg"))


PAYLOADS = [bytes([65 + n % 26]) * (n * 997 % MAX_PAYLOAD_BYTES) for n in range(40)]


def test_all_frames_are_read_in_order_over_segments(tmp_path: Path) -> None:
    spool = written(tmp_path, PAYLOADS)
    assert len(segments(spool)) > 3
    assert [frame.payload for frame in frames_after(spool, 0)] == PAYLOADS


@pytest.mark.parametrize("after", [0, 1, 17, 39, 40])
def test_reading_begins_after_any_frame(tmp_path: Path, after: int) -> None:
    spool = written(tmp_path, PAYLOADS)
    assert [frame.seq for frame in frames_after(spool, after, 1 << 20)] == list(range(after + 1, 41))


def test_reading_may_go_back_and_forth(tmp_path: Path) -> None:
    spool = written(tmp_path, PAYLOADS)
    for after in (30, 2, 39, 0, 30):
        piece = spool.read(after)
        assert piece is not None
        assert piece.first_seq == after + 1


def test_what_the_shim_has_not_announced_is_not_read(tmp_path: Path) -> None:
    spool = written(tmp_path, [b"one", b"two"])
    half = Spool(tmp_path, SESSION)
    assert half.read(0) is None
    half.grow(1)
    assert [frame.payload for frame in frames_after(half, 0)] == [b"one"]
    half.grow(2)
    assert [frame.payload for frame in frames_after(half, 1)] == [b"two"]
    spool.close()


def test_a_half_written_frame_behind_the_newest_does_no_harm(tmp_path: Path) -> None:
    spool = written(tmp_path, [b"one"])
    with (spool.path / f"{1:020d}.seg").open("ab") as segment:
        segment.write(b"CF\x01\x00garbage that will become a frame" * 3)
    assert [frame.payload for frame in frames_after(spool, 0)] == [b"one"]


def test_a_piece_holds_one_epoch(tmp_path: Path) -> None:
    written(tmp_path, [b"a", b"b"], epoch=1)
    spool = written(tmp_path, [b"c", b"d"], epoch=2, first_seq=3)
    first, second = spool.read(0), spool.read(2)
    assert first is not None
    assert second is not None
    assert (first.epoch, first.last_seq, second.epoch, second.last_seq) == (1, 2, 2, 4)


def test_a_changed_byte_is_noticed_and_what_stands_before_it_is_read(tmp_path: Path) -> None:
    spool = written(tmp_path, [b"one", b"two", b"three"])
    path = spool.path / f"{1:020d}.seg"
    path.write_bytes(path.read_bytes().replace(b"two", b"tow"))
    piece = spool.read(0)
    assert piece is not None
    assert piece.last_seq == 1
    with pytest.raises(SpoolDamaged):
        spool.read(1)


@pytest.mark.parametrize("after", [0, 1])
def test_a_segment_that_lacks_announced_frames_is_noticed(tmp_path: Path, after: int) -> None:
    spool = written(tmp_path, [b"one", b"two", b"three"])
    path = spool.path / f"{1:020d}.seg"
    path.write_bytes(path.read_bytes()[: 20 if after == 0 else 60])
    with pytest.raises(SpoolDamaged):
        spool.read(after)
    with pytest.raises(SpoolDamaged):
        spool.read(2)


def test_a_missing_segment_is_noticed(tmp_path: Path) -> None:
    spool = written(tmp_path, PAYLOADS)
    (spool.path / f"{segments(spool)[1]:020d}.seg").unlink()
    with pytest.raises(SpoolDamaged):
        list(frames_after(spool, 0))


def test_acknowledged_segments_are_unlinked_but_never_the_newest(tmp_path: Path) -> None:
    spool = written(tmp_path, PAYLOADS)
    list(frames_after(spool, 0))
    before = segments(spool)
    spool.acknowledge(before[2] - 2, b"\1" * 32)
    assert segments(spool) == before[1:], "one frame of the second is missing"
    spool.acknowledge(before[2] - 1, b"\2" * 32)
    assert segments(spool) == before[2:]
    spool.acknowledge(spool.head_seq, b"\3" * 32)
    assert segments(spool) == before[-1:]
    assert spool.is_acked


def test_the_cursor_is_on_disk_before_a_segment_goes(tmp_path: Path) -> None:
    spool = written(tmp_path, PAYLOADS)
    list(frames_after(spool, 0))
    spool.acknowledge(segments(spool)[1], b"\7" * 32)
    again = Spool(tmp_path, SESSION)
    assert (again.acked_seq, again.acked_head) == (spool.acked_seq, b"\7" * 32)
    assert again.acked_seq >= segments(again)[0] - 1


def test_an_acknowledgement_never_goes_back(tmp_path: Path) -> None:
    spool = written(tmp_path, [b"one", b"two"])
    told = []
    spool = Spool(tmp_path, SESSION, lambda: told.append(spool.acked_seq))
    spool.acknowledge(2, b"\2" * 32)
    spool.acknowledge(1, b"\1" * 32)
    assert (spool.acked_seq, spool.acked_head, told) == (2, b"\2" * 32, [2])


def test_a_log_that_began_elsewhere_goes_on_here(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SESSION)
    spool.skip_to(100, b"\5" * 32)
    spool.save_cursor()
    spool = written(tmp_path, [b"here"], epoch=2, first_seq=101)
    assert spool.acked_head == b"\5" * 32
    assert [frame.seq for frame in frames_after(spool, 100)] == [101]


def test_events_are_added_to_the_epochs_last_segment_when_its_writer_is_dead(tmp_path: Path) -> None:
    spool = written(tmp_path, [b"one"])
    spool.append_events(1, [{"event": "ended"}])
    frames = list(frames_after(spool, 0))
    assert [(frame.seq, frame.stream, frame.payload) for frame in frames[1:]] == [
        (2, Stream.EVENT, b'{"event":"ended","recovered":true}')
    ]
    assert len(segments(spool)) == 1


def test_events_of_an_epoch_that_wrote_nothing_get_a_segment_of_their_own(tmp_path: Path) -> None:
    spool = written(tmp_path, [b"one"])
    spool.append_events(2, [{"event": "failed"}, {"event": "ended"}])
    assert segments(spool) == [1, 2]
    assert [frame.epoch for frame in frames_after(spool, 1)] == [2, 2]
    tail = spool.recover()
    assert tail is not None
    assert (tail.epoch, [event["event"] for event in tail.events]) == (2, ["failed", "ended"])


def test_recovery_of_an_empty_spool_finds_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SESSION)
    assert spool.recover() is None
    assert (spool.head_seq, spool.acked_head) == (0, GENESIS)


def test_recovery_never_gives_out_a_number_that_the_server_has(tmp_path: Path) -> None:
    """After a loss of power the server may have more than this machine's disk."""
    spool = written(tmp_path, [b"one", b"two"])
    spool.acknowledge(9, b"\7" * 32)
    spool.recover()
    assert spool.head_seq == 9


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, MAX_PAYLOAD_BYTES), min_size=1, max_size=12),
    cut=st.integers(0, 1 << 20),
    tail=st.binary(max_size=100),
)
def test_whatever_a_loss_of_power_leaves_of_the_newest_segment_its_whole_frames_are_kept(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], cut: int, tail: bytes
) -> None:
    directory = tmp_path_factory.mktemp("spool")
    payloads = [bytes([n]) * size for n, size in enumerate(sizes)]
    before = written(directory, payloads)
    newest = before.path / f"{segments(before)[-1]:020d}.seg"
    raw = newest.read_bytes()
    kept = raw[: cut % (len(raw) + 1)]
    newest.write_bytes(kept + tail)
    spool = Spool(directory, SESSION)
    spool.recover()
    frames = list(frames_after(spool, 0))
    whole = len(payloads) - sum(found.end > len(kept) for found in locate(raw))
    assert [frame.payload for frame in frames] == payloads[:whole]
    assert spool.head_seq == whole
    # What is added, and a later epoch, go on without a hole and without a number used twice.
    spool.append_events(1, [{"event": "ended"}])
    again = written(directory, [b"next"], epoch=2, first_seq=whole + 2)
    assert [frame.seq for frame in frames_after(again, 0)] == list(range(1, whole + 3))


def test_a_segment_that_lost_its_end_takes_the_later_ones_with_it(tmp_path: Path) -> None:
    """D2: the disk may have taken a newer segment before an older one."""
    spool = written(tmp_path, [b"x" * 50_000] * 9)
    first, *later = segments(spool)
    path = spool.path / f"{first:020d}.seg"
    path.write_bytes(path.read_bytes()[:-1])
    assert later
    again = Spool(tmp_path, SESSION)
    again.recover()
    assert [frame.seq for frame in frames_after(again, 0)] == list(range(1, again.head_seq + 1))
    assert again.head_seq < later[0]
    assert segments(again) == [first]


def test_a_segment_that_lacks_a_frame_is_noticed_and_not_read_over(tmp_path: Path) -> None:
    spool = written(tmp_path, [b"one"])
    with (spool.path / f"{1:020d}.seg").open("ab") as segment:
        segment.write(encode(Frame(Stream.STDOUT, 1, 3, 0, 0, b"three")))
    spool.grow(3)
    with pytest.raises(SpoolDamaged, match="Frame 3 stands in the spool where 2 belongs"):
        list(frames_after(spool, 0))


def test_what_was_added_for_a_dead_writer_moves_behind_what_the_server_has(tmp_path: Path) -> None:
    """D2: the server may have frames that a loss of power took from this disk; their numbers are not used again."""
    spool = written(tmp_path, [b"one"])
    spool.append_events(1, [{"event": "ended"}])
    again = Spool(tmp_path, SESSION)
    again.recover()
    assert again.can_move(7)
    again.move_closing(7, b"\7" * 32)
    assert [(frame.seq, frame.stream) for frame in frames_after(again, 7)] == [(8, Stream.EVENT)]
    assert (again.acked_seq, again.head_seq) == (7, 8)
    assert Spool(tmp_path, SESSION).acked_head == b"\7" * 32


def closed_by_the_daemon(directory: Path) -> Spool:
    """Return a spool of one frame with what was added to it for its dead writer, found by another daemon."""
    written(directory, [b"one"]).append_events(1, [{"event": "failed"}, {"event": "ended"}])
    again = Spool(directory, SESSION)
    again.recover()
    return again


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_that_refuses_the_moved_end_keeps_it_where_it_is(tmp_path: Path) -> None:
    """It was dropped before it was written anew: on a full disk the end of the session was gone for good."""
    spool = closed_by_the_daemon(tmp_path)
    with full_disk(), pytest.raises(OSError, match="File too large"):
        spool.move_closing(7, b"\7" * 32)
    assert [frame.seq for frame in frames_after(spool, 0)] == [1, 2, 3]
    for later in (spool, Spool(tmp_path, SESSION)):
        later.recover()
        assert later.can_move(7)
    spool.move_closing(7, b"\7" * 32)
    assert [frame.seq for frame in frames_after(spool, 7)] == [8, 9]


@pytest.mark.parametrize("seq", [2, 3, 7])
@pytest.mark.parametrize(("has_cursor", "has_name", "is_unlinked"), [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)])
def test_a_move_that_a_loss_of_power_cuts_short_is_done_or_not_done(
    tmp_path: Path, seq: int, has_cursor: int, has_name: int, is_unlinked: int
) -> None:
    spool = closed_by_the_daemon(tmp_path)
    spool.save_cursor()
    cursor, old = tmp_path / "cursor.json", spool.path / f"{1:020d}.seg"
    before = {cursor: cursor.read_bytes(), old: old.read_bytes()}
    spool.move_closing(seq, b"\7" * 32)
    if not is_unlinked:
        old.write_bytes(before[old])
    if not has_name:
        new = spool.path / f"{seq + 1:020d}.seg"
        new.rename(new.with_suffix(".new"))
    if not has_cursor:
        cursor.write_bytes(before[cursor])
    again = Spool(tmp_path, SESSION)
    again.recover()
    if has_cursor:
        assert [frame.seq for frame in frames_after(again, seq)] == [seq + 1, seq + 2]
    else:
        assert [frame.seq for frame in frames_after(again, 0)] == [1, 2, 3]
        assert again.can_move(seq)
    assert not list(spool.path.glob("*.new"))


def test_a_cursor_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "cursor.json").write_text('{"seq": 5, "head": "' + "07" * 32 + '"}')
    spool = Spool(tmp_path, SESSION)
    assert (spool.acked_seq, spool.acked_head) == (5, b"\7" * 32)
    spool.skip_to(6, b"\6" * 32)
    spool.save_cursor()
    assert Spool(tmp_path, SESSION).acked_seq == 6


def test_a_cursor_whose_newest_slot_is_torn_is_the_one_before(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SESSION)
    for seq in (1, 2, 3):
        spool.skip_to(seq, bytes([seq]) * 32)
        spool.save_cursor()
    raw = bytearray((tmp_path / "cursor.json").read_bytes())
    place = raw.index(b'"seq":3')
    raw[place + 6 : place + 7] = b"9"
    (tmp_path / "cursor.json").write_bytes(raw)
    assert Spool(tmp_path, SESSION).acked_seq == 2


def test_a_full_disk_does_not_keep_acknowledged_segments(tmp_path: Path) -> None:
    """D1: the spool itself may have filled it; saving the cursor must cost no space."""
    spool = written(tmp_path, [b"x" * 50_000] * 9)
    spool.save_cursor()
    assert len(list(frames_after(spool, 0))) == 9
    before = segments(spool)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "cursor.json").stat().st_size, limits[1]))
    try:
        spool.acknowledge(9, b"\6" * 32)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert segments(spool) == before[-1:]
