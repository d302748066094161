"""Of two views of a session a page takes the one that was changed later: what changes never looks older than before."""

from __future__ import annotations

from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.life import Life
from claudios.server.store import lives
from claudios.server.store.engine import Store
from tests.contract.test_data_path_store import made

RUNNING = Life(1, SessionState.RUNNING)
ENDED = Life(1, SessionState.ENDED, EndReason.EXITED, None, 0)


async def test_an_end_is_news_also_where_the_machines_clock_is_behind(store: Store) -> None:
    world = await made(store, is_connected=True)
    await world.do(lambda connection: lives.witness(connection, world.session_id, RUNNING, 1000))
    await world.do(lambda connection: lives.witness(connection, world.session_id, ENDED, 1001, ended_ms=5))
    session = await world.session()
    assert (session.state, session.ended_ms, session.updated_ms) == (SessionState.ENDED, 5, 1001)


async def test_an_end_is_news_also_where_the_servers_clock_was_set_back(store: Store) -> None:
    world = await made(store, is_connected=True)
    await world.do(lambda connection: lives.witness(connection, world.session_id, RUNNING, 1000))
    await world.do(lambda connection: lives.witness(connection, world.session_id, ENDED, 500))
    assert (await world.session()).updated_ms == 1000
