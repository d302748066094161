"""The sign of life for what takes its time, on a clock that the test turns."""

from __future__ import annotations

import io
import sys
import threading
from dataclasses import dataclass

import pytest

from claudios.cli.progress import tell, working


class Screen(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Work:
    """What is done after so many seconds; waiting for it turns the clock."""

    takes_seconds: float
    now_seconds: float = 100.0
    begun_seconds: float = 100.0

    def clock(self) -> float:
        return self.now_seconds

    def is_done(self, within_seconds: float) -> bool:
        self.now_seconds += within_seconds
        return self.now_seconds - self.begun_seconds > self.takes_seconds


def told(takes_seconds: float, stream: io.StringIO) -> str:
    work = Work(takes_seconds)
    tell("Waiting for the agent", work.is_done, work.clock, stream)
    return stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Screen()])
def test_what_is_done_within_a_second_says_nothing(stream: io.StringIO) -> None:
    assert told(0.99, stream) == ""


def test_without_a_terminal_it_is_one_line_however_long_it_takes() -> None:
    assert told(1.0, io.StringIO()) == "Waiting for the agent …\n"
    assert told(3600.0, io.StringIO()) == "Waiting for the agent …\n"


def test_at_a_terminal_it_turns_counts_seconds_and_leaves_an_empty_line() -> None:
    *drawn, last = told(3.0, Screen()).split("\r\x1b[2K")[1:]
    assert [each[0] for each in drawn[:11]] == [*"⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "⠋"]
    assert drawn[0][1:] == " Waiting for the agent … 1 s"
    assert drawn[-1][1:] == " Waiting for the agent … 3 s"
    assert last == ""


class Noticed(io.StringIO):
    """A stream that says when something is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.happened = threading.Event()

    def write(self, text: str) -> int:
        self.happened.set()
        return super().write(text)


def test_what_takes_long_is_told_on_standard_error_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Noticed()
    monkeypatch.setattr(sys, "stderr", stream)
    with working("Waiting for\x1b[31m it"):
        assert stream.happened.wait(60)
    assert stream.getvalue().startswith("Waiting for")
    assert "\x1b" not in stream.getvalue()


def test_what_fails_at_once_says_nothing_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), working("Waiting"):
        raise KeyError
    assert capsys.readouterr() == ("", "")
