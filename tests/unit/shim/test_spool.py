from __future__ import annotations

from pathlib import Path

import pytest

from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream, decode
from claudios.shim import spool as module
from claudios.shim.spool import SpoolWriter


def segments(directory: Path) -> dict[int, list[int]]:
    """Return the seqs in each segment, by the seq it is named for."""
    return {
        int(path.stem): [frame.seq for frame in decode(path.read_bytes())] for path in sorted(directory.glob("*.seg"))
    }


def test_frames_are_numbered_from_the_first_seq_and_stamped_with_the_epoch(tmp_path: Path) -> None:
    writer = SpoolWriter(str(tmp_path), 7, 101)
    writer.append([(Stream.STDOUT, b"a")])
    writer.append([(Stream.EVENT, b"b"), (Stream.STDIN, b"c")])
    assert writer.seq == 103
    (path,) = tmp_path.iterdir()
    frames = decode(path.read_bytes())
    assert [(frame.epoch, frame.seq, frame.stream, frame.payload) for frame in frames] == [
        (7, 101, Stream.STDOUT, b"a"),
        (7, 102, Stream.EVENT, b"b"),
        (7, 103, Stream.STDIN, b"c"),
    ]
    writer.close()


def test_a_segment_ends_at_its_size_and_the_next_is_named_for_its_first_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 100_000)
    writer = SpoolWriter(str(tmp_path), 1, 1)
    for _ in range(5):
        writer.append([(Stream.STDOUT, bytes(MAX_PAYLOAD_BYTES))])
    writer.close()
    assert segments(tmp_path) == {1: [1, 2], 3: [3, 4], 5: [5]}


def test_an_idle_spool_has_no_file_and_nothing_to_sync(tmp_path: Path) -> None:
    writer = SpoolWriter(str(tmp_path), 1, 1)
    assert writer.sync_due is None
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_little_is_synced_soon_and_much_at_once(tmp_path: Path) -> None:
    writer = SpoolWriter(str(tmp_path), 1, 1)
    writer.append([(Stream.STDOUT, b"a")])
    first = writer.sync_due
    assert first is not None
    writer.append([(Stream.STDOUT, b"b")])
    assert writer.sync_due == first, "what comes later does not put off what is due"
    for _ in range(4):
        writer.append([(Stream.STDOUT, bytes(MAX_PAYLOAD_BYTES))])
    assert writer.sync_due == 0.0
    writer.close()


def test_a_segment_of_that_name_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / f"{1:020d}.seg").write_bytes(b"somebody's")
    writer = SpoolWriter(str(tmp_path), 1, 1)
    with pytest.raises(FileExistsError):
        writer.append([(Stream.STDOUT, b"a")])
