"""A transcript told as text, in any mixture of items and patches, each word once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claudios.cli.narrator import Narrator, Piece, Voice
from claudios.client.live import Appended, Upserted
from claudios.client.shapes import Item


def item(no: int, kind: str, **body: object) -> Item:
    return Item(no, kind, body, created_seq=no, updated_seq=no, at_ms=0)


def said(pieces: list[Piece], *voices: Voice) -> str:
    return "".join(piece.text for piece in pieces if not voices or piece.voice in voices)


def test_streamed_words_are_told_once_and_the_line_is_ended() -> None:
    narrator = Narrator()
    told = narrator.item(item(1, "message", text="He", streaming=True))
    told += narrator.change(Appended(1, "text", "llo"))
    told += narrator.change(Upserted(item(1, "message", text="Hello", streaming=False)))
    assert said(told) == "Hello\n"


def test_an_item_that_comes_again_adds_nothing() -> None:
    narrator = Narrator()
    whole = item(1, "message", text="Hello", streaming=False)
    assert said(narrator.item(whole)) == "Hello\n"
    assert narrator.item(whole) == []


def test_a_tool_between_two_messages_stands_on_lines_of_its_own() -> None:
    narrator = Narrator()
    told = narrator.item(item(1, "message", text="I look.", streaming=True))
    told += narrator.item(item(2, "tool", name="Bash", input={"command": "ls"}, state="running"))
    told += narrator.item(item(2, "tool", name="Bash", input={"command": "ls"}, state="done", result="a\nb"))
    told += narrator.item(item(3, "message", text="Done.", streaming=False))
    assert said(told) == "I look.\n* Bash: ls\n    a\n    b\nDone.\n"


def test_words_that_come_late_for_an_earlier_message_start_a_line() -> None:
    narrator = Narrator()
    told = narrator.item(item(1, "message", text="one", streaming=True))
    told += narrator.item(item(2, "message", text="two", streaming=True))
    told += narrator.change(Appended(1, "text", " more"))
    assert said(told) == "one\ntwo\n more"


def test_an_answer_begun_anew_after_a_retry_is_told_anew() -> None:
    narrator = Narrator()
    told = narrator.item(item(1, "message", text="The answ", streaming=True))
    told += narrator.item(item(1, "message", text="An answer", streaming=False))
    assert said(told, Voice.ANSWER) == "The answ\nAn answer\n"
    assert "anew" in said(told, Voice.NOTE)


def test_a_request_is_told_when_asked_and_when_answered() -> None:
    narrator = Narrator()
    asked = {"request_id": "r", "tool_name": "Bash", "input": {"command": "rm x"}}
    told = narrator.item(item(1, "request", state="pending", **asked))
    told += narrator.item(item(1, "request", state="answered", answer="deny", answered_by="ada", **asked))
    assert said(told) == "? Bash: rm x\n    denied by ada\n"


def test_what_a_person_gave_a_tool_instead_is_told() -> None:
    asked = {"tool_name": "Bash", "input": {"command": "rm x"}, "input_given": {"command": "rm y"}}
    told = Narrator().item(item(1, "request", state="answered", answer="allow", answered_by="ada", **asked))
    assert said(told) == "? Bash: rm x\n    allowed by ada, changed: Bash: rm y\n"


def test_a_failed_turn_is_a_problem_with_its_reason() -> None:
    told = Narrator().item(item(1, "turn", is_error=True, subtype="success", result="Invalid API key"))
    assert [piece.voice for piece in told] == [Voice.PROBLEM]
    assert "Invalid API key" in said(told)


def test_a_long_result_is_shortened_and_says_so() -> None:
    result = "\n".join(str(n) for n in range(100))
    told = Narrator().item(item(1, "tool", name="Bash", input={}, state="failed", result=result))
    assert "94 more lines" in said(told)
    assert "(failed)" in said(told)


def test_escapes_in_what_claude_says_reach_no_terminal() -> None:
    narrator = Narrator()
    told = narrator.item(item(1, "message", text="\x1b]52;c;aGk=\x07", streaming=False))
    told += narrator.item(item(2, "tool", name="\x1b[2J", input={"command": "\x1b[2J"}, state="done", result="\x1b[2J"))
    assert "\x1b" not in said(told)


def test_items_of_unknown_kinds_and_appends_to_unknown_items_are_passed_over() -> None:
    narrator = Narrator()
    assert narrator.item(item(1, "hologram", text="x")) == []
    assert narrator.change(Appended(9, "text", "x")) == []


@given(st.text(alphabet="ab\n", max_size=30), st.lists(st.integers(0, 30), max_size=6))
def test_however_a_message_is_cut_its_words_come_once_and_in_order(text: str, cuts: list[int]) -> None:
    narrator = Narrator()
    told: list[Piece] = narrator.item(item(1, "message", text="", streaming=True))
    begin = 0
    for end in sorted(min(cut, len(text)) for cut in cuts):
        told += narrator.change(Appended(1, "text", text[begin:end]))
        if (end - begin) % 2:  # now and then a snapshot repeats what there is
            told += narrator.item(item(1, "message", text=text[:end], streaming=True))
        begin = end
    told += narrator.item(item(1, "message", text=text, streaming=False))
    expected = text if not text or text.endswith("\n") else text + "\n"
    assert said(told) == expected


def test_what_claude_writes_beside_the_conversation_is_told_as_claudes() -> None:
    told = Narrator().item(item(1, "notice", level="warning", code="stderr", text="unknown model x\n"))
    assert said(told, Voice.PROBLEM) == "[Claude says: unknown model x]\n"
