"""One command, and everything is there: `claudios up` in a fresh home, without any Claude credentials."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.acceptance.conftest import Up
from tests.acceptance.person import Person, until, use_link

pytestmark = pytest.mark.acceptance


@contextmanager
def started(person: Person, *arguments: str) -> Iterator[Up]:
    with person.running("up", "--port", "0", "--json", *arguments) as running:
        yield Up(person, running, json.loads(running.line('"link"')))


def gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def test_without_credentials_it_is_a_demo_and_says_so_everywhere(up: Up) -> None:
    assert up.told["demo"] is True
    (agent,) = up.person.run("agents", "--json").json
    assert agent["online"] is True
    assert agent["demo"] is True
    assert "DEMO" in up.person.run("agents").out
    session = up.person.run("run", "--detach", "Say hello").out.strip()
    row = next(line for line in up.person.run("ps", "-a").out.splitlines() if line.startswith(session[:8]))
    assert "DEMO" in row


def test_the_link_signs_in_once(up: Up) -> None:
    link = up.person.run("up", "--json").json["link"]
    assert use_link(link) == 200
    assert use_link(link) == 410


def test_a_second_up_finds_the_first_and_gives_a_fresh_link(up: Up) -> None:
    again = up.person.run("up", "--json").json
    assert again["was_running"] is True
    assert again["pid"] == up.running.process.pid
    assert again["url"] == up.url
    assert again["link"] != up.told["link"]
    done = up.person.run("up")
    assert "running already" in done.out
    assert f"{up.url}/sign-in#" in done.out
    assert "is not used" not in done.err
    other = up.person.run("up", "--port", "1")
    assert "Port 1 is not used: ClaudiOS runs already, on port " in other.err
    assert f"{up.url}/sign-in#" in other.out


def test_the_page_is_served(up: Up) -> None:
    with urllib.request.urlopen(f"{up.url}/sign-in") as answer:
        assert answer.headers["Content-Type"].startswith("text/html")


def test_a_taken_port_is_named_with_who_has_it(person: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = person.run("up", "--port", str(port), expect=1)
    assert f"Port {port} is in use by" in failed.err
    assert str(os.getpid()) in failed.err


def test_nobody_else_can_look_into_the_state_directory(up: Up) -> None:
    state = up.person.directory / "state" / "claudios"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for name in (
        "up/agent.json",
        "up/api-token",
        "up/logs/server.log",
        "up/logs/agent.log",
        "server/claudios.db",
        "server/server.key",
    ):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o600, name


@pytest.mark.fault("X12")
def test_no_secret_stands_in_any_argument(up: Up) -> None:
    agent = json.loads((up.person.directory / "state/claudios/up/agent.json").read_text())
    api_token = (up.person.directory / "state/claudios/up/api-token").read_text()
    secrets = {agent["agentToken"], api_token, up.told["link"].partition("#")[2]}
    for process in up.running.family():
        arguments = " ".join(process.cmdline())
        assert not any(secret in arguments for secret in secrets)


def test_what_was_said_is_there_after_a_restart_and_nothing_runs_in_between(person: Person) -> None:
    with started(person) as first:
        session = json.loads(person.run("run", "--json", "Say hello").out)["session"]["id"]
        family = first.running.family()
        assert first.shut() == 0
        assert gone(family)
    with started(person) as second:
        assert person.session(session)["state"] == "ended"
        assert "Say hello" in person.run("logs", session[:8]).out
        assert person.run("verify", session, "--json").json["verified"] is True
        assert len(person.run("agents", "--json").json) == 1
        assert second.shut() == 0


def test_ctrl_c_ends_sessions_politely_and_their_last_words_are_stored(person: Person) -> None:
    with started(person) as first:
        session = person.run("run", "--detach", "tell a long story").out.strip()
        until(lambda: person.session(session)["activity"] == "working" or None)
        family = first.running.family()
        assert first.shut() == 0
        assert gone(family)
    with started(person) as second:
        ended = person.session(session)
        assert (ended["state"], ended["reason"]) == ("ended", "terminated")
        assert person.run("verify", session, "--json").json["verified"] is True
        assert second.shut() == 0


def test_a_server_that_dies_is_started_again(person: Person) -> None:
    with started(person) as first:
        server = next(each for each in first.running.family() if "claudios.server" in " ".join(each.cmdline()))
        server.send_signal(signal.SIGKILL)
        until(lambda: "killed by SIGKILL" in first.running.said() or None)
        until(lambda: person.run("agents", expect=None).code == 0 or None)
        assert "hello" in person.run("run", "Say hello").out.lower()
        assert first.shut() == 0


def test_a_killed_supervisor_leaves_its_sessions_to_the_next(person: Person) -> None:
    with started(person) as first:
        session = person.run("run", "--detach", "tell a long story").out.strip()
        until(lambda: person.session(session)["activity"] == "working" or None)
        parts = [each for each in first.running.family() if "claudios" in " ".join(each.cmdline()[:4])]
        daemons = [
            each for each in parts if {"claudios.server", "claudios.agent", "claudios.demo"} & set(each.cmdline())
        ]
        assert len(daemons) == 3
        first.running.process.kill()
        first.running.process.wait()
        until(lambda: gone(daemons) or None)
    with started(person) as second:
        found = person.session(session)
        assert (found["state"], found["epoch"]) == ("running", 1)
        person.run("stop", session)
        until(lambda: person.session(session)["state"] == "ended" or None)
        assert person.run("verify", session, "--json").json["verified"] is True
        assert second.shut() == 0


def test_the_doctor_finds_nothing_broken(up: Up) -> None:
    told = up.person.run("doctor", "--json").json
    assert told["ok"] is True
    checks = {finding["check"] for findings in told["sections"].values() for finding in findings}
    wanted = {"dns", "tcp", "http", "clock", "login", "token", "signature", "agent", "delivery", "claude", "signed in"}
    assert wanted | {"start", "disk", "memory", "cpu", "agent cpu"} <= checks


def test_credentials_of_the_person_are_used_instead_of_a_demo(tmp_path: Path) -> None:
    person = Person(tmp_path, extra={"ANTHROPIC_API_KEY": "sk-ant-none", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"})
    with started(person) as first:
        assert first.told["demo"] is False
        assert person.run("agents", "--json").json[0]["demo"] is False
        assert first.shut() == 0


def test_ctrl_c_while_it_starts_leaves_nothing_behind(person: Person) -> None:
    with person.running("up", "--port", "0", "--json") as running:
        log = person.directory / "state/claudios/up/logs/server.log"
        until(lambda: log.exists() or None)
        family = running.family()
        running.interrupt()
        assert running.ended() == 130
        assert gone(family)
