"""What a person hears of what they asked: as soon as it is known, and never later than they want to wait."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from claudios.cli.outcome import ended, settled
from claudios.client.api import Client
from claudios.client.shapes import Instruction, Session
from claudios.protocol.errors import Conflict, PolicyForbids
from tests.unit.client.scripted_server import Answer, as_json, scripted_server

ASKED = Instruction("i1", "command", "1a2b3c4d-0000-4000-8000-000000000001", "queued", 1)
RUNNING = Session("s1", "p1", "Home", "a1", "laptop", True, None, "running", 1, 1, 1, 1)


def now(state: str, **other: object) -> Answer:
    others = asdict(replace(ASKED, id="i2", state="expired"))
    return as_json([others, {**asdict(ASKED), "state": state, **other}])


def told(*answers: Answer, agent_online: bool = True) -> Instruction:
    with scripted_server(*answers) as server, Client(server.address, "clp_x") as client:
        return settled(client, ASKED, agent_online)


def test_it_is_looked_at_until_the_agent_has_reported() -> None:
    assert told(now("sent"), now("taken"), now("done")).state == "done"


def test_where_the_agent_is_away_nobody_waits() -> None:
    assert told(agent_online=False) == ASKED


def test_what_the_agent_refuses_is_its_error_with_its_words() -> None:
    with pytest.raises(PolicyForbids, match="not in this directory"):
        told(now("refused", code="policy_forbids", message="not in this\ndirectory"))


@pytest.mark.parametrize("state", ["refused", "expired", "unknown"])
def test_what_ended_without_words_says_how_and_where_to_look(state: str) -> None:
    with pytest.raises(Exception, match="claudios logs 1a2b3c4d") as raised:
        told(now(state))
    assert state in str(raised.value)


def test_a_code_that_this_version_does_not_know_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="from the future"):
        told(now("refused", code="not_invented_yet", message="from the future"))


def test_what_is_not_in_the_list_any_more_stays_as_it_was_known() -> None:
    assert told(as_json([]), now("done")).state == "done"


def test_a_session_is_looked_at_until_it_has_ended() -> None:
    answers = [as_json({**asdict(RUNNING), "state": state}) for state in ("running", "ended")]
    with scripted_server(*answers) as server, Client(server.address, "clp_x") as client:
        assert ended(client, RUNNING).state == "ended"


def test_nobody_waits_for_the_end_of_a_session_whose_agent_is_away() -> None:
    away = as_json({**asdict(RUNNING), "agent_online": False})
    with scripted_server(away) as server, Client(server.address, "clp_x") as client:
        assert ended(client, RUNNING) == replace(RUNNING, agent_online=False)
        assert len(server.asked) == 1
