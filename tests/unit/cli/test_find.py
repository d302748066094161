"""Short ids and names, against a server that answers from a script."""

from __future__ import annotations

import pytest

from claudios.cli import find
from claudios.client.api import Client
from claudios.protocol.errors import NotFound
from tests.unit.client.scripted_server import Answer, as_json, scripted_server

FIRST = "1a2b3c4d-0000-4000-8000-000000000001"
SECOND = "1a2b9999-0000-4000-8000-000000000002"


def sessions(*ids: str) -> Answer:
    return as_json(
        [
            {
                "id": each,
                "project_id": "p",
                "project_name": "P",
                "agent_id": "a",
                "agent_name": "A",
                "agent_online": True,
                "title": None,
                "state": "running",
                "epoch": 1,
                "last_seq": 0,
                "created_ms": 10,
                "updated_ms": 10,
            }
            for each in ids
        ]
    )


def agents(*names: str) -> Answer:
    return as_json(
        [
            {
                "id": f"agt_{n}",
                "project_id": "p",
                "name": name,
                "created_ms": 1,
                "online": True,
                "sessions": {"running": 0, "queued": 0},
            }
            for n, name in enumerate(names)
        ]
    )


def test_the_beginning_of_an_id_is_enough() -> None:
    with scripted_server(sessions(FIRST, SECOND)) as server, Client(server.address) as client:
        assert find.session(client, "1A2B3").id == FIRST


def test_a_beginning_that_fits_several_is_not_guessed() -> None:
    with (
        scripted_server(sessions(FIRST, SECOND)) as server,
        Client(server.address) as client,
        pytest.raises(NotFound, match="Write more"),
    ):
        find.session(client, "1a2b")


@pytest.mark.parametrize("typed", ["ffff", ""])
def test_a_beginning_that_fits_none_says_where_to_look(typed: str) -> None:
    with (
        scripted_server(sessions(FIRST)) as server,
        Client(server.address) as client,
        pytest.raises(NotFound, match="claudios ps -a"),
    ):
        find.session(client, typed)


def test_all_pages_are_read_and_none_is_told_twice() -> None:
    ids = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(find.PAGE + 5)]
    first, second = ids[: find.PAGE], ids[find.PAGE - 3 :]
    with scripted_server(sessions(*first), sessions(*second)) as server, Client(server.address) as client:
        assert [each.id for each in find.all_sessions(client)] == ids
    assert "before_ms=11" in server.asked[1].path


def test_an_agent_is_found_by_its_name_before_anything_else() -> None:
    with scripted_server(agents("laptop", "Laptop")) as server, Client(server.address) as client:
        assert find.agent(client, "Laptop").id == "agt_1"


def test_an_agent_is_found_by_its_id_and_without_regard_to_case() -> None:
    with scripted_server(agents("laptop"), agents("laptop")) as server, Client(server.address) as client:
        assert find.agent(client, "agt_0").name == "laptop"
        assert find.agent(client, "LAPTOP").name == "laptop"


def test_an_unknown_agent_names_those_there_are() -> None:
    with (
        scripted_server(agents("laptop", "tower")) as server,
        Client(server.address) as client,
        pytest.raises(NotFound, match="laptop, tower"),
    ):
        find.agent(client, "phone")
