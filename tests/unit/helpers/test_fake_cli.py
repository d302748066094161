"""The fake CLI does what its options say; the tests that lean on it believe it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from tests.helpers import fake_cli


def play(
    options: str, read: bytes = b"", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, fake_cli.__file__, *options.split()]
    return subprocess.run(argv, input=read, capture_output=True, timeout=30, check=False, env=environment)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("size", [80, 4096])
def test_it_emits_numbered_lines_of_one_length(size: int, *, as_json: bool) -> None:
    played = play(f"--emit 1000000 --line {size}" + " --json" * as_json)
    lines = played.stdout.splitlines(keepends=True)
    assert lines == [fake_cli.line(n, size, as_json=as_json) for n in range(len(lines))]
    assert 1_000_000 <= len(played.stdout) < 1_000_000 + size
    assert {len(line) for line in lines} == {size}


def test_it_ends_with_the_code_asked_for_at_the_end_of_input() -> None:
    assert play("--exit 3").returncode == 3


def test_it_echoes_each_line_of_input() -> None:
    assert play("--echo got:", b"one\ntwo\n").stdout == b"got:one\ngot:two\n"


def test_it_answers_the_handshake_and_obeys_a_polite_end() -> None:
    requests = [
        {"type": "control_request", "request_id": str(number), "request": {"subtype": subtype}}
        for number, subtype in enumerate(["initialize", "end_session"])
    ]
    played = play(
        "--initialize --linger --exit 7", "".join(json.dumps(request) + "\n" for request in requests).encode()
    )
    answers = [json.loads(line)["response"] for line in played.stdout.splitlines()]
    assert [(answer["request_id"], answer["subtype"]) for answer in answers] == [("0", "success"), ("1", "success")]
    assert played.returncode == 7


def test_its_options_may_come_from_the_environment() -> None:
    played = play("-p --model=x", b"hi\n", {**os.environ, "FAKE_CLI": "--echo 'you said '"})
    assert played.stdout == b"you said hi\n"


def test_it_waits_for_input_before_it_emits() -> None:
    played = play("--echo got: --wait-lines 2 --emit 10 --line 10", b"one\ntwo\n")
    assert played.stdout == b"got:one\ngot:two\n" + fake_cli.line(0, 10)


def test_it_says_into_a_pipe_that_all_is_emitted(tmp_path: Path) -> None:
    pipe = tmp_path / "emitted"
    os.mkfifo(pipe)
    argv = [sys.executable, fake_cli.__file__, "--emit", "1000000", "--when-emitted", str(pipe), "--linger"]
    said = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert not os.read(said, 100)
        assert len(process.stdout.read(1_000_000)) == 1_000_000
        select.select([said], [], [], 30)
        assert os.read(said, 100) == b"all is emitted\n"
        process.kill()
    os.close(said)


def test_it_emits_until_told_and_says_how_much_that_was() -> None:
    argv = [sys.executable, fake_cli.__file__, "--session-id=me"]
    options = {"FAKE_CLI": "--until-told --named --line 30 --rate 30000"}
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env={**os.environ, **options}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        first = process.stdout.readline()
        printed = process.communicate(b"stop emitting\n")[0].splitlines(keepends=True)
    lines = [first, *printed[:-1]]
    assert lines == [fake_cli.line(n, 30, name="me") for n in range(len(lines))]
    assert printed[-1] == fake_cli.last_line(len(lines), "me")


def test_it_prints_text_that_is_no_text_and_one_huge_line() -> None:
    played = play("--bad-text --huge 300000 --stderr oops")
    assert played.stdout == b"".join(fake_cli.BAD_TEXT) + b"y" * 300_000 + b"\n"
    assert played.stderr == b"oops\n"


def test_only_sigkill_ends_it_where_it_ignores_the_rest() -> None:
    argv = [sys.executable, fake_cli.__file__, "--ignore", "SIGINT,SIGTERM", "--linger", "--echo", ""]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            process.stdin.write(b"ready?\n")
            assert process.stdout.readline() == b"ready?\n"
            process.send_signal(number)
        process.stdin.write(b"alive?\n")
        assert process.stdout.readline() == b"alive?\n"
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_its_children_outlive_it_in_sessions_of_their_own() -> None:
    played = play("--children 2 --die SIGKILL")
    assert played.returncode == -signal.SIGKILL
    children = [psutil.Process(int(line.split()[1])) for line in played.stdout.splitlines()]
    try:
        assert len(children) == 2
        assert all(os.getsid(child.pid) == child.pid for child in children)
    finally:
        for child in children:
            child.kill()
