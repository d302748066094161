"""What is typed from afar: rules S-6, S-7 and L-17."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

from claudios.agent.keyboard import Keyboard
from claudios.protocol.errors import SessionLost
from claudios.protocol.messages import Mode, Typed, Welcome
from claudios.protocol.signing import sign_typed
from claudios.protocol.terminal import Keystroke
from tests.helpers.instructions import AGENT_ID, KEYS

SESSION = "01234567-89ab-4cde-8f01-23456789abcd"
OTHER = "11234567-89ab-4cde-8f01-23456789abcd"
BOOT = 3
SECRET = base64.b64encode(b"my password\r").decode()


class Terminals:
    """Terminals that note what is typed into them; `gone` are those that have ended."""

    def __init__(self) -> None:
        self.typed: list[tuple[str, str]] = []
        self.gone: set[str] = set()

    def type(self, session_id: str, stroke: Keystroke) -> None:
        if session_id in self.gone:
            raise SessionLost
        self.typed.append((session_id, stroke.id))


@pytest.fixture
def terminals() -> Terminals:
    return Terminals()


@pytest.fixture
def keyboard(terminals: Terminals) -> Keyboard:
    made = Keyboard(KEYS.instruct, tuple(Mode), terminals)
    made.opened(welcome(BOOT))
    return made


def welcome(boot: int) -> Welcome:
    return Welcome(agent_id=AGENT_ID, agent_name="one", boot=boot, server_time_ms=1)


def typed(n: int, identity: str = "a.1", session_id: str = SESSION, key: bytes = KEYS.instruct, **fields: Any) -> Typed:
    body = fields.pop("body", Keystroke(id=identity, keys=SECRET).model_dump_json())
    signed = {"agent_id": AGENT_ID, "boot": BOOT, "n": n, "session_id": session_id, "body": body, **fields}
    signature = sign_typed(key, signed.pop("agent_id"), **signed)
    return Typed(session_id=session_id, n=n, body=body, signature=signature.hex())


def test_what_is_signed_is_passed_on_in_order(keyboard: Keyboard, terminals: Terminals) -> None:
    """S-7, L-17"""
    for n, identity, session_id in ((1, "a.1", SESSION), (2, "b.1", OTHER), (3, "a.2", SESSION), (7, "a.3", SESSION)):
        keyboard.take(typed(n, identity, session_id))
    assert terminals.typed == [(SESSION, "a.1"), (OTHER, "b.1"), (SESSION, "a.2"), (SESSION, "a.3")]


@pytest.mark.parametrize(
    "wrong",
    [
        typed(1).model_copy(update={"signature": "0" * 64}),
        typed(1, key=KEYS.sign),
        typed(1, agent_id="another"),
        typed(1, boot=BOOT - 1),
        typed(1).model_copy(update={"n": 2}),
        typed(1).model_copy(update={"session_id": OTHER}),
        typed(1).model_copy(update={"body": Keystroke(id="a.1", keys="AA==").model_dump_json()}),
    ],
    ids=[
        "not signed",
        "another key",
        "another agent",
        "another registration",
        "another n",
        "another session",
        "changed",
    ],
)
def test_what_is_not_signed_for_this_place_is_not_typed(keyboard: Keyboard, terminals: Terminals, wrong: Typed) -> None:
    """S-6, S-7, L-17"""
    keyboard.take(wrong)
    assert terminals.typed == []
    keyboard.take(typed(1, "a.2"))
    assert terminals.typed == [(SESSION, "a.2")], "it has not used up a number either"


def test_what_was_heard_is_not_typed_again(keyboard: Keyboard, terminals: Terminals) -> None:
    """S-7, L-17"""
    keyboard.take(typed(1, "a.1"))
    keyboard.take(typed(3, "a.3"))
    for n in (1, 2, 3):
        keyboard.take(typed(n, "again"))
    assert terminals.typed == [(SESSION, "a.1"), (SESSION, "a.3")]


def test_a_new_registration_counts_anew_and_takes_nothing_of_the_one_before(
    keyboard: Keyboard, terminals: Terminals
) -> None:
    """S-7, L-17"""
    keyboard.take(typed(9, "a.1"))
    keyboard.opened(welcome(BOOT + 1))
    keyboard.take(typed(10, "a.2"))
    keyboard.take(typed(1, "a.3", boot=BOOT + 1))
    assert terminals.typed == [(SESSION, "a.1"), (SESSION, "a.3")]


def test_before_a_registration_nothing_is_typed(terminals: Terminals) -> None:
    """S-7"""
    Keyboard(KEYS.instruct, tuple(Mode), terminals).take(typed(1))
    assert terminals.typed == []


def test_on_a_machine_that_allows_no_terminals_nothing_is_typed(terminals: Terminals) -> None:
    """L-17"""
    keyboard = Keyboard(KEYS.instruct, (Mode.CHAT,), terminals)
    keyboard.opened(welcome(BOOT))
    keyboard.take(typed(1))
    assert terminals.typed == []


def test_what_finds_no_terminal_is_dropped_and_the_next_is_typed(keyboard: Keyboard, terminals: Terminals) -> None:
    terminals.gone.add(OTHER)
    keyboard.take(typed(1, "b.1", OTHER))
    keyboard.take(typed(2, body="{}"))
    keyboard.take(typed(3, "a.1"))
    assert terminals.typed == [(SESSION, "a.1")]


def test_the_log_tells_of_what_is_dropped_and_never_what_it_was(
    keyboard: Keyboard, terminals: Terminals, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        terminals.gone.add(SESSION)
        keyboard.take(typed(1))
        keyboard.take(typed(1))
        keyboard.take(typed(2, body='{"id": 7, "keys": "' + SECRET + '"}'))
    assert [record.__dict__["code"] for record in caplog.records] == ["typed_refused"] * 3
    assert SECRET not in caplog.text
    assert "password" not in caplog.text
