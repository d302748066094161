"""What is left of a program's output before it reaches a person's terminal (X15)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyghostty import Terminal

from claudios.cli.escapes import MAX_SEQUENCE_BYTES, RESET, Escapes

RECORDING = Path(__file__).parents[1] / "server/screens/claude.cast"
COPIED = b"52;c;aGVsbG8="

QUESTIONS = (
    *(b"\x1b[c", b"\x1b[0c", b"\x1b[>c", b"\x1b[=c", b"\x1bZ", b"\x05"),
    *(b"\x1b[6n", b"\x1b[?6n", b"\x1b[5n", b"\x1b[?996n", b"\x1b[>0q", b"\x1b[?u", b"\x1b[?4m"),
    *(b"\x1b[?2026$p", b"\x1b[4$p", b"\x1b[1$w", b"\x1b[16t", b"\x1b[21t", b"\x1b[x", b"\x1b[?1;1;0S"),
    *(b"\x1b]11;?\x07", b"\x1b]4;1;?\x1b\\", b"\x1b]4;1;?;2;red\x07", b"\x1b]21;foreground=?\x07", b"\x1b]7501;?\x07"),
    *(b"\x1bP$qm\x1b\\", b"\x1bP1$qm\x1b\\", b"\x1bP+q544e\x1b\\", b"\x1b_Gi=31,s=1;AAAA\x1b\\"),
)
REACHES_FURTHER = (
    *(b"\x1b]%b\x07" % COPIED, b"\x1b]52;c;?\x1b\\", b"\x1b]0%b\x07" % COPIED, b"\x1b]5\x00%b\x07" % COPIED[1:]),
    *(b"\x1b]1337;Copy=:aGk=\x07", b"\x1b]5522;type=read\x07", b"\x1b]9;7;cmd\x07", b"\x1b]11;#000000\x07"),
    *(b"\x1b[?1004h", b"\x1b[?2031h", b"\x1b[?2048h", b"\x1b[>1u", b"\x1b[=5u", b"\x1b[>4;2m", b"\x1b[?9001h"),
    *(b"\x1b[?2l", b"\x1b%@", b"\x1b G", b"\x1b[5i"),
    *(b"\x1bH", b"\x1b[3g", b"\x1b[3J", b"\x1b[03J", b"\x1b[0;3J", b"\x1b[?3J", b"\x1b[22J"),
    *(b"\x9b", b"\xe0\x82\x9b", b"\x9d", b"\xf0\x80\x82\x9b", b"\xc2", b"\xe2\x82", b"\xed\xa0\x80", b"\xff"),
    *(b"\x1b]0;a\x9cb\x07", b"\x1b]0;a\xe0\x82\x9cb\x07", b"\x1b]8;;https://example.org/\x9c\x07"),
)
HARMLESS = (
    *(
        b"plain \xc3\xb6 text\xc2\xa0\r\n",
        b"\x1b[1;38;2;10;20;30m",
        b"\x1b[4:3m",
        b"\x1b[2J",
        b"\x1b[?1J",
        b"\x1b[3;9r",
        b"\x1b[2 q",
    ),
    *(b"\x1b[?2004h", b"\x1b[?1049h", b"\x1b[?25;2026l", b"\x1b[4h", b"\x1b(B", b"\x1b7", b"\x1b[!p"),
    *(
        b"\x1b]0;what is this?\x07",
        b"\x1b]8;id=1;HTTP://example.org\x07",
        "\U0001f600 ─ ö".encode(),
        b"\x1b]8;;https://example.org\x1b\\words\x1b]8;;\x1b\\",
    ),
)
REMADE = (
    (b"\x1b[\n1m", b"\n\x1b[1m"),
    (b"\x1b[?2004;1004h", b"\x1b[?2004h"),
    (b"\x1b]0;one\x1b]0;two\x07", b"\x1b]0;two\x07"),
    (b"\x1b]0;one\x1b]%b\x07" % COPIED, b""),
    (b"\x1b]0;one\x1b[c\x07", b"\x07"),
    (b"\x1b\x00]%b\x07" % COPIED, b"\x00"),
    (b"\x1b(]\x1b[c\x07", b"\x1b(]\x07"),
    (b"\x1b[1\x18m", b"m"),
    ("a\u009bcb".encode(), b"acb"),
    (b"\xc2\x1b[c\x9bc", b"c"),
    (b"\x9b6n", b"6n"),
    (b"\xe0\x82\x9b6n", b"6n"),
    (b"\xe2\x82\xe2\x82\xac", b"\xe2\x82\xac"),
    (b"\xe2\x1b[m\x82\xac", b"\x1b[m"),
    (b"\x1bc", RESET + b"\x1b[H\x1b[2J"),
    (b"\x1b]8;;file://host/etc/passwd\x1b\\words\x1b]8;;\x1b\\", b"\x1b]8;;\x1b\\words\x1b]8;;\x1b\\"),
    (b"\x1b]8;id=1;ssh://-oProxyCommand=cmd\x07", b"\x1b]8;;\x07"),
    (b"\x1b]8;;javascript:https://example.org\x07", b"\x1b]8;;\x07"),
    (b"\x1b]8;https://example.org\x07", b"\x1b]8;;\x07"),
    ("\x1b]0;one\u009c\u009d52;c;aGk=\x07".encode(), b""),
)
BYTES = st.sampled_from(
    [
        *(
            b"\x1b",
            b"[",
            b"]",
            b"P",
            b"_",
            b"(",
            b"%",
            b"?",
            b">",
            b";",
            b"$",
            b"\x00",
            b"\x05",
            b"\x07",
            b"\n",
            b"\x18",
        ),
        *(
            b"\x7f",
            b"\xc2",
            b"\x9b",
            b"\x9c",
            b"\x9d",
            b"\\",
            b"c",
            b"n",
            b"p",
            b"q",
            b"u",
            b"h",
            b"l",
            b"m",
            b"x",
            b"Z",
        ),
        *(b"0", b"1", b"6", b"11", b"52", b"1004", b"2031", b"4;1", b"abc"),
    ]
)
PIECES = BYTES | st.sampled_from(QUESTIONS + REACHES_FURTHER + HARMLESS) | st.binary(max_size=8)
OUTPUT = st.lists(PIECES, max_size=24).map(b"".join)


def replies(output: bytes) -> list[bytes]:
    """Return what a terminal answers to an output."""
    terminal, answered = Terminal(80, 24), list[bytes]()
    terminal.on_reply(answered.append)
    terminal.feed(output)
    return answered


@pytest.mark.parametrize("taken", QUESTIONS + REACHES_FURTHER)
def test_what_does_more_than_draw_is_taken_out(taken: bytes) -> None:
    assert Escapes().feed(b"before" + taken + b"after") == b"beforeafter"


@pytest.mark.parametrize("harmless", HARMLESS)
def test_what_only_draws_is_left_as_it_is(harmless: bytes) -> None:
    assert Escapes().feed(b"before" + harmless + b"after") == b"before" + harmless + b"after"


@pytest.mark.parametrize(("written", "left"), REMADE)
def test_a_sequence_that_terminals_may_read_otherwise_is_made_plain(written: bytes, left: bytes) -> None:
    assert Escapes().feed(b"before" + written + b"after") == b"before" + left + b"after"


@given(OUTPUT, st.data())
def test_it_does_not_matter_where_the_bytes_are_cut(whole: bytes, data: st.DataObject) -> None:
    escapes, cut, passed = Escapes(), 0, b""
    while cut < len(whole):
        following = data.draw(st.integers(cut + 1, len(whole)))
        passed += escapes.feed(whole[cut:following])
        cut = following
    assert passed == Escapes().feed(whole)


@given(OUTPUT)
def test_a_terminal_answers_nothing_whatever_is_written(output: bytes) -> None:
    assert replies(b"\x1b[c") != []
    assert replies(Escapes().feed(output)) == []


@given(OUTPUT)
def test_what_is_left_is_plain_to_every_terminal(output: bytes) -> None:
    left = Escapes().feed(output)
    assert Escapes().feed(left) == left
    assert re.search(r"[\x80-\x9f\x05]|\x1b[P_^X%c]|\x1b\](?![0128];)|\x1b\[\??3J", left.decode()) is None


@given(st.lists(st.sampled_from(QUESTIONS + REACHES_FURTHER + HARMLESS), max_size=8))
def test_only_what_does_more_than_draw_is_missing(pieces: list[bytes]) -> None:
    left = (piece if piece in HARMLESS else b"" for piece in pieces)
    assert Escapes().feed(b".".join(pieces)) == b".".join(left)  # parted: two halves would be a whole letter


@given(OUTPUT)
def test_afterwards_nothing_is_in_force_that_a_program_has_set(output: bytes) -> None:
    used, new = Terminal(80, 24), Terminal(80, 24)
    used.feed(Escapes().feed(output) + b"\x18" + RESET)
    used.feed(b"plain")
    new.feed(b"\x1b[999;1Hplain")
    assert used.cursor == new.cursor
    for mode in (1, 5, 6, 7, 25, 47, 1000, 1002, 1003, 1004, 1006, 1047, 1049, 2004, 2026, 2031, 2048):
        assert used.mode(mode) == new.mode(mode), mode


def test_all_that_a_recorded_claude_draws_is_drawn() -> None:
    as_written, as_left, escapes = Terminal(100, 30), Terminal(100, 30), Escapes()
    for line in RECORDING.read_text().splitlines()[1:]:
        _, kind, what = json.loads(line)
        if kind == "o":
            as_written.feed(what.encode())
            as_left.feed(escapes.feed(what.encode()))
        else:
            for terminal in (as_written, as_left):
                terminal.resize(*map(int, what.split("x")))
        assert as_left.text() == as_written.text()
        assert as_left.cursor == as_written.cursor
    assert as_left.contents() == as_written.contents()


def test_what_never_ends_is_kept_within_bounds_and_dropped() -> None:
    escapes = Escapes()
    assert escapes.feed(b"\x1b]0;" + b"x" * (2 * MAX_SEQUENCE_BYTES)) == b""
    assert len(escapes._begun) <= MAX_SEQUENCE_BYTES + 1
    assert escapes.feed(b"\x07seen") == b"seen"
