"""`claudios agents ls`."""

from __future__ import annotations

import time

import pytest
from click.testing import CliRunner

from claudios.cli.commands.agents import agents
from tests.unit.client.scripted_server import as_json, scripted_server

ERROR = {
    "code": "spool_full",
    "message": "The spool is full.\nMake\x1b room.",
    "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "first_ms": 1,
    "times": 3,
}
AGENT = {
    "id": "agt_1",
    "project_id": "prj_1",
    "name": "laptop",
    "created_ms": 1,
    "online": True,
    "sessions": {"running": 0, "queued": 0},
    "errors": [],
}
PROJECT = {"id": "prj_1", "name": "Home", "role": "owner", "created_ms": 1}


def test_what_went_wrong_on_a_machine_stands_below_the_list_of_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    recent = {**ERROR, "last_ms": time.time_ns() // 1_000_000 - 120_500}
    with scripted_server(as_json([{**AGENT, "errors": [recent]}]), as_json([PROJECT])) as server:
        monkeypatch.setenv("CLAUDIOS_SERVER", server.address.url)
        monkeypatch.setenv("CLAUDIOS_TOKEN", "clp_x")
        shown = CliRunner().invoke(agents, ["ls"])
    assert shown.exit_code == 0, shown.output
    assert (
        shown.stderr
        == "laptop, 2m ago (3 times), session 7c9e6679: The spool is full. Make\N{REPLACEMENT CHARACTER} room.\n"
    )


def test_a_machine_that_is_gone_takes_its_sessions_with_it_once_somebody_has_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    living = {**AGENT, "sessions": {"running": 2, "queued": 1}}
    with scripted_server(as_json([living]), as_json([living]), as_json({"sessions": 3})) as server:
        monkeypatch.setenv("CLAUDIOS_SERVER", server.address.url)
        monkeypatch.setenv("CLAUDIOS_TOKEN", "clp_x")
        refused = CliRunner().invoke(agents, ["remove", "laptop", "--gone"], input="n\n")
        done = CliRunner().invoke(agents, ["remove", "laptop", "--gone"], input="y\n")
    assert "3 sessions end as lost" in refused.stderr
    assert refused.exit_code == 1
    assert done.exit_code == 0, done.output
    assert done.stdout == "laptop is removed. 3 sessions ended as lost.\n"
    assert [(asked.method, asked.path) for asked in server.asked][-1] == ("POST", "/api/v1/agents/agt_1/give-up")
