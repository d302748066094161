"""May a batch be stored? Every verdict, from values alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.errors import ChainBroken, FrameInvalid, SignatureInvalid, Superseded
from claudios.protocol.frame import Frame, Stream, encode
from claudios.protocol.signing import GENESIS, Batch, chain_of, seal
from claudios.server.ingest.verify import (
    Accept,
    Refuse,
    Repeat,
    Source,
    Standing,
    Twin,
    check_seal,
    judge,
)

SESSION = "00000000-0000-4000-8000-000000000001"
KEY = bytes(range(32))
SOURCE = Source("agt_a", "prj_a", "key", KEY, 3)


def batch(first: int = 1, count: int = 2, previous: bytes = GENESIS, epoch: int = 1, key: bytes = KEY) -> Batch:
    frames = b"".join(
        encode(Frame(Stream.STDOUT, epoch, seq, seq, seq, f"frame {seq}".encode()))
        for seq in range(first, first + count)
    )
    last = first + count - 1
    return seal(
        key,
        SOURCE.agent_id,
        session_id=SESSION,
        boot=SOURCE.boot,
        epoch=epoch,
        first_seq=first,
        last_seq=last,
        previous=previous,
        head=chain_of(frames, previous, epoch, first, last),
        frames=frames,
    )


def standing(last_seq: int = 0, head: bytes = GENESIS, **fields: object) -> Standing:
    values: dict[str, object] = {"agent_id": SOURCE.agent_id, "boot": 3, "epoch": 1, "last_epoch": 1, **fields}
    return Standing(last_seq=last_seq, head=head, **values)  # type: ignore[arg-type]


def refusal(verdict: object) -> Refuse:
    assert isinstance(verdict, Refuse)
    return verdict


class TestSeal:
    def test_an_honest_batch_passes(self) -> None:
        check_seal(SOURCE, batch())

    def test_a_batch_of_another_registration_is_superseded(self) -> None:
        with pytest.raises(Superseded):
            check_seal(replace(SOURCE, boot=4), batch())

    @pytest.mark.fault("X1")
    @given(st.integers(0, 255))
    def test_every_flipped_bit_of_a_signature_is_refused(self, bit: int) -> None:
        good = batch()
        flipped = bytearray(good.signature)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureInvalid):
            check_seal(SOURCE, replace(good, signature=bytes(flipped)))

    @pytest.mark.fault("X1")
    @pytest.mark.parametrize("signature", [b"", bytes(32), bytes(31)])
    def test_an_empty_or_short_signature_is_refused(self, signature: bytes) -> None:
        with pytest.raises(SignatureInvalid):
            check_seal(SOURCE, replace(batch(), signature=signature))

    @pytest.mark.fault("X1")
    def test_a_batch_of_another_agent_or_key_is_refused(self) -> None:
        with pytest.raises(SignatureInvalid):
            check_seal(replace(SOURCE, agent_id="agt_b"), batch())
        with pytest.raises(SignatureInvalid):
            check_seal(SOURCE, batch(key=bytes(32)))

    @given(st.data())
    def test_every_flipped_bit_of_the_frames_is_refused(self, data: st.DataObject) -> None:
        good = batch()
        frames = bytearray(good.frames)
        place = data.draw(st.integers(0, len(frames) * 8 - 1))
        frames[place // 8] ^= 1 << place % 8
        with pytest.raises((ChainBroken, FrameInvalid)):
            check_seal(SOURCE, replace(good, frames=bytes(frames)))


class TestJudge:
    def test_what_continues_the_log_is_accepted(self) -> None:
        first = batch()
        assert judge(SOURCE, first, standing(), None) == Accept()
        assert judge(SOURCE, batch(3, 1, first.head), standing(2, first.head), None) == Accept()

    def test_the_very_batch_again_is_acknowledged_up_to_all_that_is_stored(self) -> None:
        first = batch()
        twin = Twin(first.last_seq, first.head)
        assert judge(SOURCE, first, standing(7, bytes(32)), twin) == Repeat(7)

    def test_another_batch_in_its_place_is_no_repetition(self) -> None:
        first = batch()
        verdict = refusal(judge(SOURCE, first, standing(2, b"h" * 32), Twin(2, b"h" * 32)))
        assert (verdict.seq, verdict.head, verdict.error.code) == (2, b"h" * 32, "out_of_order")

    def test_an_overlap_and_a_gap_are_sent_back_to_the_cursor_and_not_audited(self) -> None:
        for wrong in (batch(2, 3), batch(9, 1)):
            verdict = refusal(judge(SOURCE, wrong, standing(2, b"h" * 32), None))
            assert (verdict.seq, verdict.head, verdict.audited) == (2, b"h" * 32, False)

    def test_a_session_of_another_agent_and_an_unknown_one_are_refused_alike(self) -> None:
        foreign = judge(SOURCE, batch(), standing(5, b"h" * 32, agent_id="agt_b"), None)
        unknown = judge(SOURCE, batch(), None, None)
        for verdict in map(refusal, (foreign, unknown)):
            assert (verdict.error.code, verdict.seq, verdict.head, verdict.audited) == ("not_found", 0, GENESIS, True)

    def test_a_registration_that_is_no_longer_the_newest_is_superseded(self) -> None:
        with pytest.raises(Superseded):
            judge(SOURCE, batch(), standing(boot=4), None)

    def test_another_history_is_a_broken_chain(self) -> None:
        verdict = refusal(judge(SOURCE, batch(3, 1, b"x" * 32), standing(2, b"h" * 32), None))
        assert (verdict.error.code, verdict.audited) == ("chain_broken", True)

    @pytest.mark.parametrize(("epoch", "last", "known", "good"), [(1, 1, 2, True), (2, 1, 2, True), (1, 2, 2, False)])
    def test_epochs_may_only_go_forwards(self, epoch: int, last: int, known: int, good: bool) -> None:
        verdict = judge(SOURCE, batch(epoch=epoch), standing(epoch=known, last_epoch=last), None)
        assert (verdict == Accept()) is good

    def test_an_epoch_that_was_never_opened_is_refused(self) -> None:
        verdict = refusal(judge(SOURCE, batch(epoch=3), standing(epoch=2), None))
        assert (verdict.error.code, verdict.audited) == ("out_of_order", True)
