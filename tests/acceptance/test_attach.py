"""Claude's full screen in one's own terminal, with the real Claude CLI on the scripted model."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import struct
import termios
from dataclasses import replace

import psutil
import pytest

from tests.acceptance.conftest import Up
from tests.acceptance.person import PATIENCE_SECONDS, Person, Terminal, until

pytestmark = pytest.mark.acceptance

DETACH = "\x1d"
PROMPT, ANSWERED = "count to 3", "them."
"""Claude moves the cursor between words: what is looked for is one word, and no word of the prompt."""


@pytest.fixture
def ada(up: Up) -> Person:
    """The person whose `claudios up` it is."""
    return up.person


def resize(terminal: Terminal, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def session_of(terminal: Terminal) -> str:
    attached = re.search(r"Attached to (\w+)", terminal.until("leaves it, and it goes on."))
    assert attached is not None
    return attached[1]


def test_a_session_is_started_typed_into_left_and_come_back_to(ada: Person) -> None:
    with ada.at_terminal("terminal", "--permission-mode", "default") as terminal:
        resize(terminal, 90, 25)
        session = session_of(terminal)
        terminal.until("❯")
        terminal.type(PROMPT)
        terminal.until("count")
        terminal.type("\r")
        terminal.until(ANSWERED)
        terminal.type(DETACH)
        terminal.until("The session goes on.")
        assert terminal.ended() == 0
        modes = termios.tcgetattr(terminal.master)[3]
        assert modes & termios.ECHO, "the terminal is as it was"
    until(lambda: re.search(rf"^{session} .*\(terminal\)", ada.run("ps").out, re.M))
    with ada.at_terminal("attach", session) as terminal:
        terminal.until(ANSWERED)
        terminal.type("/exit")
        terminal.until("/exit")
        terminal.type("\r")
        terminal.until("has ended.")
        assert terminal.ended() == 0
    assert ada.run("attach", session, expect=2).err.count("needs a terminal") == 1
    ada.run("export", "--asciicast", "-o", "seen.cast", session)
    header, *entries = map(json.loads, (ada.home / "seen.cast").read_text().splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 90, 25)
    assert any(kind == "o" and ANSWERED in shown for _, kind, shown in entries)
    assert not any("\x1b[?1004h" in shown for _, _, shown in entries), "what does more than draw is left out"
    with ada.at_terminal("attach", session) as terminal:
        terminal.until("attach --resume")
        assert terminal.ended() == 1
    with ada.at_terminal("attach", "--resume", session) as terminal:
        terminal.until(ANSWERED)
        os.kill(terminal.process.pid, signal.SIGQUIT)
        terminal.until("The session goes on.")
        assert terminal.ended() == 130
    ada.run("stop", session)


def test_the_size_is_this_terminals_and_who_only_watches_types_nothing(ada: Person) -> None:
    with ada.at_terminal("terminal", "--permission-mode", "default") as steering:
        session = session_of(steering)
        steering.until("❯")
        with ada.at_terminal("attach", "--read-only", session) as watching:
            watching.until("❯")
            watching.type("unheard")
            resize(steering, 61, 20)
            os.kill(steering.process.pid, signal.SIGWINCH)
            seen = watching.until("─" * 59)
            steering.type(PROMPT)
            assert "unheard" not in seen + watching.until("count")
            watching.type(DETACH)
            assert watching.ended() == 0
        steering.type("\r")
        steering.until(ANSWERED)
        steering.type(DETACH)
        assert steering.ended() == 0
    ada.run("stop", session)


def test_a_terminal_that_is_closed_leaves_the_session_to_itself(ada: Person) -> None:
    with ada.at_terminal("terminal", "--permission-mode", "default") as terminal:
        session = session_of(terminal)
        terminal.until("❯")
        os.dup2(os.open(os.devnull, os.O_RDWR), terminal.master)  # as where its window is closed
        assert terminal.process.wait(60) == 130
    assert ada.run("ps", "--json").json[0]["id"].startswith(session)
    ada.run("stop", session)


def test_one_that_is_told_to_end_ends_though_its_terminal_reads_nothing(ada: Person) -> None:
    with ada.at_terminal("terminal", "--permission-mode", "default") as terminal:
        session = session_of(terminal)
        terminal.until("❯")
        shown = os.open(psutil.Process(terminal.process.pid).terminal() or "", os.O_RDWR | os.O_NOCTTY)
        termios.tcflow(shown, termios.TCOOFF)  # as Ctrl+S does
        terminal.type("count")
        terminal.process.terminate()
        assert terminal.process.wait(PATIENCE_SECONDS) == 130
        assert termios.tcgetattr(shown)[3] & termios.ECHO, "the terminal is as it was"
        os.close(shown)
    ada.run("stop", session)


def test_a_terminal_is_given_back_while_it_is_stopped_and_drawn_anew_afterwards(ada: Person) -> None:
    with ada.at_terminal("terminal", "--permission-mode", "default") as terminal:
        session = session_of(terminal)
        terminal.until("❯")
        process = psutil.Process(terminal.process.pid)
        process.send_signal(signal.SIGTSTP)
        until(lambda: process.status() == psutil.STATUS_STOPPED)
        assert termios.tcgetattr(terminal.master)[3] & termios.ECHO, "the shell has it as it was"
        process.send_signal(signal.SIGCONT)
        terminal.until("\x1b[H\x1b[J")
        terminal.until("❯")
        assert not termios.tcgetattr(terminal.master)[3] & termios.ECHO, "it is raw again"
        terminal.type(DETACH)
        assert terminal.ended() == 0
    ada.run("stop", session)


def test_a_terminal_that_is_smaller_than_the_owners_says_how_the_session_fits_it(ada: Person) -> None:
    with ada.at_terminal("terminal", "--permission-mode", "default") as steering:
        resize(steering, 100, 30)
        session = session_of(steering)
        steering.until("❯")
        with ada.at_terminal("attach", session) as second:
            second.until("]0;The session is 100 by 30, this terminal 80 by 24. `attach --take-size` makes it fit.")
            second.type(DETACH)
            second.until("`attach --take-size` makes it fit.")
            assert second.ended() == 0
        with ada.at_terminal("attach", "--take-size", session) as second:
            second.until(f"m{'─' * 80}\x1b")
            process = psutil.Process(second.process.pid)
            process.suspend()
            until(lambda: process.status() == psutil.STATUS_STOPPED)
            process.resume()
            second.until("\x1b[H\x1b[J")
            resize(second, 70, 20)
            steering.until(f"m{'─' * 70}\x1b")
            second.type(DETACH)
            assert "\nThe session is" not in second.until("The session goes on.")
            assert second.ended() == 0
        steering.type(DETACH)
        assert steering.ended() == 0
    ada.run("stop", session)


def test_a_chat_is_attached_to_once_it_has_ended(ada: Person) -> None:
    session = ada.run("run", "--keep", "--json", PROMPT).json["session"]["id"]
    with ada.at_terminal("attach", session) as terminal:
        terminal.until("This session is a chat.")
        assert terminal.ended() == 1
    ada.run("stop", session)
    assert "never showed anything" in ada.run("export", "--asciicast", "-o", "chat.cast", session, expect=1).err
    assert not list(ada.home.glob("chat.cast*"))
    with ada.at_terminal("attach", "--resume", session) as terminal:
        terminal.until(ANSWERED)
        terminal.type(DETACH)
        assert terminal.ended() == 0
    ada.run("stop", session)


@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1"])
def test_a_terminal_that_does_not_take_utf_8_is_not_attached(ada: Person, locale: str) -> None:
    with replace(ada, extra={"LC_ALL": locale}).at_terminal("terminal") as terminal:
        terminal.until(f"this terminal's locale is {locale}.")
        assert terminal.ended() == 2


def test_a_locale_that_is_not_installed_here_counts_by_its_name(ada: Person) -> None:
    with replace(ada, extra={"LC_ALL": "xx_XX.UTF-8"}).at_terminal("attach", "0000") as terminal:
        terminal.until("There is no session")
