"""Check a session's record on this side, from a server's answer or from a file: frames, chain and checkpoints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from claudios.client.shapes import Removed, Verification
from claudios.protocol.checkpoints import fingerprint
from claudios.protocol.errors import FrameInvalid, MessageInvalid, ProtocolError
from claudios.protocol.messages import Checkpoint, SessionState
from claudios.protocol.record import Fault, RecordCheck
from claudios.protocol.record_file import RecordEnd, RecordHeader, read
from claudios.protocol.signing import Batch
from claudios.protocol.tombstone import Tombstone


@dataclass(frozen=True, slots=True)
class Checked:
    """Whose record it is, and what was found."""

    header: RecordHeader
    found: Verification


def check_record(pieces: Iterable[bytes], expected_key: str | None = None) -> Checked:
    """Check a record in pieces of any size, in bounded memory. Raises MessageInvalid for what is no record at all.

    `expected_key` is the fingerprint that the machine itself shows; then only what that key has signed counts.
    """
    parts = read(pieces)
    header = next(parts)
    if not isinstance(header, RecordHeader):
        raise MessageInvalid("The record does not begin with its header: it is damaged.")
    check = RecordCheck(header.agent_id, header.keys)
    try:
        for part in parts:
            if isinstance(part, Batch):
                _require(part.session_id == header.session_id)
                check.batch(part)
            elif isinstance(part, Tombstone):
                _require(part.session_id == header.session_id)
                check.bury(part)
            elif isinstance(part, Checkpoint):
                _require(part.session_id == header.session_id)
                check.checkpoint(part)
            elif isinstance(part, RecordEnd):
                _require(
                    (part.batches, part.checkpoints) == (check.batches, check.checkpoints) or check.fault is not None
                )
            if check.fault is not None:
                break
        else:
            check.finish(header.last_seq, bytes.fromhex(header.head))
    except (MessageInvalid, FrameInvalid) as damaged:
        check.fault = check.fault or Fault(check.seq + 1, damaged.message)
    except ProtocolError as newer:
        check.fault = check.fault or Fault(check.seq + 1, newer.message)
    closing = check.conclude(
        ended_ms=(header.ended_ms or header.exported_ms) if header.state is SessionState.ENDED else None,
        begun_ms=header.started_ms or header.created_ms,
        is_reachable=header.agent_online,
        signs=header.signs,
        behind_ms=header.agent_behind_ms,
        now_ms=header.exported_ms,
    )
    keys = tuple(map(fingerprint, check.used_keys))
    if check.fault is None and expected_key is not None and keys != (expected_key,):
        signed = " and ".join(keys) or "no key"
        check.fault = Fault(1, f"It is signed with {signed}, and not with the key {expected_key} alone.")
    return Checked(
        header,
        Verification(
            verified=check.fault is None,
            frames=check.frames,
            batches=check.batches,
            first_bad_seq=check.fault.seq if check.fault else None,
            problem=check.fault.text if check.fault else None,
            head=check.head.hex(),
            checkpoints=check.checkpoints,
            signed_seq=check.signed_seq,
            signed_ms=check.newest.at_ms if check.newest else None,
            closing=closing.value,
            keys=keys,
            removed=_removed(check.tombstone),
        ),
    )


def _removed(tombstone: Tombstone | None) -> Removed | None:
    if tombstone is None:
        return None
    return Removed(
        frames=tombstone.last_seq,
        batches=tombstone.batches,
        bytes=tombstone.bytes,
        removed_ms=tombstone.removed_ms,
        cause=tombstone.cause.value,
        kept=tombstone.kept,
        key=fingerprint(tombstone.key),
    )


def _require(holds: bool) -> None:
    if not holds:
        raise MessageInvalid(
            "A part of the record belongs to another session, or is missing: the file was put together."
        )
