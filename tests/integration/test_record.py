"""The record of a session on a real server, tampered with in its database: `verify` names the place (X17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from claudios.cli.commands.verify import verify
from claudios.client.record import check_record
from claudios.protocol.checkpoints import fingerprint
from claudios.protocol.codec import ENVELOPE
from claudios.protocol.messages import Checkpointed, Welcome
from claudios.protocol.record_file import MAGIC
from claudios.protocol.signing import seal
from claudios.server.serving import Serving
from tests.faults.case import Case
from tests.helpers.finished_session import BATCHES, FRAMES, LAST, Record, finished_session
from tests.helpers.records import KEY, OTHER_KEY, Signer
from tests.helpers.server import People
from tests.helpers.synthetic_agent import new_agent

pytestmark = pytest.mark.integration


@pytest.fixture
async def record(server: Serving, people: People) -> AsyncIterator[Record]:
    async with finished_session(server, people) as made:
        yield made


async def test_an_untouched_record_is_verified_closed_and_names_its_key(record: Record) -> None:
    found = await record.verify()
    assert (found["verified"], found["closing"], found["signed_seq"]) == (True, "closed", LAST), found
    assert (found["checkpoints"], found["keys"]) == (BATCHES + 1, [fingerprint(KEY.public)])


async def test_an_exported_record_is_verified_without_the_server(record: Record, tmp_path: Path) -> None:
    """R-6"""
    path = tmp_path / "record.claudios"
    path.write_bytes(await record.export())
    right, wrong = fingerprint(KEY.public), fingerprint(OTHER_KEY.public)
    for arguments, code, said in (
        ([], 0, "Verified: 12 frames in 4 signed batches"),
        (["--key", right], 0, right),
        (["--key", wrong], 1, "not with the key"),
    ):
        ran = CliRunner().invoke(verify, [str(path), *arguments], standalone_mode=False)
        assert (ran.return_value, said in ran.output) == (code, True), ran.output


def _reseal(record: Record, key: bytes) -> bytes:
    batch = record.batches[1]
    forged = seal(
        key,
        record.agent.agent_id,
        session_id=batch.session_id,
        boot=batch.boot,
        epoch=batch.epoch,
        first_seq=batch.first_seq,
        last_seq=batch.last_seq,
        previous=batch.previous,
        head=batch.head,
        frames=batch.frames,
    )
    return forged.signature


Tampering = Callable[[Record], None]


def row_deleted(record: Record) -> None:
    record.tamper("DELETE FROM batches WHERE first_seq = 4")


def rows_swapped(record: Record) -> None:
    for old, new in ((4, 1004), (7, 4), (1004, 7)):
        record.tamper("UPDATE batches SET first_seq = ?, last_seq = ? WHERE first_seq = ?", new, max(new, new + 2), old)


def frames_swapped(record: Record) -> None:
    for number, other in ((1, 2), (2, 1)):
        record.tamper(
            "UPDATE batches SET frames = ? WHERE first_seq = ?",
            bytes(record.batches[other].frames),
            record.batches[number].first_seq,
        )


def byte_changed(record: Record) -> None:
    frames = bytearray(record.batches[1].frames)
    frames[-1] ^= 1
    record.tamper("UPDATE batches SET frames = ? WHERE first_seq = 4", bytes(frames))


def tail_cut(record: Record) -> None:
    record.tamper("DELETE FROM batches WHERE first_seq > 6")


def tail_cut_and_cursor_moved(record: Record) -> None:
    tail_cut(record)
    record.tamper("UPDATE sessions SET last_seq = 6, head = ?", record.batches[1].head)


def tail_cut_with_its_checkpoints(record: Record) -> None:
    """Only that no final checkpoint is left tells of this one."""
    tail_cut_and_cursor_moved(record)
    record.tamper("DELETE FROM checkpoints WHERE seq > 6")
    record.tamper("UPDATE sessions SET ended_ms = 1")


def resealed_with_another_key(record: Record) -> None:
    record.tamper("UPDATE batches SET signature = ? WHERE first_seq = 4", _reseal(record, bytes(32)))


def made_anew_with_the_agents_key(record: Record) -> None:
    """What a server could do that wanted to: the whole chain anew, every batch sealed as the agent would."""
    output = record.agent.output(record.session_id)
    for n, batch in enumerate(record.batches):
        forged = output.batch(batch.boot, *[b"forged %d-%d" % (n, m) for m in range(FRAMES)])
        record.tamper(
            "UPDATE batches SET frames = ?, previous = ?, head = ?, signature = ? WHERE first_seq = ?",
            bytes(forged.frames),
            forged.previous,
            forged.head,
            forged.signature,
            forged.first_seq,
        )
    record.tamper("UPDATE sessions SET head = ?", output.head)


def checkpoint_removed(record: Record) -> None:
    record.tamper("DELETE FROM checkpoints WHERE n = 2")


def checkpoint_resealed(record: Record) -> None:
    checkpoint = Signer(record.agent.agent_id, record.session_id, OTHER_KEY).sign(6, record.batches[1].head)
    record.tamper("UPDATE checkpoints SET signature = ? WHERE n = 2", bytes.fromhex(checkpoint.signature))


def checkpoint_made_unreadable(record: Record) -> None:
    record.tamper("UPDATE checkpoints SET head = ? WHERE n = 1", b"short")


CASES: list[tuple[Tampering, int, str]] = [
    (row_deleted, 4, "missing"),
    (rows_swapped, 4, "stands where 4 belongs"),
    (frames_swapped, 4, "stands where 4 belongs"),
    (byte_changed, 6, "changed"),
    (tail_cut, 7, "end"),
    (tail_cut_and_cursor_moved, 7, "cut"),
    (tail_cut_with_its_checkpoints, 7, "not closed"),
    (resealed_with_another_key, 4, "not sealed"),
    (made_anew_with_the_agents_key, 1, "sealed anew"),
    (checkpoint_removed, 4, "Checkpoint 2 is missing"),
    (checkpoint_resealed, 4, "signature"),
    (checkpoint_made_unreadable, 1, "cannot be read"),
]
ONLY_THE_SERVER_SEES = (resealed_with_another_key, checkpoint_made_unreadable)


@pytest.mark.fault("X17", usually=1)
@pytest.mark.parametrize(("tampering", "first_bad", "said"), CASES, ids=[case[0].__name__ for case in CASES])
async def test_the_server_and_an_export_by_itself_name_the_first_bad_frame_of(
    case: Case, record: Record, tampering: Tampering, first_bad: int, said: str
) -> None:
    tampering(record)
    found = await record.verify()
    assert (found["verified"], found["first_bad_seq"]) == (False, first_bad), found
    assert said in found["problem"]
    if tampering not in ONLY_THE_SERVER_SEES:
        alone = check_record([await record.export()]).found
        assert (alone.verified, alone.first_bad_seq, alone.problem) == (False, first_bad, found["problem"])
    case.did(1)


async def test_an_export_that_was_cut_or_lengthened_is_bad(record: Record) -> None:
    """R-7"""
    whole = await record.export()
    header = len(MAGIC) + ENVELOPE.size + ENVELOPE.unpack_from(whole, len(MAGIC))[1]
    for size in range(header, len(whole), 97):
        assert not check_record([whole[:size]]).found.verified
    assert not check_record([whole, b"x"]).found.verified
    assert check_record([bytes([byte]) for byte in whole]).found.verified


class TestIngest:
    async def test_one_that_is_sent_again_is_kept_once(self, record: Record) -> None:
        """C-5"""
        again = Signer(record.agent.agent_id, record.session_id, at_ms=record.signer.at_ms - 300_000)
        assert (await record.say(again.sign(3, record.batches[0].head))).code is None
        assert (await record.verify())["checkpoints"] == BATCHES + 1

    async def test_a_number_is_not_given_twice(self, record: Record) -> None:
        """C-6"""
        fork = Signer(record.agent.agent_id, record.session_id, at_ms=1)
        assert (await record.say(fork.sign(3, bytes(32)))).code == "conflict"
        assert "checkpoint_refused" in await record.actions()
        assert (await record.verify())["verified"]

    async def test_one_that_its_key_has_not_signed_is_refused(self, record: Record) -> None:
        """C-6"""
        signed = record.signer.sign(LAST, record.batches[-1].head)
        other = signed.model_copy(update={"at_ms": signed.at_ms + 1})
        assert (await record.say(other)).code == "signature_invalid"
        assert "checkpoint_refused" in await record.actions()

    async def test_an_unknown_key_and_another_agents_session_are_refused(
        self, record: Record, people: People, server: Serving
    ) -> None:
        """C-6"""
        strange = Signer(record.agent.agent_id, record.session_id, OTHER_KEY)
        assert (await record.say(strange.sign(LAST, record.batches[-1].head))).code == "signature_invalid"
        foreign = await new_agent(record.owner, server.url, name="another")
        async with foreign.socket() as link:
            await link.say(foreign.hello().model_copy(update={"checkpoint_key": KEY.public}))
            await link.expect(Welcome)
            await link.say(Signer(foreign.agent_id, record.session_id).sign(1, bytes(32)))
            assert (await link.expect(Checkpointed)).code == "not_found"

    async def test_one_that_contradicts_the_log_is_kept_as_evidence(self, record: Record) -> None:
        """C-6"""
        beyond = record.signer.sign(LAST + 5, bytes(32))
        assert (await record.say(beyond)).code is None
        found = await record.verify()
        assert (found["verified"], found["first_bad_seq"]) == (False, LAST + 1)
        assert "record_contradicted" in await record.actions()

    async def test_a_key_in_the_place_of_another_is_written_down_and_shown(self, record: Record) -> None:
        """C-1"""
        async with record.agent.socket() as link:
            await link.say(record.agent.hello().model_copy(update={"checkpoint_key": OTHER_KEY.public}))
            await link.expect(Welcome)
            assert "checkpoint_key_added" in await record.actions()
            signer = Signer(record.agent.agent_id, record.session_id, OTHER_KEY, at_ms=record.signer.at_ms)
            await link.say(signer.sign(LAST, record.batches[-1].head, final=True))
            assert (await link.expect(Checkpointed)).code is None
        found = await record.verify()
        assert (found["verified"], len(found["keys"])) == (True, 2)
