"""What a record's check finds, and where: every way of tampering is named at its first position (X17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.checkpoints import sign_checkpoint
from claudios.protocol.frame import Frame, Stream, encode
from claudios.protocol.messages import Checkpoint
from claudios.protocol.record import GRACE_MS, Closing, RecordCheck
from claudios.protocol.signing import GENESIS, Batch, advance, seal
from tests.helpers.records import KEY, OTHER_KEY, Signer

AGENT = "agt_a"
SESSION = "00000000-0000-4000-8000-000000000001"
SEAL = bytes(range(32))
LAST = 12


def frame(seq: int, payload: bytes = b"") -> bytes:
    return encode(Frame(Stream.STDOUT, 1, seq, seq, seq, payload or b"frame %d" % seq))


def sealed(first: int, frames: Sequence[bytes], previous: bytes, key: bytes = SEAL) -> Batch:
    head = previous
    for each in frames:
        head = advance(head, each)
    return seal(
        key,
        AGENT,
        session_id=SESSION,
        boot=1,
        epoch=1,
        first_seq=first,
        last_seq=first + len(frames) - 1,
        previous=previous,
        head=head,
        frames=b"".join(frames),
    )


def log(changed: dict[int, bytes] | None = None) -> list[Batch]:
    """Four batches of three frames; `changed` holds payloads that somebody put in place of the true ones."""
    batches: list[Batch] = []
    for first in range(1, LAST, 3):
        frames = [frame(seq, (changed or {}).get(seq, b"")) for seq in range(first, first + 3)]
        batches.append(sealed(first, frames, batches[-1].head if batches else GENESIS))
    return batches


def signed(batches: Sequence[Batch]) -> list[Checkpoint]:
    """A checkpoint after each batch, one more over silence, and the final one."""
    signer = Signer(AGENT, SESSION)
    made = [signer.sign(batch.last_seq, batch.head) for batch in batches]
    end = batches[-1]
    return [*made, signer.sign(end.last_seq, end.head), signer.sign(end.last_seq, end.head, final=True)]


def check(batches: Sequence[Batch], checkpoints: Sequence[Checkpoint], key: bytes | None = SEAL) -> RecordCheck:
    made = RecordCheck(AGENT, [KEY.public])
    waiting = sorted(checkpoints, key=lambda each: (each.seq, each.n))
    for batch in batches:
        while waiting and waiting[0].seq <= batch.last_seq:
            made.checkpoint(waiting.pop(0))
        made.batch(batch, key)
    for each in waiting:
        made.checkpoint(each)
    made.finish(batches[-1].last_seq if batches else 0)
    return made


def first_bad(batches: Sequence[Batch], checkpoints: Sequence[Checkpoint], key: bytes | None = SEAL) -> int | None:
    fault = check(batches, checkpoints, key).fault
    return None if fault is None else fault.seq


def conclude(found: RecordCheck, **fields: int | bool | None) -> Closing:
    known: dict[str, object] = {"ended_ms": None, "begun_ms": 0, "is_reachable": True, "signs": True, "now_ms": 0}
    return found.conclude(**(known | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [SEAL, None])
def test_an_untouched_record_holds_and_is_closed(key: bytes | None) -> None:
    found = check(log(), signed(log()), key)
    assert (found.fault, found.seq, found.signed_seq, found.checkpoints) == (None, LAST, LAST, 6)
    assert conclude(found, ended_ms=1, now_ms=10**14) is Closing.CLOSED


class TestTampering:
    def test_a_row_taken_out_is_missing_from_its_first_frame(self) -> None:
        """R-1"""
        batches = log()
        found = check([batches[0], *batches[2:]], signed(log()))
        assert found.fault is not None
        assert (found.fault.seq, found.fault.text) == (4, "Frames 4 to 6 are missing.")

    def test_a_frame_taken_out_is_named(self) -> None:
        batches = log()
        cut = bytes(batches[1].frames)
        length = len(frame(5))
        batches[1] = replace(batches[1], frames=cut[:length] + cut[2 * length :])
        assert first_bad(batches, signed(log())) == 5

    def test_a_tail_that_was_cut_is_named_though_the_rest_is_whole(self) -> None:
        """R-3"""
        assert first_bad(log()[:-1], signed(log())) == 10

    def test_swapped_rows_are_named_at_the_first(self) -> None:
        one, two, three, four = log()
        swapped = [one, replace(three, first_seq=4, last_seq=6), replace(two, first_seq=7, last_seq=9), four]
        found = check(swapped, signed(log()))
        assert found.fault is not None
        assert (found.fault.seq, found.fault.text) == (4, "Frame 7 stands where 4 belongs.")

    def test_a_changed_byte_is_named_to_the_frame(self) -> None:
        batches = log()
        batches[1] = replace(batches[1], frames=bytes(batches[1].frames)[:-1] + b"?")
        assert first_bad(batches, signed(log())) == 6

    def test_a_batch_sealed_anew_with_another_key_is_named(self) -> None:
        batches = log()
        batches[2] = sealed(7, [frame(seq) for seq in (7, 8, 9)], batches[1].head, bytes(32))
        assert first_bad(batches, signed(log())) == 7

    def test_all_batches_made_anew_with_the_agents_own_key_contradict_the_checkpoint(self) -> None:
        """R-2: what HMAC cannot show, since the server holds that key and could have made these."""
        forged = log({8: b"I never said this"})
        assert check(forged, []).fault is None
        assert first_bad(forged, signed(log())) == 7

    @pytest.mark.parametrize("place", [0, 1, 3])
    def test_a_checkpoint_taken_out_is_missed(self, place: int) -> None:
        checkpoints = signed(log())
        del checkpoints[place]
        found = check(log(), checkpoints)
        assert found.fault is not None
        assert f"Checkpoint {place + 1} is missing" in found.fault.text
        assert found.fault.seq == 3 * place + 1

    def test_the_last_checkpoints_taken_out_leave_the_record_open(self) -> None:
        """R-4"""
        found = check(log()[:2], signed(log())[:2])
        assert found.fault is None
        assert conclude(found, ended_ms=1, now_ms=GRACE_MS + 2) is Closing.NOT_CLOSED
        assert found.fault is not None

    def test_a_checkpoint_signed_with_another_key_is_refused(self) -> None:
        batches, checkpoints = log(), signed(log())
        checkpoints[1] = sign_checkpoint(OTHER_KEY, AGENT, checkpoints[1])
        assert first_bad(batches, checkpoints) == 4
        checkpoints[1] = checkpoints[1].model_copy(update={"key": KEY.public})
        assert first_bad(batches, checkpoints) == 4

    def test_a_checkpoint_of_another_history_does_not_continue_the_one_before_it(self) -> None:
        fork = Signer(AGENT, SESSION, at_ms=1)
        forked = [fork.sign(batch.last_seq, batch.head) for batch in log()]
        checkpoints = signed(log())
        checkpoints[1] = forked[1]
        found = check(log(), checkpoints)
        assert found.fault is not None
        assert (found.fault.seq, found.fault.text) == (4, "Checkpoint 2 does not continue the one before it.")

    def test_checkpoints_of_a_key_that_its_agent_never_told_are_refused(self) -> None:
        """R-2: they follow each other and name the true heads."""
        signer = Signer(AGENT, SESSION, OTHER_KEY)
        found = check(log(), [signer.sign(batch.last_seq, batch.head) for batch in log()])
        assert found.fault is not None
        assert found.fault.text == "Checkpoint 1 is signed with a key that is not this agent's."

    def test_a_checkpoint_over_silence_that_names_another_head_is_refused(self) -> None:
        """It comes when its frame has been checked already."""
        made = RecordCheck(AGENT, [KEY.public])
        for batch in log():
            made.batch(batch)
        made.checkpoint(Signer(AGENT, SESSION).sign(LAST, bytes(32)))
        assert made.fault is not None
        assert (made.fault.seq, "another chain head at frame 12" in made.fault.text) == (1, True)

    def test_a_batch_that_names_another_beginning_is_refused_by_whoever_has_no_key(self) -> None:
        """R-1"""
        batches = log()
        batches[1] = replace(batches[1], previous=bytes(32))
        assert first_bad(batches, [], None) == 4

    def test_a_batch_whose_frames_do_not_lead_to_its_head_is_refused_by_whoever_has_no_key(self) -> None:
        """R-1"""
        batches = log()
        batches[3] = replace(batches[3], frames=b"".join(frame(seq, b"another") for seq in (10, 11, 12)))
        assert first_bad(batches, [], None) == 10

    def test_a_frame_of_another_process_of_the_session_is_named(self) -> None:
        batches = log()
        batches[1] = replace(batches[1], epoch=2)
        found = check(batches, [], None)
        assert found.fault is not None
        assert (found.fault.seq, "another process" in found.fault.text) == (4, True)

    def test_a_batch_that_holds_more_than_it_names_is_refused(self) -> None:
        batches = log()
        batches[3] = replace(batches[3], last_seq=11)
        found = check(batches, [], None)
        assert found.fault is not None
        assert (found.fault.seq, found.fault.text) == (10, "Frames 10 to 12 are stored as another batch than they are.")

    def test_a_batch_that_ends_within_a_frame_is_refused(self) -> None:
        batches = log()
        batches[3] = replace(batches[3], frames=bytes(batches[3].frames)[:-1])
        found = check(batches, [], None)
        assert found.fault is not None
        assert (found.fault.seq, found.fault.text) == (12, "Frame 12 is missing or cut.")

    def test_a_log_that_ends_elsewhere_than_it_is_said_to_is_refused(self) -> None:
        for last_seq, head in ((LAST + 1, None), (LAST, bytes(32))):
            made = RecordCheck(AGENT, [KEY.public])
            for batch in log():
                made.batch(batch)
            made.finish(last_seq, head)
            assert made.fault is not None
            assert made.fault.seq == LAST + 1

    @given(st.integers(0, LAST * 3 - 1), st.integers(0, 7))
    def test_no_bit_of_a_frame_can_be_flipped(self, place: int, bit: int) -> None:
        batches = log()
        batch = batches[place % len(batches)]
        raw = bytearray(batch.frames)
        at = place * 31 % len(raw)
        raw[at] ^= 1 << bit
        batches[place % len(batches)] = replace(batch, frames=bytes(raw))
        bad = first_bad(batches, signed(log()))
        assert bad is not None
        assert batch.first_seq <= bad <= batch.first_seq + at * 3 // len(raw)


class TestClosing:
    def test_a_session_without_any_checkpoint_is_unsigned(self) -> None:
        """R-5"""
        assert conclude(check(log(), []), signs=False) is Closing.UNSIGNED

    def test_a_machine_that_signs_and_has_not_is_a_fault(self) -> None:
        found = check(log(), [])
        assert conclude(found, ended_ms=1, now_ms=GRACE_MS + 2) is Closing.NOT_CLOSED
        assert found.fault is not None
        assert found.fault.seq == 1

    def test_an_end_is_given_time_to_be_signed(self) -> None:
        found = check(log(), signed(log())[:4])
        assert conclude(found, ended_ms=1, now_ms=GRACE_MS) is Closing.OPEN
        assert found.fault is None

    @pytest.mark.parametrize("behind_ms", [130_000, -130_000])
    def test_a_machine_whose_clock_is_wrong_is_judged_by_its_own(self, behind_ms: int) -> None:
        """R-4: by a clock two minutes behind, every checkpoint looked overdue as soon as it came."""
        checkpoints = signed(log())[:5]
        due = checkpoints[-1].next_ms + behind_ms + GRACE_MS
        assert conclude(check(log(), checkpoints), behind_ms=behind_ms, now_ms=due) is Closing.OPEN
        assert conclude(check(log(), checkpoints), behind_ms=behind_ms, now_ms=due + 1) is Closing.LATE
        assert conclude(check(log(), []), begun_ms=5, behind_ms=9, now_ms=GRACE_MS + 14) is Closing.OPEN
        assert conclude(check(log(), []), begun_ms=5, behind_ms=9, now_ms=GRACE_MS + 15) is Closing.LATE

    def test_checkpoints_that_stopped_show_that_the_tail_may_be_cut(self) -> None:
        checkpoints = signed(log())[:5]
        due = checkpoints[-1].next_ms + GRACE_MS
        assert conclude(check(log(), checkpoints), now_ms=due) is Closing.OPEN
        found = check(log(), checkpoints)
        assert conclude(found, now_ms=due + 1) is Closing.LATE
        assert found.fault is not None
        assert conclude(check(log(), checkpoints), now_ms=due + 1, is_reachable=False) is Closing.OPEN
