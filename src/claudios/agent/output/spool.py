"""The reading side of the spool: pieces of consecutive frames, and how far the server has them.

A segment is a file named by its first seq; the shim appends to the newest. Reading stops at `head_seq`, the newest
frame that the shim has announced, so a half-written frame is never looked at while its writer lives. When the writer is
dead, `recover` cuts what it left unfinished, and `append_events` may add what it could not write any more.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claudios.agent.durable import open_private, sync_directory, write_all
from claudios.agent.output.cursor import CursorFile
from claudios.agent.output.piece import Piece
from claudios.protocol.errors import FrameInvalid, SpoolDamaged
from claudios.protocol.frame import HEADER_BYTES, MAX_PAYLOAD_BYTES, Frame, Stream, encode, locate
from claudios.protocol.signing import GENESIS

MAX_FRAME_BYTES = HEADER_BYTES + MAX_PAYLOAD_BYTES
PIECE_BYTES = 1024 * 1024
CLOSING = "recovered"
"""Marks events that were written in the place of a dead writer."""
MOVED = ".new"
"""Ends the name of a segment that waits for the cursor before it takes the place of all others."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tail:
    """What the newest segment tells of its epoch: the payloads of its event frames, oldest first.

    `inputs` are the ids of the inputs that any segment tells of which is still here.
    """

    epoch: int
    events: tuple[Mapping[str, object], ...]
    inputs: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Closing:
    """The events that were added in the place of a dead writer."""

    epoch: int
    first_seq: int
    events: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class _Scanned:
    """What a segment holds: epoch and seq of its last whole frame, where that ends, and its events."""

    epoch: int
    seq: int
    end: int
    events: Sequence[Mapping[str, object]]
    closing: _Closing | None


class Spool:
    """The spool of one session, in `directory`/spool with the cursor in `directory`/cursor.json.

    `acked_seq` and `acked_head` are the last frame the server has committed and the chain head after it. `on_acked` is
    called whenever they advance.
    """

    def __init__(self, directory: Path, session_id: str, on_acked: Callable[[], None] = lambda: None) -> None:
        """Open what there is on disk; nothing is read yet, and `head_seq` is the cursor's until `grow` or `recover`."""
        self.session_id = session_id
        self.path = directory / "spool"
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._cursor = CursorFile(directory / "cursor.json")
        self._on_acked = on_acked
        self.acked_seq, self.acked_head = self._cursor.read() or (0, GENESIS)
        self.head_seq = self.acked_seq
        self._segments = self._listed()
        self._closing: _Closing | None = None
        # Where the last read ended: the open segment, the offset in it, and the seq of the frame before that.
        self._file = -1
        self._offset = 0
        self._seq = -1
        self._read_bytes = MAX_FRAME_BYTES

    @property
    def is_acked(self) -> bool:
        """Say whether the server has everything there is."""
        return self.acked_seq >= self.head_seq

    def skip_to(self, seq: int, head: bytes) -> None:
        """Learn that the log goes on after frame `seq` with chain head `head`, though this machine never had it."""
        if seq > self.head_seq:
            self.acked_seq, self.acked_head, self.head_seq = seq, head, seq

    def grow(self, seq: int) -> None:
        """Learn that frames up to `seq` are in the spool."""
        self.head_seq = max(self.head_seq, seq)

    def read(self, after_seq: int, max_bytes: int = PIECE_BYTES, max_frames: int | None = None) -> Piece | None:
        """Return the frames after `after_seq`, at most `max_bytes` of one segment and epoch; None when there are none.

        `max_bytes` is at least MAX_FRAME_BYTES. Raises SpoolDamaged when the next frame is missing or broken.
        """
        if after_seq >= self.head_seq:
            return None
        if after_seq != self._seq:
            self._seek(after_seq)
        while True:
            raw = os.pread(self._file, min(self._read_bytes, max_bytes), self._offset)
            piece = self._cut(raw, max_frames)
            if piece is not None:
                break
            self._open_next()
        # Whoever is behind reads large pieces, whoever follows closely small ones.
        self._read_bytes = PIECE_BYTES if len(raw) >= self._read_bytes else MAX_FRAME_BYTES
        self._offset += len(piece.frames)
        self._seq = piece.last_seq
        return piece

    def acknowledge(self, seq: int, head: bytes) -> None:
        """Learn that the server has committed all frames up to `seq`, and that the chain head there is `head`.

        Segments it does not need any more are unlinked, after the cursor is on disk.
        """
        if seq <= self.acked_seq:
            return
        self.acked_seq, self.acked_head = seq, head
        if len(self._segments) > 1 and self._segments[1] <= seq + 1:
            self._unlink_what_is_acked()
        self._on_acked()

    def _unlink_what_is_acked(self) -> None:
        try:
            self.save_cursor()
        except OSError as problem:
            _log.warning("The cursor of session %s is not on disk, so its spool stays: %s", self.session_id, problem)
            return
        while len(self._segments) > 1 and self._segments[1] <= self.acked_seq + 1:
            self._segment_path(self._segments.pop(0)).unlink(missing_ok=True)

    def save_cursor(self) -> None:
        """Put the cursor on disk, so that the next daemon need not chain from further back."""
        self._cursor.save(self.acked_seq, self.acked_head)

    @property
    def size_bytes(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.path.glob("*.seg"))

    def recover(self) -> Tail | None:
        """Cut what a dead writer left unfinished, and return what the newest segment tells; None for an empty spool.

        After a loss of power any segment may lack its end, whatever stands in later ones: all from there on goes.
        """
        self.close()
        self._finish_move()
        self._segments = self._listed()
        tail, last = None, 0
        inputs: set[str] = set()
        for place, first in enumerate(self._segments):
            path = self._segment_path(first)
            raw = path.read_bytes()
            scanned = _scan(raw, first)
            # one right behind the cursor goes on from there, whatever an earlier one still holds: see `move_closing`
            follows = first in (last + 1, self.acked_seq + 1) if last else first <= self.acked_seq + 1
            if scanned is None or not follows:
                if first > self.acked_seq or scanned is not None:
                    self._drop_from(place)
                    break
                continue  # it was acknowledged, and was to be unlinked
            if scanned.end < len(raw):
                os.truncate(path, scanned.end)
            tail, last = scanned, scanned.seq
            inputs.update(str(event["id"]) for event in scanned.events if event.get("event") == "input")
        self.head_seq = max(self.acked_seq, last)
        if tail is None or last < self.acked_seq:
            self._drop_from(0)
        sync_directory(self.path)
        if tail is None:
            return None
        self._closing = tail.closing
        return Tail(tail.epoch, tuple(tail.events), frozenset(inputs))

    def append_events(self, epoch: int, events: Sequence[Mapping[str, object]]) -> None:
        """Add event frames in the place of a writer that is dead, and bring them to the disk."""
        tail = self.recover()
        self._append_events(epoch, events, is_new=tail is None or tail.epoch != epoch or not self._segments)

    def can_move(self, seq: int) -> bool:
        """Say whether nothing after frame `seq` is here but what was added in the place of a dead writer."""
        return self._closing is not None and self._closing.first_seq <= seq

    def move_closing(self, seq: int, head: bytes) -> None:
        """Put what was added in the place of a dead writer behind frame `seq` with chain head `head`.

        A loss of power can take from this disk what the server has already: its numbers are not used again. What is
        there goes last, and the cursor decides which of the two holds. Raises OSError, and then nothing has changed.
        """
        closing = self._closing
        assert closing is not None
        self.close()
        self._write_events(self._moved_path(seq + 1), os.O_TRUNC, closing.epoch, seq + 1, closing.events)
        self._cursor.save(seq, head)
        self._moved_path(seq + 1).replace(self._segment_path(seq + 1))
        sync_directory(self.path)
        self.acked_seq, self.acked_head, self.head_seq = seq, head, seq + len(closing.events)
        self._closing = _Closing(closing.epoch, seq + 1, closing.events)
        for first in self._listed():
            if first <= seq:
                self._segment_path(first).unlink()
        self._segments = [seq + 1]

    def _finish_move(self) -> None:
        """Do what a move that was cut short would have done, if its cursor is on the disk; else take it back."""
        for moved in self.path.glob(f"*{MOVED}"):
            first = int(moved.stem)
            if first == self.acked_seq + 1:
                moved.replace(self._segment_path(first))
            else:
                moved.unlink()

    def _append_events(self, epoch: int, events: Sequence[Mapping[str, object]], *, is_new: bool) -> None:
        first = self.head_seq + 1
        if is_new:
            self._segments.append(first)
        self._write_events(self._segment_path(self._segments[-1]), os.O_APPEND, epoch, first, events)
        self.head_seq += len(events)
        self._closing = _Closing(epoch, first, tuple(events))

    def _write_events(
        self, path: Path, flags: int, epoch: int, first: int, events: Sequence[Mapping[str, object]]
    ) -> None:
        now = time.monotonic_ns(), time.time_ns() // 1_000_000
        payloads = [json.dumps({**event, CLOSING: True}, separators=(",", ":")).encode() for event in events]
        raw = b"".join(
            encode(Frame(Stream.EVENT, epoch, seq, *now, payload)) for seq, payload in enumerate(payloads, first)
        )
        file = open_private(path, os.O_WRONLY | flags)
        size = os.fstat(file).st_size
        try:
            write_all(file, raw)
            os.fsync(file)
        except OSError:
            os.ftruncate(file, size)
            raise
        finally:
            os.close(file)
        sync_directory(self.path)

    def _drop_from(self, place: int) -> None:
        """Unlink the newest segments, the newest first: whatever moment that breaks off at, no hole comes of it."""
        for first in reversed(self._segments[place:]):
            self._segment_path(first).unlink()
        del self._segments[place:]

    def close(self) -> None:
        """Close the open segment; reading opens it again."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._seq = -1, -1

    def _cut(self, raw: bytes, max_frames: int | None = None) -> Piece | None:
        """Return the whole announced frames at the start of `raw`; None when the segment has no more."""
        ends: list[int] = []
        epoch, seq = 0, self._seq
        try:
            for found in locate(raw):
                if ends and found.epoch != epoch:
                    break
                if found.seq != seq + 1:
                    raise SpoolDamaged(f"Frame {found.seq} stands in the spool where {seq + 1} belongs.")
                epoch, seq = found.epoch, found.seq
                ends.append(found.end)
                if seq == self.head_seq or len(ends) == max_frames:
                    break
        except FrameInvalid as broken:
            if not ends:
                raise SpoolDamaged(
                    f"Frame {seq + 1} of the spool is damaged. The frames before it are intact."
                ) from broken
        return Piece(epoch, self._seq + 1, seq, raw[: ends[-1]], ends) if ends else None

    def _seek(self, after_seq: int) -> None:
        """Stand after the frame `after_seq`."""
        self._segments = self._listed()
        first = max((segment for segment in self._segments if segment <= after_seq + 1), default=after_seq + 1)
        self._open(first)
        while self._seq < after_seq:
            piece = self._cut(os.pread(self._file, PIECE_BYTES, self._offset))
            if piece is None:
                self._open_next()
                continue
            wanted = min(piece.last_seq, after_seq) - piece.first_seq
            self._offset += piece.ends[wanted]
            self._seq = piece.first_seq + wanted

    def _open_next(self) -> None:
        """Go on in the segment after this one, of which all is read."""
        if self._offset == 0:
            raise SpoolDamaged(f"The spool breaks off before frame {self._seq + 1}, though later ones were announced.")
        self._open(self._seq + 1)

    def _open(self, first_seq: int) -> None:
        """Open the segment that begins with `first_seq` and stand at its start."""
        self.close()
        try:
            self._file = os.open(self._segment_path(first_seq), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as missing:
            raise SpoolDamaged(f"The spool holds no frame {first_seq}, though later ones were announced.") from missing
        if not self._segments or self._segments[-1] < first_seq:
            self._segments.append(first_seq)
        self._offset, self._seq = 0, first_seq - 1

    def _listed(self) -> list[int]:
        return sorted(int(path.stem) for path in self.path.glob("*.seg"))

    def _segment_path(self, first_seq: int) -> Path:
        return self.path / f"{first_seq:020d}.seg"

    def _moved_path(self, first_seq: int) -> Path:
        return self._segment_path(first_seq).with_suffix(MOVED)


def _scan(raw: bytes, first_seq: int) -> _Scanned | None:
    """Return what a segment holds up to its first damage; None when it has not one whole frame."""
    view = memoryview(raw)
    epoch, seq, end = 0, first_seq - 1, 0
    events: list[Mapping[str, object]] = []
    closing: list[Mapping[str, object]] = []
    try:
        for found in locate(view):
            if found.seq != seq + 1:
                break  # left over from before the power was lost
            epoch, seq, end = found.epoch, found.seq, found.end
            event = json.loads(bytes(view[found.start + HEADER_BYTES : end])) if found.stream is Stream.EVENT else None
            if event is not None:
                events.append(event)
            closing = [*closing, event] if event is not None and event.get(CLOSING) else []
    except FrameInvalid:
        pass  # a write that power loss tore apart: the tail starts here
    if not end:
        return None
    added = _Closing(epoch, seq + 1 - len(closing), tuple(closing)) if closing else None
    return _Scanned(epoch, seq, end, events, added)
