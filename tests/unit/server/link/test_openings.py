from __future__ import annotations

import pytest

from claudios.protocol.errors import AgentInUse, Superseded, Unavailable
from claudios.protocol.messages import Hello
from claudios.server.link.openings import Openings
from tests.helpers.synthetic_agent import MACHINE


def hello(opening: int, run: str = "one") -> Hello:
    return Hello(agent_version="1", instance="host:1", machine=MACHINE, run=run, opening=opening)


def opened(openings: Openings, agent_id: str, said: Hello) -> None:
    with openings.admitted(agent_id, said):
        pass


def test_a_hello_that_was_overtaken_by_a_newer_connection_is_refused() -> None:
    openings = Openings()
    opened(openings, "agt_a", hello(2))
    with pytest.raises(Superseded):
        opened(openings, "agt_a", hello(1))
    opened(openings, "agt_a", hello(3))


def test_another_process_another_agent_and_one_that_does_not_count_are_let_in() -> None:
    openings = Openings()
    opened(openings, "agt_a", hello(7))
    opened(openings, "agt_b", hello(1))
    opened(openings, "agt_a", hello(0))
    opened(openings, "agt_a", hello(1, "another"))


@pytest.mark.parametrize("refused", [hello(1, "another"), hello(9)])
def test_a_hello_that_opened_nothing_is_forgotten(refused: Hello) -> None:
    """One of a daemon that was refused made room for the ghosts of the one that holds the agent."""
    openings = Openings()
    opened(openings, "agt_a", hello(2))
    with pytest.raises(AgentInUse), openings.admitted("agt_a", refused):
        raise AgentInUse
    with pytest.raises(Superseded):
        opened(openings, "agt_a", hello(1))
    opened(openings, "agt_a", hello(3))


def test_a_hello_that_fails_late_leaves_a_newer_one_alone() -> None:
    openings = Openings()
    late = openings.admitted("agt_a", hello(1))
    late.__enter__()
    opened(openings, "agt_a", hello(2))
    assert not late.__exit__(Unavailable, Unavailable(), None)
    with pytest.raises(Superseded):
        opened(openings, "agt_a", hello(1))
