"""The search: a server with 1,000 sessions of mixed languages and code, and questions whose answers are known."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Connection

from bench.measure import Row, median, percentile
from bench.product_journey import Http
from claudios.server.config import Config
from claudios.server.search.follower import Follower
from claudios.server.serving import running
from claudios.server.store.engine import Store
from tests.helpers.corpus import Question, write_session

ACCOUNT = {"username": "bench", "password": "a long enough password"}
SESSIONS = 1_000
TOGETHER = 25
REPEATS = 5
FIRST = 3
COMMON = ("function returns", "error value", "错误", "Größe", "self._", "serv", "retry")
"""What very many items hold."""


async def search() -> list[Row]:
    """How long an answer takes, for questions with one answer and for words that are everywhere, and how good it is."""
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="claudios-bench-")))
        config = Config(state_dir=state, port=0)
        async with running(config) as serving:
            port = int(serving.url.rpartition(":")[2])
            http = Http(port)
            await http.call("POST", "/auth/register", ACCOUNT)
            project = _id(await http.call("POST", "/projects", {"name": "bench"}))
            made = await http.call("POST", f"/projects/{project}/agents", {"name": "bench"})
            assert isinstance(made, dict)
            questions = await _fill(serving.application.parts.store, project, made["agent"]["id"])
            begun = time.perf_counter()
            characters = await _index(serving.application.parts.store)
            seconds = time.perf_counter() - begun
            http = Http(port)  # the other has been idle for too long
            await http.call("POST", "/auth/sign-in", ACCOUNT)
            ranks: list[int | None] = []
            single: list[list[float]] = []
            common: list[list[float]] = []
            for _ in range(REPEATS):
                ranks = []
                single.append([await _ask(http, question.query, question, ranks) for question in questions])
                common.append([await _ask(http, words) for words in COMMON * 10])
    found = sum(rank is not None and rank < FIRST for rank in ranks)
    first = sum(rank == 0 for rank in ranks)
    repeat = "make bench ROWS=search"
    return [
        Row(
            f"search in {SESSIONS:,} sessions ({characters / 1e6:.0f} M characters): p50; p99",
            _times(single),
            "-",
            "50 ms; 250 ms",
            repeat,
        ),
        Row("search for words that are everywhere: p50; p99", _times(common), "-", "150 ms; 500 ms", repeat),
        Row(
            f"search: the one answer is first; among the first {FIRST}",
            f"{100 * first / len(ranks):.1f} %; {100 * found / len(ranks):.1f} %",
            "-",
            "90 %; 98 %",
            repeat,
        ),
        Row("search: indexing in the background", f"{characters / 1e6 / seconds:.1f} M characters/s", "-", "-", repeat),
    ]


async def _fill(store: Store, project_id: str, agent_id: str) -> list[Question]:
    questions: list[Question] = []
    for start in range(0, SESSIONS, TOGETHER):

        def work(connection: Connection, start: int = start) -> list[Question]:
            numbers = range(start, start + TOGETHER)
            return [write_session(connection, number, project_id, agent_id) for number in numbers]

        questions += await store.write(work)
    return questions


async def _index(store: Store) -> int:
    """Index everything, without the pauses that the server's own follower makes; return how many characters."""
    await Follower(store, apart_seconds=0).catch_up()

    def count(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT sum(length(text)) FROM item_texts").scalar() or 0)

    return await store.read(count)


async def _ask(
    http: Http, query: str, question: Question | None = None, ranks: list[int | None] | None = None
) -> float:
    begun = time.perf_counter()
    answer = await http.call("GET", f"/search?{urlencode({'q': query})}")
    took = (time.perf_counter() - begun) * 1000
    assert isinstance(answer, dict)
    assert answer["hits"], query
    if question is not None and ranks is not None:
        places = [(hit["session_id"], hit["no"]) for hit in answer["hits"]]
        wanted = (question.session_id, question.no)
        ranks.append(places.index(wanted) if wanted in places else None)
    return took


def _times(runs: list[list[float]]) -> str:
    half, most = (median([percentile(run, share) for run in runs]) for share in (0.5, 0.99))
    return f"{half:.1f} ms; {most:.1f} ms"


def _id(made: object) -> str:
    assert isinstance(made, dict)
    return str(made["id"])
