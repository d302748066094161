"""The reading side of the spool: pieces of consecutive frames, and how far the server has them.

A segment is a file named by its first seq; the shim appends to the newest. Reading stops at `head_seq`, the newest
frame that the shim has announced, so a half-written frame is never looked at while its writer lives. When the writer is
dead, `recover` cuts what it left unfinished, and `append_events` may add what it could not write any more.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claudios.agent.durable import open_private, sync_directory, write_private
from claudios.agent.output.piece import Piece
from claudios.protocol.errors import FrameInvalid, SpoolDamaged
from claudios.protocol.frame import HEADER_BYTES, MAX_PAYLOAD_BYTES, Frame, Stream, encode, locate
from claudios.protocol.signing import GENESIS

MAX_FRAME_BYTES = HEADER_BYTES + MAX_PAYLOAD_BYTES
PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tail:
    """What the newest segment tells of its epoch: the payloads of its event frames, oldest first."""

    epoch: int
    events: tuple[Mapping[str, object], ...]


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
        self._cursor = directory / "cursor.json"
        self._on_acked = on_acked
        self.acked_seq, self.acked_head = self._read_cursor() or (0, GENESIS)
        self.head_seq = self.acked_seq
        self._segments = self._listed()
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

    def read(self, after_seq: int, max_bytes: int = PIECE_BYTES) -> Piece | None:
        """Return the frames after `after_seq`, at most `max_bytes` of one segment and epoch; None when there are none.

        `max_bytes` is at least MAX_FRAME_BYTES. Raises SpoolDamaged when the next frame is missing or broken.
        """
        if after_seq >= self.head_seq:
            return None
        if after_seq != self._seq:
            self._seek(after_seq)
        while True:
            raw = os.pread(self._file, min(self._read_bytes, max_bytes), self._offset)
            piece = self._cut(raw)
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
            self.save_cursor()
            while len(self._segments) > 1 and self._segments[1] <= seq + 1:
                self._segment_path(self._segments.pop(0)).unlink(missing_ok=True)
        self._on_acked()

    def save_cursor(self) -> None:
        """Put the cursor on disk, so that the next daemon need not chain from further back."""
        write_private(self._cursor, json.dumps({"seq": self.acked_seq, "head": self.acked_head.hex()}).encode())

    @property
    def size_bytes(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.path.glob("*.seg"))

    def recover(self) -> Tail | None:
        """Cut what a dead writer left unfinished, and return what the newest segment tells; None for an empty spool."""
        self.close()
        self._segments = self._listed()
        while self._segments:
            path = self._segment_path(self._segments[-1])
            raw = path.read_bytes()
            epoch, seq, end, events = _scan(raw)
            if end < len(raw):
                os.truncate(path, end)
            if end:
                self.head_seq = max(self.acked_seq, seq)
                return Tail(epoch, tuple(events))
            path.unlink()
            self._segments.pop()
        return None

    def append_events(self, epoch: int, events: Sequence[Mapping[str, object]]) -> None:
        """Add event frames in the place of a writer that is dead, and bring them to the disk."""
        tail = self.recover()
        first = self.head_seq + 1
        if tail is None or tail.epoch != epoch:
            self._segments.append(first)
        now = time.monotonic_ns(), time.time_ns() // 1_000_000
        payloads = [json.dumps(event, separators=(",", ":")).encode() for event in events]
        raw = b"".join(
            encode(Frame(Stream.EVENT, epoch, seq, *now, payload)) for seq, payload in enumerate(payloads, first)
        )
        path = self._segment_path(self._segments[-1])
        with os.fdopen(open_private(path, os.O_WRONLY | os.O_APPEND), "ab") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(self.path)
        self.head_seq += len(payloads)

    def close(self) -> None:
        """Close the open segment; reading opens it again."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._seq = -1, -1

    def _cut(self, raw: bytes) -> Piece | None:
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
                if seq == self.head_seq:
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

    def _read_cursor(self) -> tuple[int, bytes] | None:
        try:
            raw = json.loads(self._cursor.read_bytes())
        except FileNotFoundError:
            return None
        return int(raw["seq"]), bytes.fromhex(raw["head"])


def _scan(raw: bytes) -> tuple[int, int, int, list[Mapping[str, object]]]:
    """Return epoch and seq of the last whole frame, where it ends, and all events."""
    view = memoryview(raw)
    epoch = seq = end = 0
    events: list[Mapping[str, object]] = []
    try:
        for found in locate(view):
            epoch, seq, end = found.epoch, found.seq, found.end
            if found.stream is Stream.EVENT:
                events.append(json.loads(bytes(view[found.start + HEADER_BYTES : found.end])))
    except FrameInvalid:
        return epoch, seq, end, events  # a write that power loss tore apart: the tail starts here
    return epoch, seq, end, events
