"""What the doctor finds, each check against the real thing."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from claudios.cli.doctor import reach
from claudios.cli.doctor.claude import check_claude
from claudios.cli.doctor.delivery import check_delivery
from claudios.cli.doctor.finding import Finding, Verdict
from claudios.client.address import parse_address
from claudios.protocol.frame import Frame, Stream, encode
from tests.helpers.programs import write_program
from tests.unit.client.scripted_server import Answer, as_json, scripted_server

SESSION = "1a2b3c4d-0000-4000-8000-000000000001"


def verdicts(findings: list[Finding]) -> dict[str, Verdict]:
    return {each.check: each.verdict for each in findings}


def broken(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.verdict is Verdict.FAIL]


def test_a_server_that_answers_is_fine_in_every_step() -> None:
    with scripted_server(as_json({"version": "1.2"})) as server:
        found = list(reach.check_server(server.address))
    assert verdicts(found) == {"dns": Verdict.OK, "tcp": Verdict.OK, "http": Verdict.OK, "clock": Verdict.OK}


def test_a_name_that_does_not_exist_is_the_first_thing_named() -> None:
    (found,) = reach.check_server(parse_address("https://no-such-host.invalid"))
    assert (found.check, found.verdict) == ("dns", Verdict.FAIL)


def test_a_port_where_nothing_listens_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = list(reach.check_server(parse_address(f"127.0.0.1:{taken.getsockname()[1]}")))
    assert broken(found)[0].check == "tcp"


def test_a_port_that_speaks_no_tls_is_named() -> None:
    with scripted_server() as server:
        (failed,) = broken(list(reach.check_server(parse_address(f"https://127.0.0.1:{server.address.port}"))))
    assert failed.check == "tls"


def test_something_else_than_our_server_is_named() -> None:
    with scripted_server(Answer(200, b"<html>")) as server:
        (failed,) = broken(list(reach.check_server(server.address)))
    assert failed.check == "http"


@pytest.mark.parametrize(
    ("offset", "verdict"), [(0.2, Verdict.OK), (-20, Verdict.OK), (45, Verdict.WARN), (-4000, Verdict.FAIL)]
)
def test_a_clock_is_judged_by_how_far_it_is_off(offset: float, verdict: Verdict) -> None:
    assert reach.clock(offset).verdict is verdict


def test_a_servers_clock_that_is_far_off_is_noticed() -> None:
    answer = Answer(200, b'{"version":"1"}', {"Date": "Thu, 01 Jan 2015 00:00:00 GMT"})
    with scripted_server(answer) as server:
        found = list(reach.check_server(server.address))
    assert verdicts(found)["clock"] is Verdict.FAIL


def program(tmp_path: Path, script: str) -> Path:
    return write_program(tmp_path / "claude", f"#!/bin/sh\n{script}\n")


ENVIRONMENT = {"PATH": os.environ["PATH"]}
WORKS = '[ "$1" = "--version" ] && echo "2.1.330 (Claude Code)" && exit 0\nexit 0'


def test_a_cli_that_works_is_fine(tmp_path: Path) -> None:
    found = list(check_claude(program(tmp_path, WORKS), ENVIRONMENT, [tmp_path], is_demo=False))
    assert verdicts(found) == {"claude": Verdict.OK, "signed in": Verdict.OK, "start": Verdict.OK}


def test_a_missing_cli_and_one_that_cannot_run_are_named(tmp_path: Path) -> None:
    (missing,) = check_claude(None, ENVIRONMENT, [], is_demo=False)
    assert missing.remedy is not None
    assert "claudePath" in missing.remedy
    (crashing,) = check_claude(program(tmp_path, "echo no library >&2; exit 127"), ENVIRONMENT, [], is_demo=False)
    assert "no library" in crashing.text


def test_a_cli_without_credentials_is_named_unless_it_is_a_demo(tmp_path: Path) -> None:
    signed_out = program(tmp_path, '[ "$1" = "auth" ] && exit 1\necho 2.1.330')
    found = list(check_claude(signed_out, ENVIRONMENT, [], is_demo=False))
    assert verdicts(found)["signed in"] is Verdict.FAIL
    found = list(check_claude(signed_out, ENVIRONMENT, [], is_demo=True))
    assert verdicts(found)["signed in"] is Verdict.OK


def test_a_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    found = list(check_claude(program(tmp_path, WORKS), ENVIRONMENT, [tmp_path / "gone"], is_demo=False))
    assert "gone" in broken(found)[0].text


def spool(tmp_path: Path, *seqs: int, wall_ms: int) -> Path:
    path = tmp_path / "sessions" / SESSION / "spool"
    path.mkdir(parents=True)
    raw = b"".join(encode(Frame(Stream.STDOUT, 1, seq, 0, wall_ms, b"x")) for seq in seqs)
    (path / f"{seqs[0]:020d}.seg").write_bytes(raw)
    return tmp_path


def test_output_that_has_waited_long_is_named_with_its_frames(tmp_path: Path) -> None:
    state = spool(tmp_path, 1, 2, 3, wall_ms=int(time.time() * 1000) - 90_000)
    (failed,) = check_delivery(state, {SESSION: 1}, is_online=True)
    assert failed.verdict is Verdict.FAIL
    assert "frames 2 to 3" in failed.text
    assert "restart" in (failed.remedy or "")


@pytest.mark.parametrize(("stored", "age_ms"), [({SESSION: 3}, 90_000), ({SESSION: 1}, 1_000), ({}, 90_000)])
def test_output_that_arrived_or_is_young_or_is_of_an_unknown_session_is_fine(
    tmp_path: Path, stored: dict[str, object], age_ms: int
) -> None:
    state = spool(tmp_path, 1, 2, 3, wall_ms=int(time.time() * 1000) - age_ms)
    (found,) = check_delivery(state, stored, is_online=True)
    assert found.verdict is Verdict.OK


def test_looking_into_a_spool_changes_nothing(tmp_path: Path) -> None:
    state = spool(tmp_path, 1, 2, wall_ms=5)
    segment = next((state / "sessions" / SESSION / "spool").glob("*.seg"))
    with segment.open("ab") as file:
        file.write(b"half a frame")
    before = segment.read_bytes()
    list(check_delivery(state, {SESSION: 2}, is_online=False))
    assert segment.read_bytes() == before
