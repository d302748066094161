"""The spool as its shim, its reader, crashes and losses of power leave it, in any order: D2, A2 and A4 in the small.

The model is three numbers. `written` frames were given a number, `durable` of them are on the disk, and the server
committed `committed`. A crash of the shim may tear the frame it is writing; a loss of power takes anything that is not
durable, whatever stands behind it. What is never allowed: a durable frame that is not there, an acknowledged one that
was not committed, a number with two meanings among the frames that somebody saw.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from claudios.agent.output.spool import CLOSING, MAX_FRAME_BYTES, Spool
from claudios.protocol.errors import SpoolDamaged
from claudios.protocol.frame import Frame, Stream, decode, encode
from claudios.protocol.signing import GENESIS, advance
from claudios.shim import spool as writing
from claudios.shim.spool import SpoolWriter

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"
SEGMENT = 3_000
ENDED = {"event": "ended", "reason": "lost"}


class SpoolMachine(RuleBasedStateMachine):
    """One session's spool on a real disk, and what must be true of it."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="spool-machine-"))
        self.epoch = 0
        self.payloads: dict[int, bytes] = {}  # what each number means, as long as anybody may know it
        self.committed = 0
        self.committed_head = GENESIS
        self.durable = 0
        self.durable_bytes = 0  # of the newest segment
        self.writer: SpoolWriter | None = None
        self.spool = Spool(self.directory, SESSION)
        self._start_shim()

    @property
    def written(self) -> int:
        return max(self.payloads, default=0)

    @rule(sizes=st.lists(st.integers(0, 1_500), min_size=1, max_size=4))
    @precondition(lambda self: self.writer is not None)
    def append(self, sizes: list[int]) -> None:
        assert self.writer is not None
        pieces = []
        for place, size in enumerate(sizes, 1):
            seq = self.writer.seq + place
            pieces.append((Stream.STDOUT, f"{self.epoch}:{seq}:".encode() + bytes(size)))
            assert seq not in self.payloads, f"the number {seq} was given out twice"
        before = self._newest()
        first = self.writer.seq + 1
        self.writer.append(pieces)
        self.payloads.update((seq, payload) for seq, (_, payload) in enumerate(pieces, first))
        self._settle()
        if self._newest() != before:  # the segment before was brought to the disk as a whole
            self.durable, self.durable_bytes = first - 1, 0

    @rule()
    @precondition(lambda self: self.writer is not None and self.writer.sync_due is not None)
    def sync(self) -> None:
        assert self.writer is not None
        self.writer.sync(0.0)
        self._settle()
        self.durable, self.durable_bytes = self.written, self._newest_size()

    @rule(back=st.integers(0, 4))
    def announce_and_read(self, back: int) -> None:
        """The reader goes on from anywhere at or after what is acknowledged, as after a rewind."""
        self.spool.grow(self.written)
        seq = max(self.spool.acked_seq, self.written - back * 3)
        while (piece := self.spool.read(seq, MAX_FRAME_BYTES)) is not None:
            for frame in decode(piece.frames):
                seq += 1
                assert (frame.seq, frame.payload) == (seq, self.payloads[seq])
        assert seq == self.spool.head_seq

    @rule(share=st.floats(0, 1))
    def commit_and_acknowledge(self, share: float) -> None:
        """The server commits a few more frames, and its acknowledgement arrives."""
        self.commit(share)
        self.spool.acknowledge(self.committed, self.committed_head)

    @rule(share=st.floats(0, 1))
    def commit(self, share: float) -> None:
        """The server commits a few more frames, and its acknowledgement is lost."""
        self.spool.grow(self.written)
        wanted = self.committed + round((self.spool.head_seq - self.committed) * share)
        while self.committed < wanted:
            piece = self.spool.read(self.committed, MAX_FRAME_BYTES)
            assert piece is not None
            for frame in decode(piece.frames):
                if self.committed < wanted:
                    assert (frame.seq, frame.payload) == (self.committed + 1, self.payloads[frame.seq])
                    self.committed_head = advance(self.committed_head, encode(frame))
                    self.committed += 1

    @rule()
    def daemon_crashes(self) -> None:
        """The next daemon knows only what is on disk; the shim goes on, and says how far it is."""
        self.spool.close()
        self.spool = Spool(self.directory, SESSION)
        assert self.spool.acked_seq <= self.committed
        if self.spool.acked_seq == self.committed:
            assert self.spool.acked_head in (self.committed_head, GENESIS)
        self.spool.grow(self.written)

    @rule(torn=st.binary(min_size=0, max_size=60), resumes=st.booleans())
    @precondition(lambda self: self._newest() != "")
    def shim_crashes(self, torn: bytes, resumes: bool) -> None:
        """What it was writing is torn; all it wrote before is there."""
        self._stop_shim()
        written = self.written
        frame = encode(Frame(Stream.STDOUT, self.epoch, written + 1, 0, 0, b"never whole"))
        with (self.spool.path / self._newest()).open("ab") as segment:
            segment.write(frame[: len(torn)] if len(torn) % 2 else torn)
        self._recover()
        assert self.spool.head_seq == max(written, self.committed if self.spool.acked_seq == self.committed else 0)
        self._end_epoch(resumes)

    @rule(share=st.floats(0, 1), torn=st.binary(max_size=60))
    @precondition(lambda self: self._newest() != "")
    def power_fails(self, share: float, torn: bytes) -> None:
        """Anything that was not brought to the disk may be gone, or be garbage."""
        self._stop_shim()
        newest = self.spool.path / self._newest()
        kept = self.durable_bytes + round((newest.stat().st_size - self.durable_bytes) * share)
        os.truncate(newest, kept)
        with newest.open("ab") as segment:
            segment.write(torn)
        self.spool.close()
        self.spool = Spool(self.directory, SESSION)
        self._recover()
        assert self.spool.head_seq >= self.durable, "a durable frame is gone"
        for seq in range(self.spool.head_seq + 1, self.written + 1):
            if seq > self.committed:
                del self.payloads[seq]  # nobody has seen these
        self._end_epoch(resumes=True)

    @invariant()
    def nothing_is_acknowledged_that_the_server_has_not(self) -> None:
        assert self.spool.acked_seq <= self.committed

    @invariant()
    def what_the_server_has_not_is_on_disk(self) -> None:
        on_disk = {frame.seq: frame.payload for frame in self._frames_on_disk()}
        for seq in range(self.committed + 1, self.written + 1):
            assert on_disk.get(seq) == self.payloads[seq], f"frame {seq} is lost"

    def teardown(self) -> None:
        self._stop_shim()
        self.spool.close()
        shutil.rmtree(self.directory)

    def _start_shim(self) -> None:
        self.epoch += 1
        self.writer = SpoolWriter(str(self.spool.path), self.epoch, self.spool.head_seq + 1)

    def _stop_shim(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def _recover(self) -> None:
        self.spool.recover()
        head = self.spool.head_seq
        self.spool.close()
        again = Spool(self.directory, SESSION)
        again.recover()
        assert again.head_seq in (head, again.acked_seq), "recovery is not the same the second time"
        again.close()

    def _end_epoch(self, resumes: bool) -> None:
        """The daemon writes down what happened, in the place of the shim; then the session is resumed."""
        self.spool.append_events(self.epoch, [ENDED])
        if self.spool.head_seq <= self.committed:
            # The server has more than this disk: by its cursor, the note moves behind what it has.
            assert self.spool.can_move(self.committed)
            self.spool.move_closing(self.committed, self.committed_head)
        assert self.spool.head_seq == self.written + 1
        self.payloads[self.spool.head_seq] = json.dumps({**ENDED, CLOSING: True}, separators=(",", ":")).encode()
        self.durable = self.written
        self.durable_bytes = self._newest_size()
        if not resumes:
            self.spool.recover()
        self._start_shim()

    def _settle(self) -> None:
        """Wait until the thread that waits for the disk has nothing more to do."""
        assert self.writer is not None
        while not self.writer._syncer.is_idle:
            os.sched_yield()

    def _newest(self) -> str:
        return max((path.name for path in self.spool.path.glob("*.seg")), default="")

    def _newest_size(self) -> int:
        newest = self._newest()
        return (self.spool.path / newest).stat().st_size if newest else 0

    def _frames_on_disk(self) -> list[Frame]:
        paths = sorted(self.spool.path.glob("*.seg"))
        return [frame for path in paths for frame in decode(path.read_bytes())]


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "SEGMENT_BYTES", SEGMENT)


EXAMPLES = settings(max_examples=40, stateful_step_count=30, deadline=None)
FIRST_FAILURE = settings(
    EXAMPLES, max_examples=1000, phases=[Phase.generate], report_multiple_bugs=False, database=None
)


def test_whatever_crashes_no_durable_frame_is_lost_and_no_number_used_twice() -> None:
    run_state_machine_as_test(SpoolMachine, settings=EXAMPLES)


def _without_the_durable_end(machine: SpoolMachine) -> None:
    """Recover as if the newest segment could simply be thrown away."""
    machine.spool.close()
    newest = machine.spool.path / machine._newest()
    if newest.is_file():
        newest.unlink()
    machine.spool.recover()


def _with_an_early_acknowledgement(machine: SpoolMachine) -> None:
    machine.spool.grow(machine.written)
    machine.spool.acknowledge(machine.written, machine.committed_head)


@pytest.mark.parametrize("fault", [_without_the_durable_end, _with_an_early_acknowledgement])
def test_the_machine_itself_notices_a_spool_that_loses_frames(fault: Callable[[SpoolMachine], None]) -> None:
    class Broken(SpoolMachine):
        @rule()
        @precondition(lambda self: self.writer is not None)
        def breaks(self) -> None:
            fault(self)

    with pytest.raises((AssertionError, SpoolDamaged)):
        run_state_machine_as_test(Broken, settings=FIRST_FAILURE)
