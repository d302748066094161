from __future__ import annotations

from pathlib import Path

from claudios.agent.sessions.files import SessionFiles, WaitingStart
from claudios.protocol.messages import Input, StartSession
from tests.helpers.power_loss import disk_after, taped

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"
GIVEN = Input(id="5b1f6f0e-7a51-4b2e-a1a5-5b1f6f0e7a51", line='{"type":"user"}')
START = WaitingStart(asked_ns=17, body=StartSession(session_id=SESSION))


def test_a_start_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / SESSION)
    assert files.read_start() is None
    files.save_start(START.with_input(GIVEN))
    assert files.read_start() == START.with_input(GIVEN)
    files.forget_start()
    assert files.read_start() is None


def test_a_start_and_the_name_of_its_directory_are_brought_to_the_disk(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / SESSION)
    with taped(tmp_path) as tape:
        files.save_start(START)
    (content,) = disk_after(tape, len(tape.operations), None).values()
    assert content == (files.directory / "start.json").read_bytes()
    assert str(tmp_path) in {operation.file for operation in tape.operations if operation.what == "sync"}


def test_what_is_on_disk_is_this_users_alone(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / SESSION)
    files.save_start(START)
    assert files.directory.stat().st_mode & 0o777 == 0o700
    assert (files.directory / "start.json").stat().st_mode & 0o777 == 0o600


def test_an_input_that_a_start_has_is_not_added_again() -> None:
    once = START.with_input(GIVEN)
    assert once.body.inputs == (GIVEN,)
    assert once.with_input(GIVEN) == once
    assert once.asked_ns == START.asked_ns


def test_removing_takes_everything_and_may_be_repeated(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / SESSION)
    files.save_start(START)
    claim = tmp_path / "claim"
    claim.touch()
    files.launch.write_text(f'{{"epoch":1,"socket":"/s","claim":"{claim}","argv":[]}}')
    files.remove()
    assert list(tmp_path.iterdir()) == []
    files.remove()
