"""What the data path needs of every database: contiguous logs, one answer, items that match their checkpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import AgentInUse, Conflict, NotFound
from claudios.protocol.frame import Stream
from claudios.protocol.messages import (
    EndReason,
    InstructionKind,
    Mode,
    Outcome,
    PermissionMode,
    Report,
    SessionState,
)
from claudios.protocol.signing import GENESIS
from claudios.server.ingest.verify import Source, Standing
from claudios.server.instructions import accept, outcome, starting
from claudios.server.instructions.accept import Asker, Decision
from claudios.server.instructions.lifecycle import InstructionState
from claudios.server.keys import ServerKey
from claudios.server.link.passages import Passages
from claudios.server.projections.asks import Answered
from claudios.server.projections.fold import Fold
from claudios.server.projections.items import Entry
from claudios.server.projections.life import Life
from claudios.server.store import (
    accounts,
    agents,
    expiry,
    folds,
    instructions,
    issuing,
    items,
    lives,
    log,
    projects,
    registrations,
    requests,
    session_lists,
    sessions,
)
from claudios.server.store.engine import Store
from claudios.server.store.folds import Save
from claudios.server.store.progress import Sums
from claudios.server.store.requests import RequestState
from claudios.server.store.sessions import NewSession
from tests.helpers.synthetic_agent import Output, SyntheticAgent
from tests.unit.server.projections.transcripts import can_use, log_of, out, system, whole_session

T = TypeVar("T")
SUMS = Sums("idle", 0.5, 10, 20, None, "opus", "plan", "hi", 5, None)


@dataclass(frozen=True)
class World:
    """A person, a project, an agent and a session on one database."""

    store: Store
    asker: Asker
    project_id: str
    agent: SyntheticAgent
    session_id: str

    async def do(self, work: Callable[[Connection], T]) -> T:
        return await self.store.write(work)

    async def place(self) -> sessions.Place:
        found = await self.store.read(lambda connection: sessions.place(connection, self.session_id))
        assert found is not None
        return found

    async def session(self) -> sessions.Session:
        found = await self.store.read(lambda connection: sessions.get(connection, self.session_id))
        assert found is not None
        return found

    def source(self, boot: int = 1) -> Source:
        keys = self.agent.keys
        return Source(self.agent.agent_id, self.project_id, keys.key_id, keys.sign, boot)

    def output(self) -> Output:
        return self.agent.output(self.session_id)


@pytest.fixture
async def world(store: Store) -> World:
    """The agent is connected."""
    return await made(store, is_connected=True)


@pytest.fixture
async def away(store: Store) -> World:
    """The agent was never connected: what it is asked waits."""
    return await made(store, is_connected=False)


async def made(store: Store, *, is_connected: bool) -> World:
    def build(connection: Connection) -> World:
        user = accounts.create(connection, "ann", None, 1)
        project = projects.create(connection, user.id, "project", 1)
        made, token = agents.create(connection, ServerKey(bytes(32)), project.id, "agent", 1)
        agent = SyntheticAgent("", project.id, made.id, token)
        if is_connected:
            registrations.register(connection, made.id, agent.hello(), "websocket", 1)
        asker = Asker(user.id, user.username)
        new = NewSession(str(uuid4()), project.id, made.id, "", Mode.CHAT, "/work", None, PermissionMode.DEFAULT)
        starting.start(connection, new, "hello there", asker, 1)
        return World(store, asker, project.id, agent, new.id)

    return await store.write(build)


class TestLog:
    async def test_batches_are_read_back_as_they_were_stored_from_any_position(self, world: World) -> None:
        output = world.output()
        batches = [output.batch(1, *[f"{n}-{m}".encode() for m in range(3)]) for n in range(4)]
        for batch in batches:
            await world.do(lambda connection, batch=batch: log.append(connection, world.source(), batch, 9))  # type: ignore[misc]
        whole = b"".join(bytes(batch.frames) for batch in batches)
        for after in range(13):
            stretches = await world.store.read(
                lambda connection, after=after: log.stretches_after(connection, world.session_id, after, 10**6)  # type: ignore[misc]
            )
            joined = b"".join(stretch.frames for stretch in stretches)
            assert whole.endswith(joined)
            assert [stretch.first_seq for stretch in stretches[:1]] == ([after + 1] if after < 12 else [])
        standing = await world.store.read(lambda connection: log.standing(connection, world.session_id))
        assert standing == Standing(world.agent.agent_id, 1, 1, 12, output.head, 1)

    async def test_reading_stops_at_the_limit_but_gives_at_least_one_batch(self, world: World) -> None:
        output = world.output()
        for _ in range(3):
            batch = output.batch(1, b"x" * 1000)
            await world.do(lambda connection, batch=batch: log.append(connection, world.source(), batch, 9))  # type: ignore[misc]
        for most, count in ((1, 1), (1100, 1), (2200, 2), (10**6, 3)):
            found = await world.store.read(
                lambda connection, most=most: log.stretches_after(connection, world.session_id, 0, most)  # type: ignore[misc]
            )
            assert len(found) == count

    async def test_a_tail_begins_where_so_many_bytes_and_batches_follow_and_not_before_where_it_is_asked_from(
        self, world: World
    ) -> None:
        output = world.output()
        for _ in range(5):
            batch = output.batch(1, b"x" * 1000)
            await world.do(lambda connection, batch=batch: log.append(connection, world.source(), batch, 9))  # type: ignore[misc]
        for after, most_bytes, most_batches, begins in (
            (0, 10**6, 10**6, 0),
            (0, 2200, 10**6, 3),
            (0, 10**6, 2, 3),
            (4, 2200, 2, 4),
            (0, 1, 10**6, 5),
        ):
            found = await world.store.read(
                lambda connection, after=after, size=most_bytes, count=most_batches: log.tail_start(  # type: ignore[misc]
                    connection, world.session_id, after, size, count
                )
            )
            assert found == begins

    async def test_cursors_are_given_for_the_agents_own_sessions_only(self, world: World) -> None:
        listed = [world.session_id, str(uuid4())]
        (cursor,) = await world.store.read(lambda connection: log.cursors(connection, world.agent.agent_id, listed))
        assert (cursor.session_id, cursor.seq, cursor.head) == (world.session_id, 0, GENESIS.hex())
        assert await world.store.read(lambda connection: log.cursors(connection, "agt_other", listed)) == ()

    async def test_a_batch_keeps_what_verifies_it(self, world: World) -> None:
        batch = world.output().batch(1, b"one")
        await world.do(lambda connection: log.append(connection, world.source(), batch, 9))
        (sealed,) = await world.store.read(lambda connection: log.sealed_after(connection, world.session_id, 0, 5))
        assert sealed.batch == batch
        bounded = await world.store.read(
            lambda connection: log.sealed_after(connection, world.session_id, 0, 5, upto_seq=0)
        )
        assert bounded == [], "what was stored since a record began is none of it"
        assert sealed.key_id == world.agent.keys.key_id
        assert sealed.sign_key_encrypted is not None


class TestInstructions:
    async def test_instructions_issued_at_the_same_time_are_numbered_without_gap_or_double(self, world: World) -> None:
        place = await world.place()
        await asyncio.gather(
            *[
                world.do(
                    lambda connection, n=n: accept.command(  # type: ignore[misc]
                        connection, place, f"text {n}", str(uuid4()), world.asker, 2
                    )
                )
                for n in range(40)
            ]
        )
        issued = await world.store.read(lambda connection: instructions.after(connection, world.agent.agent_id, 0, 99))
        assert [entry.iseq for entry in issued] == list(range(1, 42))
        assert len({entry.id for entry in issued}) == 41

    async def test_a_removed_agent_is_asked_nothing(self, world: World) -> None:
        place = await world.place()
        draft = issuing.Draft("id", InstructionKind.COMMAND, world.session_id, "{}", 9)
        with pytest.raises(NotFound):
            await world.do(lambda connection: issuing.issue(connection, "agt_gone", [draft], None, 2))
        assert place.agent_id == world.agent.agent_id

    async def test_instructions_are_read_page_by_page_back_to_the_first(self, world: World) -> None:
        place = await world.place()
        ids = [world.session_id, *[str(uuid4()) for _ in range(6)]]
        for command_id in ids[1:]:
            await world.do(
                lambda connection, it=command_id: accept.command(connection, place, "x", it, world.asker, 2)  # type: ignore[misc]
            )
        found: list[str] = []
        before: str | None = None
        while page := await world.store.read(
            lambda connection, it=before: instructions.of_session(connection, world.session_id, 3, it)  # type: ignore[misc]
        ):
            found = [*[each.id for each in page], *found]
            before = found[0]
        assert found == ids
        stranger = await world.store.read(
            lambda connection: instructions.of_session(connection, world.session_id, 3, "no such id")
        )
        assert stranger == []

    async def test_the_way_of_an_instruction_is_kept(self, world: World) -> None:
        async def state() -> str:
            (entry,) = await world.store.read(
                lambda connection: instructions.of_session(connection, world.session_id, 9)
            )
            return entry.state

        assert await state() == "sent", "its agent was connected when it was issued"
        taken = await world.do(lambda connection: instructions.mark_taken(connection, world.agent.agent_id, 1))
        assert (await state(), [kept.view.state for kept in taken]) == ("taken", ["taken"])
        assert await world.do(lambda connection: instructions.claim(connection, world.agent.agent_id, 0, 9)) == (
            await world.store.read(lambda connection: instructions.after(connection, world.agent.agent_id, 0, 9)),
            [],
        )
        assert await state() == "taken"
        report = Report(instruction_id=world.session_id, outcome=Outcome.DONE)
        told = await world.do(lambda connection: outcome.settle(connection, world.agent.agent_id, report, 3))
        assert (await state(), len(told)) == ("done", 1)
        again = await world.do(lambda connection: outcome.settle(connection, world.agent.agent_id, report, 4))
        assert again == []

    async def test_an_agent_is_sent_its_own_instructions_only(self, world: World) -> None:
        other, _ = await world.do(
            lambda connection: agents.create(connection, ServerKey(bytes(32)), world.project_id, "another", 1)
        )
        for agent_id, count in ((world.agent.agent_id, 1), (other.id, 0)):
            read = partial(instructions.after, agent_id=agent_id, iseq=0, most=9)
            assert len(await world.store.read(read)) == count

    async def test_a_report_of_another_agent_changes_nothing(self, world: World) -> None:
        report = Report(instruction_id=world.session_id, outcome=Outcome.REFUSED)
        assert await world.do(lambda connection: outcome.settle(connection, "agt_other", report, 3)) == []

    async def test_passages_gather_until_they_begin_to_be_kept(self, world: World) -> None:
        passages = Passages([(world.session_id, "ab" * 32)])
        assert passages.join(Passages(received=1))
        (taken,) = await world.do(lambda connection: passages.keep(connection, world.agent.agent_id))
        assert taken.view.state == "taken"
        assert not passages.join(Passages(received=2)), "it would be lost with a commit that is on its way"

    async def test_what_waits_too_long_expires_and_its_session_with_it(self, away: World) -> None:
        world = away
        due = await world.store.read(expiry.next_expiry)
        assert due == 1 + accept.START_TTL_MS
        assert await world.do(lambda connection: outcome.expire(connection, due - 1)) == []
        assert len(await world.do(lambda connection: outcome.expire(connection, due))) == 2
        session = await world.session()
        assert (session.state, session.reason) == (SessionState.ENDED, EndReason.FAILED)
        assert await world.store.read(expiry.next_expiry) is None

    async def test_what_an_agent_has_taken_does_not_expire_here(self, world: World) -> None:
        await world.do(lambda connection: instructions.mark_taken(connection, world.agent.agent_id, 1))
        assert await world.do(lambda connection: outcome.expire(connection, 10**15)) == []

    async def test_a_lost_journal_makes_what_was_taken_unknown(self, world: World) -> None:
        await world.do(lambda connection: instructions.mark_taken(connection, world.agent.agent_id, 1))
        (kept,) = await world.do(lambda connection: instructions.forget(connection, world.agent.agent_id, 0, 5))
        assert kept.view.state is InstructionState.UNKNOWN
        (entry,) = await world.store.read(lambda connection: instructions.after(connection, world.agent.agent_id, 0, 9))
        assert entry.expires_ms == entry.issued_ms

    async def test_a_database_restored_from_a_backup_numbers_on_after_the_agents_journal(self, world: World) -> None:
        hello = world.agent.hello(received=50)
        await world.do(lambda connection: registrations.register(connection, world.agent.agent_id, hello, "poll", 5))
        place = await world.place()
        accepted = await world.do(
            lambda connection: accept.command(connection, place, "x", str(uuid4()), world.asker, 6)
        )
        assert accepted.issued[0].iseq == 51


class TestSessions:
    async def test_a_session_is_found_by_those_who_are_in_its_project(self, world: World) -> None:
        (found,) = await world.store.read(
            lambda connection: session_lists.visible(connection, world.asker.user_id or "")
        )
        assert (found.title, found.state, found.created_by, found.agent_online) == (
            "hello there",
            "queued",
            "ann",
            True,
        )
        assert await world.store.read(lambda connection: session_lists.visible(connection, "usr_other")) == []

    async def test_the_same_start_again_gives_the_same_session_and_another_is_a_conflict(self, world: World) -> None:
        def again(connection: Connection, agent_id: str) -> accept.Accepted[sessions.Session]:
            new = NewSession(
                world.session_id, world.project_id, agent_id, "", Mode.CHAT, None, None, PermissionMode.DEFAULT
            )
            return starting.start(connection, new, "hello there", world.asker, 2)

        accepted = await world.do(lambda connection: again(connection, world.agent.agent_id))
        assert (accepted.answer.id, accepted.issued) == (world.session_id, ())
        with pytest.raises(Conflict):
            await world.do(lambda connection: again(connection, "agt_other"))

    async def test_an_end_withdraws_what_was_asked_and_is_told_with_it(self, world: World) -> None:
        await world.do(lambda connection: requests.add(connection, world.session_id, asked("r1")))
        ended = Life(1, SessionState.ENDED, EndReason.EXITED, "a\0b", 2**40)
        told = await world.do(lambda connection: lives.witness(connection, world.session_id, ended, 7))
        assert len(told) == 2
        session = await world.session()
        assert (session.state, session.detail, session.exit_code, session.ended_ms) == ("ended", "a b", None, 7)
        assert session.pending_requests == 0
        assert await world.do(lambda connection: lives.witness(connection, world.session_id, ended, 8)) == []

    async def test_a_deleted_session_leaves_nothing(self, world: World) -> None:
        batch = world.output().batch(1, b"one")
        await world.do(lambda connection: log.append(connection, world.source(), batch, 9))
        await world.do(lambda connection: requests.add(connection, world.session_id, asked("r1")))
        await world.do(lambda connection: sessions.remove(connection, world.session_id))
        assert await world.store.read(lambda connection: sessions.get(connection, world.session_id)) is None
        assert await world.store.read(lambda connection: log.sealed_after(connection, world.session_id, 0, 1)) == []


def asked(request_id: str) -> requests.NewRequest:
    return requests.NewRequest(
        request_id, 1, "permission", "Bash", "Bash", '{"command":"ls"}', None, "[]", None, None, None, None, 5
    )


class TestRequests:
    async def test_of_many_answers_at_once_exactly_one_counts(self, world: World) -> None:
        await world.do(lambda connection: requests.add(connection, world.session_id, asked("r1")))
        place = await world.place()

        async def answer(behavior: str) -> bool:
            decision = Decision(behavior)  # type: ignore[arg-type]
            try:
                await world.do(lambda connection: accept.answer(connection, place, "r1", decision, world.asker, 6))
            except Conflict as conflict:
                refusals.append(conflict.message)
                return False
            return True

        refusals: list[str] = []
        answers = ["allow", "deny"] * 8
        won = await asyncio.gather(*map(answer, answers))
        assert sum(won) == 1
        assert all("ann has answered" in refusal for refusal in refusals)
        found = await world.store.read(lambda connection: requests.get(connection, world.session_id, "r1"))
        assert found is not None
        assert (found.state, found.answer) == ("answered", answers[won.index(True)])
        assert not await world.do(
            lambda connection: requests.answer(
                connection, world.session_id, "r1", answer="deny", answered_by=None, instruction_id=None, now_ms=7
            )
        )
        issued = await world.store.read(lambda connection: instructions.after(connection, world.agent.agent_id, 0, 99))
        assert len(issued) == 2

    async def test_the_logs_word_on_an_answer_does_not_erase_whose_it_was(self, world: World) -> None:
        fold = Fold()
        fold.feed(b"".join(log_of([out(can_use("r1", "Bash", {}))])))
        asks = fold.ask_events()
        new = Save(fold.checkpoint(), fold.dirty(), asks, SUMS, fold.facts.life, True)
        await world.do(lambda connection: folds.save(connection, world.session_id, new, 5))
        place = await world.place()
        await world.do(lambda connection: accept.answer(connection, place, "r1", Decision("deny"), world.asker, 6))
        later = Save(fold.checkpoint(), [], [Answered("r1", "allow")], SUMS, fold.facts.life, True)
        await world.do(lambda connection: folds.save(connection, world.session_id, later, 7))
        (found,) = await world.store.read(lambda connection: requests.of_session(connection, world.session_id))
        assert (found.answer, found.answered_by) == ("deny", "ann")

    async def test_a_request_that_is_told_again_stays_as_it_is(self, world: World) -> None:
        await world.do(lambda connection: requests.add(connection, world.session_id, asked("r1")))
        await world.do(lambda connection: requests.withdraw(connection, world.session_id, ["r1", "r2"]))
        await world.do(lambda connection: requests.add(connection, world.session_id, asked("r1")))
        (found,) = await world.store.read(lambda connection: requests.of_session(connection, world.session_id))
        assert found.state is RequestState.WITHDRAWN


class TestFolds:
    def save(self, fold: Fold) -> Save:
        return Save(fold.checkpoint(), fold.dirty(), fold.ask_events(), SUMS, fold.facts.life, True)

    async def test_a_projection_goes_on_from_where_it_was_saved(self, world: World) -> None:
        frames = log_of(whole_session())
        whole = Fold()
        whole.feed(b"".join(frames))
        expected = sorted(whole.dirty(), key=lambda entry: entry.no)
        for frame_count in (3, 9, 16, 22):
            loaded = await world.store.read(lambda connection: folds.load(connection, world.session_id))
            assert loaded is not None
            for frame in frames[loaded.resume_seq - 1 : frame_count]:
                loaded.fold.feed(frame)
            await world.do(
                lambda connection, fold=loaded.fold: folds.save(  # type: ignore[misc]
                    connection, world.session_id, self.save(fold), 8
                )
            )
        loaded = await world.store.read(lambda connection: folds.load(connection, world.session_id))
        assert loaded is not None
        for frame in frames[loaded.resume_seq - 1 :]:
            loaded.fold.feed(frame)
        await world.do(lambda connection: folds.save(connection, world.session_id, self.save(loaded.fold), 9))
        found, has_earlier = await world.store.read(
            lambda connection: items.page(connection, world.session_id, after=None, before=None, limit=99)
        )
        assert found == expected
        assert has_earlier is False
        session = await world.session()
        assert (session.state, session.model, session.last_text, session.cost_usd) == ("ended", "opus", "hi", 0.5)

    async def test_what_a_projection_learns_of_requests_is_kept_and_told(self, world: World) -> None:
        fold = Fold()
        begun = system("task_started", task_id="a1", task_type="local_agent", description="Look\0for it")
        asks = can_use("r\0é", "Ba\0sh", {"command": "\0"}, title="a\0b", agent_id="a1")
        fold.feed(b"".join(log_of([out(begun, asks)])))
        told = await world.do(lambda connection: folds.save(connection, world.session_id, self.save(fold), 8))
        assert any('"type":"request"' in change.message for change in told)
        (found,) = await world.store.read(lambda connection: requests.of_session(connection, world.session_id))
        assert (found.id, found.tool_name, found.title, found.input) == ("ré", "Bash", "ab", {"command": "\0"})
        assert found.subagent == "Look for it"

    async def test_nothing_the_cli_prints_is_too_strange_for_the_database(self, world: World) -> None:
        strange = "\0 \x1b[31m \ufffd 💥 \u2028" + "x" * 300
        fold = Fold()
        message = {"id": strange, "content": [{"type": "text", "text": strange}]}
        lines: list[object] = [
            {"type": "assistant", "message": message, "parent_tool_use_id": strange},
            {"type": "assistant", "message": message},
            {"type": strange, "x": strange},
            {"type": "system", "subtype": "init", "session_id": strange, "model": strange, "permissionMode": strange},
            can_use(strange, strange, {strange: strange}, description=strange),
        ]
        event = (Stream.EVENT, b'{"event":"ended","exit_code":99999999999,"reason":"\\u0000","message":"\\u0000"}')
        fold.feed(b"".join(log_of([out(*lines), event])))
        facts = fold.facts
        sums = Sums(
            facts.activity,
            facts.cost_usd,
            facts.input_tokens,
            facts.output_tokens,
            facts.claude_session_id,
            facts.model,
            facts.permission_mode,
            facts.last_text,
            facts.started_ms,
            facts.ended_ms,
        )
        new = Save(fold.checkpoint(), fold.dirty(), fold.ask_events(), sums, facts.life, True)
        await world.do(lambda connection: folds.save(connection, world.session_id, new, 8))

    async def test_items_are_replaced_by_number(self, world: World) -> None:
        def entry(no: int, text: str, seq: int) -> Entry:
            return Entry(no, "message", {"text": text}, 1, seq, 2, None)

        first = [entry(no, "old", 1) for no in range(1, 6)]
        await world.do(lambda connection: items.put(connection, world.session_id, first))
        await world.do(lambda connection: items.put(connection, world.session_id, [entry(2, "new", 7)]))
        changed = await world.store.read(lambda connection: items.changed_after(connection, world.session_id, 1, 9))
        assert changed == [entry(2, "new", 7)]
        assert (
            await world.store.read(lambda connection: items.changed_after(connection, world.session_id, 0, 4)) is None
        )
        page, has_earlier = await world.store.read(
            lambda connection: items.page(connection, world.session_id, after=None, before=4, limit=2)
        )
        assert ([item.no for item in page], has_earlier) == ([2, 3], True)

    async def test_items_are_read_in_pieces_of_so_many_characters(self, world: World) -> None:
        sizes = {1: 10, 2: 500, 3: 10, 5: 10, 6: 10, 7: 10}
        entries = [Entry(no, "message", {"text": "x" * size}, 1, 1, 2, None) for no, size in sizes.items()]
        await world.do(lambda connection: items.put(connection, world.session_id, entries))

        async def numbers(after: int, max_characters: int, limit: int) -> tuple[list[int], bool]:
            found, has_more = await world.store.read(
                lambda connection: items.piece(
                    connection, world.session_id, after=after, max_characters=max_characters, limit=limit
                )
            )
            return [item.no for item in found], has_more

        assert await numbers(0, 100, 9) == ([1], True)
        assert await numbers(1, 100, 9) == ([2], True)  # one at least, whatever its size
        assert await numbers(2, 100, 9) == ([3, 5, 6, 7], False)
        assert await numbers(2, 100, 2) == ([3, 5], True)
        assert await numbers(5, 100, 2) == ([6, 7], False)
        assert await numbers(7, 100, 2) == ([], False)


async def test_a_registration_is_numbered_and_only_the_newest_counts_as_present(world: World) -> None:
    agent_id = world.agent.agent_id
    hello = world.agent.hello()
    boot = await world.do(lambda connection: registrations.register(connection, agent_id, hello, "poll", 5))
    assert boot == 2
    assert not await world.do(lambda connection: registrations.left(connection, agent_id, 1, 6))
    assert (await world.session()).agent_online
    assert await world.do(lambda connection: registrations.left(connection, agent_id, 2, 6))
    assert not (await world.session()).agent_online
    assert await world.do(lambda connection: registrations.register(connection, "agt_x", hello, "poll", 5)) is None


async def test_a_daemon_that_was_taken_over_from_stays_refused_when_its_successor_reconnects(world: World) -> None:
    agent_id = world.agent.agent_id
    older, newer = (world.agent.hello().model_copy(update={"installation": "i", "run": run}) for run in ("a", "b"))
    for hello in (older, newer, newer):
        await world.do(lambda connection, hello=hello: registrations.register(connection, agent_id, hello, "poll", 5))  # type: ignore[misc]
    with pytest.raises(AgentInUse):
        await world.do(lambda connection: registrations.register(connection, agent_id, older, "poll", 6))
