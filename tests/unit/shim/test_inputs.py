from __future__ import annotations

import os
import selectors
from collections.abc import Iterator

import pytest

from claudios.shim import inputs
from claudios.shim.inputs import PENDING_BYTES, Inputs


class Pipe:
    """A program's standard input, and the loop that writes to it."""

    def __init__(self) -> None:
        self.reader, writer = os.pipe()
        os.set_blocking(writer, False)
        os.set_blocking(self.reader, False)
        self.selector = selectors.DefaultSelector()
        self.inputs = Inputs(writer, self.selector)

    def read(self) -> bytes:
        """Read all there is, turning the loop as long as it has something to write."""
        read = b""
        while True:
            for key, mask in self.selector.select(0) if self.selector.get_map() else []:
                key.data(mask)
            try:
                piece = os.read(self.reader, 1 << 20)
            except BlockingIOError:
                return read
            if not piece:
                return read
            read += piece

    def close(self) -> None:
        self.inputs.close()
        self.selector.close()
        os.close(self.reader)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_a_line_is_written_at_once_and_nothing_is_watched(pipe: Pipe) -> None:
    pipe.inputs.take(b"hello\n", "a")
    assert not pipe.selector.get_map()
    assert pipe.read() == b"hello\n"


def test_what_a_full_pipe_does_not_take_follows_whole_and_in_order(pipe: Pipe) -> None:
    lines = [bytes([65 + n]) * 300_000 + b"\n" for n in range(4)]
    for line in lines:
        pipe.inputs.take(line)
    assert len(pipe.selector.get_map()) == 1
    assert pipe.read() == b"".join(lines)
    assert not pipe.selector.get_map()


def test_an_id_is_known_once_its_line_was_taken(pipe: Pipe) -> None:
    assert not pipe.inputs.has_taken("a")
    pipe.inputs.take(b"hello\n", "a")
    assert pipe.inputs.has_taken("a")


def test_only_the_newest_ids_are_remembered(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "REMEMBERED", 3)
    for name in "abcd":
        pipe.inputs.take(b"\n", name)
    assert [pipe.inputs.has_taken(name) for name in "abcd"] == [False, True, True, True]


def test_there_is_room_for_one_line_of_any_size_and_for_so_much_in_all(pipe: Pipe) -> None:
    assert pipe.inputs.has_room(PENDING_BYTES * 2)
    pipe.inputs.take(b"z" * 1_000_000 + b"\n")
    assert pipe.inputs.has_room(1_000_000)
    assert not pipe.inputs.has_room(PENDING_BYTES)


def test_finishing_closes_the_pipe_after_the_last_line(pipe: Pipe) -> None:
    pipe.inputs.take(b"z" * 300_000 + b"\n")
    pipe.inputs.finish()
    assert not pipe.inputs.is_open
    assert len(pipe.read()) == 300_001
    assert os.read(pipe.reader, 1) == b""


def test_a_program_that_closes_its_input_costs_only_that_input(pipe: Pipe) -> None:
    os.close(pipe.reader)
    pipe.reader = os.open(os.devnull, os.O_RDONLY)
    pipe.inputs.take(b"hello\n", "a")
    assert not pipe.inputs.is_open
    assert not pipe.selector.get_map()
