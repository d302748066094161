from __future__ import annotations

from pathlib import Path

import pytest

from claudios.agent.output.piece import Piece
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import MAX_FRAME_BYTES, Spool
from claudios.protocol.errors import ChainBroken
from claudios.protocol.frame import Stream
from claudios.protocol.signing import GENESIS, advance, verify_batch
from claudios.shim.spool import SpoolWriter

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"
KEY, AGENT, BOOT = b"k" * 32, "agt_abcdefghijabcdefghij", 7


@pytest.fixture
def pieces(tmp_path: Path) -> list[Piece]:
    """The pieces of a spool with frames of all sizes."""
    spool = Spool(tmp_path, SESSION)
    writer = SpoolWriter(str(spool.path), 1, 1)
    for size in (0, 1, 100, 65_536, 65_536, 3, 40_000, 65_536):
        writer.append([(Stream.STDOUT, bytes(size))])
    writer.close()
    spool.grow(writer.seq)
    found, seq = [], 0
    while (piece := spool.read(seq, MAX_FRAME_BYTES)) is not None:
        found.append(piece)
        seq = piece.last_seq
    assert len(found) > 2
    return found


def test_batches_verify_and_their_chain_links_up(pieces: list[Piece]) -> None:
    sealer = Sealer(KEY, AGENT, SESSION, 0, GENESIS)
    head = GENESIS
    for piece in pieces:
        batch = sealer.seal(piece, BOOT)
        assert batch.previous == head
        verify_batch(KEY, AGENT, batch)
        head = batch.head
    assert (sealer.seq, sealer.head) == (8, head)


def test_the_chain_is_that_of_the_protocol(pieces: list[Piece]) -> None:
    piece = pieces[0]
    head, start = GENESIS, 0
    for end in piece.ends:
        head, start = advance(head, piece.frames[start:end]), end
    assert Sealer(KEY, AGENT, SESSION, 0, GENESIS).seal(piece, BOOT).head == head


def test_sealing_again_after_a_rewind_gives_the_same_batch(pieces: list[Piece]) -> None:
    sealer = Sealer(KEY, AGENT, SESSION, 0, GENESIS)
    first = sealer.seal(pieces[0], BOOT)
    sealer.seal(pieces[1], BOOT)
    sealer.rewind(0, GENESIS)
    assert sealer.seal(pieces[0], BOOT) == first


def test_frames_that_do_not_come_next_are_not_sealed(pieces: list[Piece]) -> None:
    sealer = Sealer(KEY, AGENT, SESSION, 0, GENESIS)
    with pytest.raises(ChainBroken):
        sealer.seal(pieces[1], BOOT)
    assert (sealer.seq, sealer.head) == (0, GENESIS)
