"""What must be there before a person can use the server: made once, kept, and made anew where it is gone."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from claudios.cli.up.household import Household, set_up
from claudios.cli.up.places import Places
from claudios.protocol.errors import LocalError

URL_OF_NOTHING = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def here(tmp_path: Path) -> Places:
    made = Places(tmp_path / "state")
    made.make()
    return made


async def household(here: Places, **variables: str) -> Household:
    flags = ("--state-dir", str(here.server), "--port", "3000")
    return await set_up(here, flags, {"PATH": os.environ["PATH"], "HOME": str(here.state), **variables})


async def test_all_of_it_is_made_once_and_only_the_link_is_another_each_time(here: Places) -> None:
    first, second = await household(here), await household(here)
    assert first.link_code != second.link_code
    assert (first.username, first.project, first.agent) == (second.username, second.project, second.agent)
    assert (first.agent_token, first.api_token) == (second.agent_token, second.api_token)
    assert json.loads(here.agent_config.read_text())["agentToken"] == first.agent_token
    for secret in (here.agent_config, here.api_token):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


async def test_an_agent_token_that_is_gone_or_not_the_servers_is_replaced(here: Places) -> None:
    first = await household(here)
    here.agent_config.write_text("half a fi")
    second = await household(here)
    assert second.agent_token not in ("", first.agent_token)
    assert second.agent.id != first.agent.id
    assert second.project == first.project


async def test_an_api_token_that_the_server_does_not_know_is_replaced(here: Places) -> None:
    first = await household(here)
    here.api_token.write_text("clp_unknown")
    second = await household(here)
    assert second.api_token not in ("clp_unknown", first.api_token)
    assert here.api_token.read_text() == second.api_token


async def test_no_secret_is_shown_with_it(here: Places) -> None:
    made = await household(here)
    assert not any(secret in repr(made) for secret in (made.agent_token, made.api_token, made.link_code))


async def test_a_database_that_does_not_answer_is_told_in_one_line(here: Places) -> None:
    with pytest.raises(LocalError, match="The server cannot be set up: ") as failed:
        await household(here, DATABASE_URL=URL_OF_NOTHING)
    assert "\n" not in failed.value.message
    assert "Traceback" not in failed.value.message
    assert not here.api_token.exists()
