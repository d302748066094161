"""What stands in a log before its first process: a conversation that was held before, written all at once or not.

It is one segment of the spool, which has its name only when it is whole and on the disk, and only while no shim lives.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from claudios.agent.durable import open_private, sync_directory, write_all
from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream, encode_header

DRAFT = ".draft"
"""Ends the name of a segment that is not whole."""


def write_beginning(
    spool: Path, epoch: int, first_seq: int, event: Mapping[str, object], lines: Iterable[bytes]
) -> int:
    """Write an event and then lines, as frames from `first_seq` on; return the last one's number.

    Raises OSError, and whatever `lines` raises; then nothing has changed.
    """
    segment = spool / f"{first_seq:020d}.seg"
    draft = segment.with_suffix(DRAFT)
    file = open_private(draft, os.O_WRONLY | os.O_TRUNC)
    seq = first_seq - 1
    try:
        for stream, payload in _pieces(event, lines):
            seq += 1
            header = encode_header(stream, epoch, seq, time.monotonic_ns(), time.time_ns() // 1_000_000, payload)
            write_all(file, header + payload)
        os.fsync(file)
        draft.replace(segment)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)
    sync_directory(spool)
    return seq


def _pieces(event: Mapping[str, object], lines: Iterable[bytes]) -> Iterator[tuple[Stream, bytes]]:
    yield Stream.EVENT, json.dumps(event, separators=(",", ":")).encode()
    gathered = bytearray()
    for line in lines:
        gathered += line
        while len(gathered) >= MAX_PAYLOAD_BYTES:
            yield Stream.TRANSCRIPT, bytes(gathered[:MAX_PAYLOAD_BYTES])
            del gathered[:MAX_PAYLOAD_BYTES]
    if gathered:
        yield Stream.TRANSCRIPT, bytes(gathered)
