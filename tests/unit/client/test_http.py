"""Requests to a server on loopback."""

from __future__ import annotations

import json
import socket

import pytest

from claudios.client.address import parse_address
from claudios.client.api import Client
from claudios.client.http import Http
from claudios.protocol.errors import (
    Conflict,
    Expired,
    Forbidden,
    InputInvalid,
    MessageInvalid,
    NotFound,
    NotSignedIn,
    Pending,
    Refused,
    TooMany,
    Unreachable,
)
from tests.unit.client.scripted_server import Answer, as_json, scripted_server

USER = {"id": "usr_1", "username": "ada", "is_owner": True, "has_password": False, "created_ms": 1}


def _error(code: str, message: str = "No.") -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


def test_a_request_carries_the_token_and_says_who_asks() -> None:
    with scripted_server(as_json(USER)) as server, Client(server.address, "clp_secret") as client:
        assert client.me().username == "ada"
    (asked,) = server.asked
    assert asked.path == "/api/v1/me"
    assert asked.headers["Authorization"] == "Bearer clp_secret"
    assert asked.headers["User-Agent"].startswith("claudios/")


def test_requests_share_one_connection() -> None:
    with scripted_server(as_json([]), as_json([])) as server, Client(server.address) as client:
        client.projects()
        client.agents()
    assert len({asked.connection for asked in server.asked}) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    answers = (Answer(body=b"[]", hangs_up=True), as_json([]))
    with scripted_server(*answers) as server, Client(server.address) as client:
        client.projects()
        assert client.projects() == ()
    assert len({asked.connection for asked in server.asked}) == 2


def test_a_body_is_sent_as_json_without_what_is_not_given() -> None:
    session = {
        "id": "s",
        "project_id": "p",
        "project_name": "P",
        "agent_id": "a",
        "agent_name": "A",
        "agent_online": True,
        "title": None,
        "state": "queued",
        "epoch": 1,
        "last_seq": 0,
        "created_ms": 1,
        "updated_ms": 1,
    }
    with scripted_server(as_json(session, 201)) as server, Client(server.address) as client:
        started = client.start_session("p/1", "a", session_id="s", prompt="Hi")
    assert started.state == "queued"
    assert server.asked[0].path == "/api/v1/projects/p%2F1/sessions"
    assert json.loads(server.asked[0].body) == {"agent_id": "a", "id": "s", "prompt": "Hi"}


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "not_signed_in", NotSignedIn),
        (403, "forbidden", Forbidden),
        (404, "not_found", NotFound),
        (409, "conflict", Conflict),
        (409, "pending", Pending),
        (410, "expired", Expired),
        (422, "input_invalid", InputInvalid),
        (409, "a_code_of_a_newer_server", Conflict),
        (418, "a_code_of_a_newer_server", Refused),
    ],
)
def test_what_the_server_refuses_is_raised_as_the_error_it_names(
    status: int, code: str, expected: type[Exception]
) -> None:
    with scripted_server(as_json(_error(code, "Because."), status)) as server, Client(server.address) as client:
        with pytest.raises(expected, match="Because") as raised:
            client.me()
        assert type(raised.value) is expected


def test_too_many_requests_tell_when_to_come_back() -> None:
    answer = Answer(429, json.dumps(_error("too_many")).encode(), {"Retry-After": "17"})
    with scripted_server(answer) as server, Client(server.address) as client:
        with pytest.raises(TooMany) as raised:
            client.me()
        assert raised.value.retry_after_seconds == 17


def test_a_server_of_another_kind_is_named_as_such() -> None:
    with (
        scripted_server(Answer(404, b"<html>")) as server,
        Client(server.address) as client,
        pytest.raises(Unreachable, match="not as a ClaudiOS server does"),
    ):
        client.me()


def test_a_redirection_is_not_followed_with_the_token() -> None:
    answer = Answer(302, b"", {"Location": "http://127.0.0.1:1/elsewhere"})
    with (
        scripted_server(answer) as server,
        Client(server.address, "clp_secret") as client,
        pytest.raises(Unreachable, match="redirection"),
    ):
        client.me()


def test_an_answer_of_another_shape_names_the_field() -> None:
    with (
        scripted_server(as_json({**USER, "is_owner": "yes"})) as server,
        Client(server.address) as client,
        pytest.raises(MessageInvalid, match=r"User\.is_owner"),
    ):
        client.me()


def test_an_answer_cut_short_is_unreachable_not_a_crash() -> None:
    answer = Answer(200, b'{"id":', hangs_up=True, announced_bytes=500)
    with (
        scripted_server(answer) as server,
        Client(server.address) as client,
        pytest.raises(Unreachable, match="broke off"),
    ):
        client.me()


def test_a_stream_yields_the_bytes_as_they_are() -> None:
    body = bytes(range(256)) * 1000
    with scripted_server(Answer(200, body)) as server, Client(server.address) as client:
        assert b"".join(client.raw_log("s", "stdout", 7)) == body
    assert server.asked[0].path == "/api/v1/sessions/s/log?stream=stdout&after=7"


def test_a_stream_cut_short_is_unreachable() -> None:
    answer = Answer(200, b"half", hangs_up=True, announced_bytes=500)
    with (
        scripted_server(answer) as server,
        Client(server.address) as client,
        pytest.raises(Unreachable, match="broke off"),
    ):
        list(client.raw_log("s"))


def test_nothing_listening_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused, and nobody else gets the port
        address = parse_address(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with Client(address) as client, pytest.raises(Unreachable, match="Nothing listens"):
            client.me()


def test_a_server_that_is_silent_is_not_waited_for_endlessly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = parse_address(f"http://127.0.0.1:{silent.getsockname()[1]}")
        http = Http(address, timeout_seconds=0.05)
        with http, pytest.raises(Unreachable, match="did not answer in time"):
            http.ask("GET", "/me")


def test_a_proxy_takes_no_requests_to_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with scripted_server(as_json([])) as server, Client(server.address) as client:
        assert client.projects() == ()
