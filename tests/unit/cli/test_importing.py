"""`claudios import`, against a server that answers from a script."""

from __future__ import annotations

import pytest

from claudios.cli.commands.importing import _found
from claudios.client.api import Client
from claudios.protocol.errors import NotFound
from tests.unit.client.scripted_server import Answer, as_json, scripted_server

FIRST = "1a2b3c4d-0000-4000-8000-000000000001"
SECOND = "1a2b9999-0000-4000-8000-000000000002"


def page(*ids: str, next_skip: int | None = None) -> Answer:
    held = [{"id": each, "directory": "/work", "title": "Tea", "modified_ms": 1, "size": 2} for each in ids]
    return as_json({"conversations": held, "next_skip": next_skip, "is_cut": False})


def test_one_that_stands_on_two_pages_is_one() -> None:
    with scripted_server(page(FIRST, next_skip=1), page(FIRST)) as server, Client(server.address) as client:
        assert _found(client, "agt_1", "1A2B") == FIRST


def test_a_beginning_that_fits_several_is_not_guessed() -> None:
    with (
        scripted_server(page(FIRST, SECOND)) as server,
        Client(server.address) as client,
        pytest.raises(NotFound, match="2 conversations"),
    ):
        _found(client, "agt_1", "1a2b")
