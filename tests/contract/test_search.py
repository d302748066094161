"""What is found, and by whom: the same on every database, and nothing that was removed or is not one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, func, inspect, select, text, update

from claudios.protocol.errors import InputInvalid, Unavailable
from claudios.protocol.messages import Mode, PermissionMode, SessionState
from claudios.server.keys import ServerKey
from claudios.server.projections.fold import Fold
from claudios.server.projections.items import Entry
from claudios.server.search.follower import AT_ONCE, LATEST_SECONDS, QUIET_SECONDS, Follower
from claudios.server.search.terms import terms_of
from claudios.server.store import accounts, agents, folds, indexing, items, projects, search, sessions
from claudios.server.store.deadline import within
from claudios.server.store.engine import Store
from claudios.server.store.folds import Save
from claudios.server.store.indexing import PIECE_ITEMS
from claudios.server.store.search import Wanted
from claudios.server.store.sessions import NewSession
from claudios.server.store.tables import index_places, item_texts
from claudios.server.store.tables import sessions as session_table
from tests.contract.test_data_path_store import SUMS
from tests.unit.server.projections.transcripts import log_of, out, said
from tests.unit.server.projections.transcripts import text as words

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """A person with a project, an agent and a session on one database."""

    store: Store
    user_id: str
    project_id: str
    agent_id: str
    session_id: str

    async def do(self, work: Callable[[Connection], T]) -> T:
        return await self.store.write(work)

    async def say(self, *texts: str, seq: int = 1, kind: str = "message", at_ms: int = 1_000, first: int = 1) -> None:
        """Have the session's transcript hold these, all of the frame `seq`."""
        entries = [
            Entry(first + place, kind, {"text": each}, seq, seq, at_ms + place, None)
            for place, each in enumerate(texts)
        ]

        def work(connection: Connection) -> None:
            items.put(connection, self.session_id, entries)
            connection.execute(
                update(session_table).where(session_table.c.id == self.session_id).values(folded_seq=seq, last_seq=seq)
            )

        await self.do(work)

    async def index(self) -> None:
        await Follower(self.store, apart_seconds=0).catch_up()
        assert await self.store.read(lambda connection: indexing.behind(connection, 10)) == []

    async def find(self, query: str, user_id: str | None = None, **filters: object) -> list[int]:
        """Return the numbers of what is found, newest first."""
        wanted = Wanted(terms_of(query), **filters)  # type: ignore[arg-type]
        found = await self.store.read(
            lambda connection: search.find(connection, user_id or self.user_id, wanted, up_to=None, limit=1000)
        )
        return [match.no for match in found]


@pytest.fixture
async def world(store: Store) -> World:
    def build(connection: Connection) -> World:
        user = accounts.create(connection, "ann", None, 1)
        project = projects.create(connection, user.id, "project", 1)
        made, _ = agents.create(connection, ServerKey(bytes(32)), project.id, "agent", 1)
        new = NewSession(str(uuid4()), project.id, made.id, "", Mode.CHAT, "/work", None, PermissionMode.DEFAULT)
        sessions.create(connection, new, user.id, 1)
        return World(store, user.id, project.id, made.id, new.id)

    return await store.write(build)


@pytest.mark.parametrize(
    "query",
    [
        "parseHttpRequest",
        "httpreq",  # inside of an identifier, in any case
        "retry_after",
        "src/server/app.py",
        "100%_sure",
        '"exactly these words"',
        "words request",  # in any order
        "数据库",
        "据",
        "データ",
        "데이터",
        "ข้อมูล",
        "größe",
        "Größe",
        "naïve",  # composed otherwise than in the text
        'quote"mark',
        "c++ parse",  # a short word beside a longer one
    ],
)
async def test_a_text_is_found_by(world: World, query: str) -> None:
    await world.say(
        'def parseHttpRequest(retry_after): # 100%_sure src/server/app.py c++ quote"mark\nexactly\n  these words',
        "这个数据库很快 データベース 데이터베이스 ข้อมูลทั้งหมด Größe nai\u0308ve parseHttpRequest retry words request",
        "c++ parse src/server/app.py quote\"mark 100%_sure retry_after parsehttprequest 'exactly these words'",
        "nothing of all that",
    )
    await world.index()
    found = await world.find(query)
    assert found
    assert 4 not in found


@pytest.mark.parametrize("query", ["parsers", '"words these"', "parse nowhere", "数库", "par_e", "p%e", "par*"])
async def test_a_text_is_not_found_by(world: World, query: str) -> None:
    await world.say("parse these words 数据库")
    await world.index()
    assert await world.find(query) == []
    assert await world.find("parse 数据") == [1]


async def test_only_members_find_anything(world: World) -> None:
    await world.say("the secret plan")
    await world.index()
    stranger = await world.do(lambda connection: accounts.create(connection, "bob", None, 1))
    assert await world.find("secret") == [1]
    assert await world.find("secret", stranger.id) == []
    assert await world.find("secret", stranger.id, project_id=world.project_id) == []
    await world.do(lambda connection: projects.create(connection, stranger.id, "his own", 1))
    assert await world.find("secret", stranger.id) == []


async def test_a_text_that_changed_is_found_as_it_is_now(world: World) -> None:
    await world.say("first words")
    await world.index()
    await world.say("other speech", seq=2)
    await world.index()
    assert (await world.find("words"), await world.find("speech")) == ([], [1])


async def test_what_is_still_being_written_is_found_once_it_is_whole(world: World) -> None:
    def growing(connection: Connection) -> None:
        entry = Entry(2, "message", {"text": "half a sent", "streaming": True}, 2, 2, 5, None)
        items.put(connection, world.session_id, [entry])
        connection.execute(update(session_table).values(folded_seq=2))

    await world.say("the prompt")
    await world.do(growing)
    await world.index()
    assert await world.find("sent") == []
    await world.say("half a sentence", seq=3, first=2)
    await world.index()
    assert await world.find("sent") == [2]


async def test_what_one_frame_changed_is_indexed_however_much_it_is(world: World) -> None:
    await world.say("the beginning", seq=1)
    await world.say(*(f"needle number {n}" for n in range(PIECE_ITEMS * 2 + 7)), seq=2, first=2, at_ms=5_000)
    await world.say("the needle at the end", seq=3, first=1000)
    await world.index()
    assert len(await world.find("needle")) == PIECE_ITEMS * 2 + 8
    assert await world.find("beginning") == [1]


async def test_the_newest_comes_first_even_where_all_are_of_one_moment(world: World) -> None:
    await world.say("needle", "needle", "needle", at_ms=0)
    await world.say("needle", seq=2, first=10, at_ms=-5)  # by a machine whose clock is off
    await world.say("needle", seq=3, first=11, at_ms=2**60)
    await world.say("needle", seq=4, first=12, at_ms=700_000)
    await world.index()
    found = await world.find("needle")
    assert (found[:3], sorted(found)) == ([11, 12, 3], [1, 2, 3, 10, 11, 12])


async def test_a_session_is_found_by_its_newest_title(world: World) -> None:
    await world.index()
    assert await world.find("Refactor") == []
    await world.do(lambda connection: sessions.retitle(connection, world.session_id, "Refactor the parser"))
    assert await world.find("refactor") == [indexing.TITLE_NO]
    await world.do(lambda connection: sessions.retitle(connection, world.session_id, "Something else"))
    await world.say("words")
    await world.index()
    assert (await world.find("refactor"), await world.find("something")) == ([], [indexing.TITLE_NO])


async def test_filters_narrow_what_is_found(world: World) -> None:
    await world.say("needle", at_ms=10_000)
    await world.index()
    await world.do(
        lambda connection: connection.execute(update(session_table).values(cost_usd=0.5, state="running")).rowcount
    )
    for filters, is_found in (
        ({"project_id": world.project_id}, True),
        ({"project_id": "other"}, False),
        ({"agent_id": world.agent_id}, True),
        ({"agent_id": "other"}, False),
        ({"state": SessionState.RUNNING}, True),
        ({"state": SessionState.ENDED}, False),
        ({"since_ms": 10_000}, True),
        ({"since_ms": 10_001}, False),
        ({"until_ms": 10_000}, True),
        ({"until_ms": 9_999}, False),
        ({"min_cost_usd": 0.5}, True),
        ({"min_cost_usd": 0.51}, False),
        ({"max_cost_usd": 0.5}, True),
        ({"max_cost_usd": 0.49}, False),
    ):
        assert bool(await world.find("needle", **filters)) is is_found, filters


async def test_what_was_removed_is_found_no_more(world: World) -> None:
    await world.say("needle in the session")
    await world.index()

    def forget(connection: Connection) -> None:
        items.remove_all(connection, world.session_id)
        indexing.forget_items(connection, world.session_id, 1)

    await world.do(forget)
    assert await world.find("needle") == []
    await world.say("needle in the session", seq=2)
    await world.index()
    await world.do(lambda connection: sessions.remove(connection, world.session_id))
    assert await world.find("needle") == []
    assert (
        await world.store.read(lambda connection: connection.execute(select(func.count(item_texts.c.id))).scalar()) == 0
    )
    if world.store.engines[0].dialect.name == "sqlite":  # the index, too, knows nothing of it
        await world.do(
            lambda connection: (
                connection.execute(
                    text("INSERT INTO item_grams (item_grams, rank) VALUES ('integrity-check', 1)")
                ).rowcount
            )
        )


async def test_a_session_folded_anew_is_indexed_anew(world: World) -> None:
    await world.say("old reading", "more of it", seq=9)
    await world.index()
    await world.do(lambda connection: indexing.begin_anew(connection, world.session_id))
    assert await world.find("reading") == []
    await world.say("new reading", seq=3)
    await world.index()
    assert await world.find("reading") == [1]


async def test_the_fold_of_another_version_is_indexed_anew_once_it_is_saved(world: World) -> None:
    await world.say("the reading of before", "more of it", seq=900)
    await world.index()
    fold = Fold()
    fold.feed(b"".join(log_of([out(said(words("the reading of now")))])))
    new = Save(fold.checkpoint(), fold.dirty(), (), SUMS, fold.facts.life, is_news=False)

    def save(connection: Connection) -> None:
        connection.execute(update(session_table).values(fold=b'{"version":0}'))
        folds.save(connection, world.session_id, new, 1)

    await world.do(save)
    assert await world.find("reading") == []
    await world.index()
    assert await world.find("reading of now") == [1]
    assert await world.find("reading of before") == []


async def test_the_index_is_used(world: World) -> None:
    """A search that reads every text would be found out only by people with many."""
    engine = world.store.engines[0]
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            found = search.find.__globals__["_from_index"](["needle"]).where(item_texts.c.session_id == "x")
            sql = found.compile(engine, compile_kwargs={"literal_binds": True})
            plan = str(connection.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all())
            assert plan.index("item_grams VIRTUAL TABLE INDEX") < plan.index("item_texts USING INTEGER PRIMARY KEY")
        else:
            names = connection.execute(text("SELECT indexdef FROM pg_indexes WHERE tablename = 'item_texts'")).scalars()
            assert any("gin_trgm_ops" in each for each in names)


async def test_one_who_catches_up_leaves_no_session_behind(world: World) -> None:
    def more(connection: Connection) -> None:
        for _ in range(AT_ONCE + 5):
            new = NewSession(
                str(uuid4()), world.project_id, world.agent_id, "needle", Mode.CHAT, None, None, PermissionMode.DEFAULT
            )
            sessions.create(connection, new, None, 1)

    await world.do(more)
    assert await world.store.read(lambda connection: search.unseen(connection, world.user_id)) == AT_ONCE + 6
    await world.index()
    assert len(await world.find("needle")) == AT_ONCE + 5
    assert await world.store.read(lambda connection: search.unseen(connection, world.user_id)) == 0


async def test_no_index_of_the_sessions_changes_with_each_save(world: World) -> None:
    """PostgreSQL writes a row anew into every index once a single one of them holds something that changed."""
    kept = {"folded_seq", "fold", "last_seq", "head", "log_bytes", "updated_ms", "cost_usd", "activity", "turns"}
    with world.store.engines[0].connect() as connection:
        for index in inspect(connection).get_indexes("sessions"):
            assert not kept & set(index["column_names"]), index
            where = " ".join(
                str(value) for name, value in index.get("dialect_options", {}).items() if name.endswith("where")
            )
            assert not kept & set(re.findall(r"\w+", where)), index


async def test_busy_sessions_keep_no_other_from_being_indexed(world: World) -> None:
    def more(connection: Connection) -> None:
        for number in range(AT_ONCE + 1):
            which = str(UUID(int=number))
            title = "needle" if number == AT_ONCE else "busy"
            new = NewSession(which, world.project_id, world.agent_id, title, Mode.CHAT, None, None, PermissionMode.AUTO)
            sessions.create(connection, new, None, 1)

    await world.do(more)
    follower = Follower(world.store, apart_seconds=0)
    for _ in range(2):
        assert not await follower.look()
        await world.do(lambda connection: connection.execute(update(index_places).values(is_behind=True)).rowcount)
    assert await world.find("needle") == [indexing.TITLE_NO]


async def test_a_session_that_the_database_fails_at_loses_its_turn_alone(world: World) -> None:
    await world.say("needle")

    class Failing:
        def __init__(self) -> None:
            self.failed = 0

        async def read(self, work: Callable[[Connection], T]) -> T:
            return await world.store.read(work)

        async def write(self, work: Callable[[Connection], T]) -> T:
            if not self.failed:
                self.failed += 1
                raise Unavailable("It collided too often.")
            return await world.store.write(work)

    def another(connection: Connection) -> None:
        which = str(UUID(int=2**128 - 1))
        new = NewSession(which, world.project_id, world.agent_id, "hay", Mode.CHAT, None, None, PermissionMode.AUTO)
        sessions.create(connection, new, None, 1)

    await world.do(another)
    follower = Follower(Failing(), apart_seconds=0)
    await follower.look()
    assert (await world.find("needle"), await world.find("hay")) == ([], [indexing.TITLE_NO])
    await follower.look()
    assert await world.find("needle") == [1]


async def test_a_session_is_indexed_once_it_pauses_and_one_that_never_does_after_a_while(world: World) -> None:
    now = 0.0
    follower = Follower(world.store, apart_seconds=0, clock=lambda: now)
    await world.say("needle")
    assert await follower.look(waits=True)
    now += QUIET_SECONDS / 2
    await world.say("needle", seq=2, first=2)
    await follower.look(waits=True)
    now += QUIET_SECONDS / 2
    await follower.look(waits=True)
    assert await world.find("needle") == []
    now += QUIET_SECONDS / 2
    await follower.look(waits=True)
    assert await world.find("needle") == [2, 1]

    said = 2
    begun = now
    while await world.find("needle") == [2, 1]:
        said += 1
        await world.say("needle", seq=said, first=said)
        now += 1
        await follower.look(waits=True)
    assert LATEST_SECONDS <= now - begun <= LATEST_SECONDS + 1


async def test_no_more_is_read_than_a_piece_holds(world: World) -> None:
    await world.say(*("needle " * (indexing.PIECE_CHARACTERS // 7 + 1) for _ in range(4)))
    piece = await world.store.read(lambda connection: indexing.next_piece(connection, world.session_id))
    assert piece is not None
    assert piece.numbers == (1,)
    await world.index()
    assert await world.find("needle") == [4, 3, 2, 1]


def _forget_items(connection: Connection, session_id: str) -> None:
    indexing.forget_items(connection, session_id, 1)


@pytest.mark.parametrize("meanwhile", [indexing.begin_anew, _forget_items, sessions.remove])
async def test_what_went_while_its_piece_was_read_is_not_put(
    world: World, meanwhile: Callable[[Connection, str], None]
) -> None:
    await world.say("needle")
    piece = await world.store.read(lambda connection: indexing.next_piece(connection, world.session_id))
    assert piece is not None
    assert piece.texts
    await world.do(lambda connection: meanwhile(connection, world.session_id))
    await world.do(lambda connection: indexing.keep(connection, piece))
    assert await world.do(lambda connection: connection.execute(select(func.count(item_texts.c.id))).scalar()) == 0


async def test_what_changed_while_its_piece_was_read_is_indexed_next(world: World) -> None:
    await world.say("first words")
    piece = await world.store.read(lambda connection: indexing.next_piece(connection, world.session_id))
    assert piece is not None
    await world.say("other speech", seq=2)
    assert not await world.do(lambda connection: indexing.keep(connection, piece))
    await world.index()
    assert (await world.find("words"), await world.find("speech")) == ([], [1])


async def test_outdated_texts_are_hidden_at_once_and_deleted_in_pieces(world: World) -> None:
    await world.say(*("needle" for _ in range(PIECE_ITEMS + 5)))
    await world.index()

    def left(connection: Connection) -> int:
        return connection.execute(select(func.count(item_texts.c.id))).scalar() or 0

    await world.do(lambda connection: indexing.begin_anew(connection, world.session_id))
    assert (await world.find("needle"), await world.do(left)) == ([], PIECE_ITEMS + 5)
    assert not await world.do(lambda connection: indexing.forget_outdated(connection, world.session_id))
    assert await world.do(left) == 5
    await world.index()
    assert (len(await world.find("needle")), await world.do(left)) == (PIECE_ITEMS + 5, PIECE_ITEMS + 5)


async def test_a_session_that_is_not_deleted_after_all_is_found_again(world: World) -> None:
    await world.say(*(f"needle {n}" for n in range(PIECE_ITEMS + 10)))
    await world.index()
    await Follower(world.store, apart_seconds=0).forget(world.session_id)
    assert (
        await world.do(lambda connection: connection.execute(select(func.count()).select_from(item_texts)).scalar())
        == 0
    )
    await world.index()
    assert len(await world.find("needle")) == PIECE_ITEMS + 10


async def test_the_database_gives_up_what_takes_too_long(world: World) -> None:
    def work(connection: Connection) -> None:
        with within(connection, 0.01, InputInvalid("Too slow.", "q")):
            connection.execute(
                text(
                    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000)"
                    " SELECT count(*) FROM n"
                )
            )

    with pytest.raises(InputInvalid, match="Too slow"):
        await world.store.read(work)
    assert await world.store.read(lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1
