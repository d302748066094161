from __future__ import annotations

import pytest

from claudios.protocol.errors import Superseded
from claudios.protocol.messages import Hello
from claudios.server.link.openings import Openings
from tests.helpers.synthetic_agent import MACHINE


def hello(opening: int, run: str = "one") -> Hello:
    return Hello(agent_version="1", instance="host:1", machine=MACHINE, run=run, opening=opening)


def test_a_hello_that_was_overtaken_by_a_newer_connection_is_refused() -> None:
    openings = Openings()
    openings.admit("agt_a", hello(2))
    with pytest.raises(Superseded):
        openings.admit("agt_a", hello(1))
    openings.admit("agt_a", hello(3))


def test_another_process_another_agent_and_one_that_does_not_count_are_let_in() -> None:
    openings = Openings()
    openings.admit("agt_a", hello(7))
    openings.admit("agt_b", hello(1))
    openings.admit("agt_a", hello(0))
    openings.admit("agt_a", hello(1, "another"))
