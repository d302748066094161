"""What was asked of a session, against a server that answers from a script."""

from __future__ import annotations

from claudios.client.api import Client
from tests.unit.client.scripted_server import Answer, as_json, scripted_server


def page(*ids: str) -> Answer:
    return as_json(
        [{"id": each, "kind": "command", "session_id": "s", "state": "sent", "created_ms": 1} for each in ids]
    )


def test_all_that_was_asked_of_a_session_is_read_page_by_page_oldest_first() -> None:
    """What waited was not listed where 200 newer ones stood before it."""
    with scripted_server(page("c", "d"), page("a", "b"), page()) as server, Client(server.address) as client:
        assert [each.id for each in client.all_instructions("s")] == ["a", "b", "c", "d"]
    assert [asked.path.partition("?")[2] for asked in server.asked] == ["", "before=c", "before=a"]
