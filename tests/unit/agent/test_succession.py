"""A new token finds what the same agent's earlier one left on this machine, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from claudios.agent.config import Settings, load
from claudios.agent.succession import earlier_state, installation_of, remember, succeed
from claudios.protocol.errors import Unreachable
from claudios.protocol.ids import AGENT_TOKEN, new_token
from tests.unit.client.scripted_server import Answer, as_json, scripted_server

MINE, ANOTHERS = as_json({"agent_id": "mine"}), as_json({"agent_id": "another's"})


def settings(tmp_path: Path, server_url: str = "http://127.0.0.1:1", **variables: str) -> Settings:
    """Those of an agent with a fresh token, whose state lies below `tmp_path`."""
    token = new_token(AGENT_TOKEN).text
    own = {"SERVER_URL": server_url, "AGENT_TOKEN": token, "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    return load([], {**own, **variables})


def earlier(made: Settings, name: str = "before", agent_id: str = "mine") -> Path:
    """A state directory that an earlier token left beside the one of these settings."""
    directory = made.state_directory.with_name(name)
    directory.mkdir(parents=True)
    remember(directory, agent_id)
    return directory


async def found(tmp_path: Path, *answers: Answer, agent_id: str = "mine") -> tuple[Path | None, Path]:
    """Return what is found with one earlier directory here, and that directory."""
    with scripted_server(*answers) as server:
        made = settings(tmp_path, server.address.url)
        directory = earlier(made, agent_id=agent_id)
        return await earlier_state(made), directory


async def test_the_directory_of_the_same_agent_is_found(tmp_path: Path) -> None:
    state, directory = await found(tmp_path, MINE)
    assert state == directory


async def test_the_directory_of_another_agent_is_not_taken(tmp_path: Path) -> None:
    assert (await found(tmp_path, ANOTHERS))[0] is None


@pytest.mark.parametrize("answer", [as_json({"error": {"code": "not_signed_in"}}, 401), as_json([]), Answer(200, b"x")])
async def test_where_the_server_does_not_say_whose_it_is_nothing_is_taken(tmp_path: Path, answer: Answer) -> None:
    assert (await found(tmp_path, answer))[0] is None


async def test_a_server_that_does_not_answer_is_an_error_and_not_a_fresh_start(tmp_path: Path) -> None:
    made = settings(tmp_path)
    earlier(made)
    with pytest.raises(Unreachable):
        await earlier_state(made)


async def test_nobody_is_asked_where_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    made = settings(tmp_path)
    assert await earlier_state(made) is None
    made.state_directory.parent.mkdir(parents=True)
    (made.state_directory.parent / "of nobody").mkdir()
    assert await earlier_state(made) is None


async def test_nobody_is_asked_where_the_token_has_a_directory_or_one_is_named(tmp_path: Path) -> None:
    made = settings(tmp_path)
    earlier(made)
    made.state_directory.mkdir()
    assert await earlier_state(made) is None
    named = settings(tmp_path, STATE_DIRECTORY=str(tmp_path / "named"))
    assert await earlier_state(named) is None


async def test_the_fresh_directory_becomes_a_link_and_each_further_token_finds_the_same_one(tmp_path: Path) -> None:
    with scripted_server(*[MINE] * 8) as server:
        directory = earlier(settings(tmp_path))
        for _ in range(8):  # were it to follow links, one of them would lead to another
            directory.rename(tmp_path / "aside").rename(directory)  # the oldest, and the newest, in its folder
            made = settings(tmp_path, server.address.url)
            await succeed(made)
            assert made.state_directory.is_symlink()
            assert made.state_directory.readlink() == Path(directory.name)


def test_whose_a_directory_is_stays_as_it_was_noted_first(tmp_path: Path) -> None:
    remember(tmp_path, "mine")
    remember(tmp_path, "another's")
    assert (tmp_path / "agent").read_text() == "mine"


def test_an_installation_keeps_its_name(tmp_path: Path) -> None:
    name = installation_of(tmp_path)
    assert installation_of(tmp_path) == name
    (tmp_path / "other").mkdir()
    assert installation_of(tmp_path / "other") != name
