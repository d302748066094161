"""Ports, environments and places of `claudios up`."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from claudios.cli.up.claude import Account, demo_environment, look
from claudios.cli.up.environment import agent_environment, model_environment, server_environment
from claudios.cli.up.places import Places, places, write_private
from claudios.cli.up.ports import PortTaken, choose_port, is_free
from tests.helpers.programs import write_program


def test_a_taken_port_names_who_has_it_and_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"{port} is in use by .*{os.getpid()}.*--port {port + 1}"):
            choose_port(port)
        assert not is_free(port)


def test_port_zero_takes_any_free_one() -> None:
    assert choose_port(0) > 1023


OWN = {
    "PATH": "/bin",
    "AGENT_TOKEN": "cla_other",
    "SERVER_URL": "https://elsewhere",
    "PUBLIC_URL": "https://elsewhere",
    "DATABASE_URL": "postgresql://db",
    "MAX_CONCURRENT_SESSIONS": "2",
    "ANTHROPIC_API_KEY": "sk-ant-real",
    "CLAUDIOS_TOKEN": "clp_mine",
}


def test_another_agents_settings_do_not_reach_this_one_but_the_persons_wishes_do() -> None:
    environment = agent_environment(OWN, is_demo=False)
    assert set(environment) == {"PATH", "DATABASE_URL", "MAX_CONCURRENT_SESSIONS", "ANTHROPIC_API_KEY", "PUBLIC_URL"}


def test_a_demo_never_sees_the_real_credentials() -> None:
    assert "ANTHROPIC_API_KEY" not in agent_environment(OWN, is_demo=True)
    assert "ANTHROPIC_API_KEY" not in model_environment(OWN)
    assert demo_environment(Path("/d"), "http://127.0.0.1:1")["ANTHROPIC_API_KEY"] != "sk-ant-real"


def test_the_server_keeps_its_database_and_not_an_address_of_elsewhere() -> None:
    environment = server_environment(OWN)
    assert environment["DATABASE_URL"] == "postgresql://db"
    assert "PUBLIC_URL" not in environment
    assert "CLAUDIOS_TOKEN" not in environment


async def test_a_credential_in_the_environment_is_enough_to_be_no_demo(tmp_path: Path) -> None:
    program = write_program(tmp_path / "claude", "#!/bin/sh\nexit 1\n")
    found = await look(program, {"ANTHROPIC_API_KEY": "x", "PATH": os.environ["PATH"]})
    assert (found.account, found.variable) == (Account.ENVIRONMENT, "ANTHROPIC_API_KEY")


@pytest.mark.parametrize(("code", "account"), [(0, Account.SIGNED_IN), (1, Account.NONE), (7, Account.NONE)])
async def test_the_cli_itself_says_whether_it_is_signed_in(tmp_path: Path, code: int, account: Account) -> None:
    script = f'#!/bin/sh\n[ "$1 $2" = "auth status" ] && exit {code}\nexit 9\n'
    program = write_program(tmp_path / "claude", script)
    assert (await look(program, {"PATH": os.environ["PATH"]})).account is account


def test_everything_lies_in_the_state_directory_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    here = places()
    assert here == Places(tmp_path / "claudios")
    here.make()
    write_private(here.agent_config, "{}")
    assert stat.S_IMODE(here.agent_config.stat().st_mode) == 0o600
    assert stat.S_IMODE(here.state.stat().st_mode) == 0o700
