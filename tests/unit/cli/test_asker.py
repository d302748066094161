"""The dialogue in which a person answers what Claude asks."""

from __future__ import annotations

from dataclasses import replace

from claudios.cli.asker import Asker
from claudios.client.shapes import Request, Suggestion

PERMISSION = Request(
    "r1", "s1", "permission", "Bash", {"command": "rm x"}, "pending", 1, suggestions=(Suggestion("allow rm"),)
)
QUESTION = Request(
    "q1",
    "s1",
    "question",
    "AskUserQuestion",
    {
        "questions": [
            {"question": "Colour?", "options": [{"label": "Red"}, {"label": "Blue"}]},
            {"question": "Sizes?", "options": [{"label": "S"}, {"label": "L"}], "multiSelect": True},
        ]
    },
    "pending",
    1,
)


def test_yes_allows() -> None:
    asker = Asker()
    assert asker.offer(PERMISSION)
    reply = asker.feed("y\n")
    assert reply is not None
    assert (reply.behavior, reply.request.id) == ("allow", "r1")
    assert asker.current is None


def test_the_whole_input_is_shown_before_it_is_answered() -> None:
    asker = Asker()
    asker.offer(replace(PERMISSION, input={"command": "echo 1\nrm -rf /", "description": "harmless"}))
    assert "rm -rf /" in asker.introduction()


def test_why_and_about_which_path_one_is_asked_is_shown_too() -> None:
    asker = Asker()
    asker.offer(
        replace(PERMISSION, reason="Path is outside", blocked_path="/etc/x", subagent="Look", mcp_server="calc")
    )
    told = asker.introduction()
    assert all(words in told for words in ("Path is outside", "/etc/x", "Look", "calc"))


def test_always_grants_the_suggestion_and_is_offered_only_where_there_is_one() -> None:
    asker = Asker()
    asker.offer(PERMISSION)
    assert "allow rm" in asker.prompt()
    reply = asker.feed("a")
    assert reply is not None
    assert reply.suggestions == (0,)
    asker.offer(replace(PERMISSION, id="r2", suggestions=()))
    assert "lways" not in asker.prompt()
    assert asker.feed("a") is None


def test_no_asks_for_a_reason_which_may_be_empty() -> None:
    asker = Asker()
    asker.offer(PERMISSION)
    assert asker.feed("n") is None
    assert "why" in asker.prompt()
    reply = asker.feed("too dangerous\n")
    assert reply is not None
    assert (reply.behavior, reply.message) == ("deny", "too dangerous")
    asker.offer(replace(PERMISSION, id="r2"))
    asker.feed("no")
    silent = asker.feed("\n")
    assert silent is not None
    assert silent.message is None


def test_an_answer_that_is_none_of_the_choices_is_asked_again_and_allows_nothing() -> None:
    asker = Asker()
    asker.offer(PERMISSION)
    for typed in ("", "yep", "Y E S", "x"):
        assert asker.feed(typed) is None
    assert asker.current is not None


def test_questions_are_answered_one_after_the_other_by_number_or_in_words() -> None:
    asker = Asker()
    asker.offer(QUESTION)
    assert "1) Red" in asker.introduction()
    assert asker.feed("2") is None
    reply = asker.feed("1, 2")
    assert reply is not None
    assert reply.answers == {"Colour?": "Blue", "Sizes?": "S, L"}
    asker.offer(replace(QUESTION, id="q2"))
    asker.feed("Something else, please")
    free = asker.feed("9")  # no such number: it is taken as words
    assert free is not None
    assert free.answers == {"Colour?": "Something else, please", "Sizes?": "9"}


def test_several_requests_are_asked_in_the_order_they_came() -> None:
    asker = Asker()
    asker.offer(PERMISSION)
    assert not asker.offer(replace(PERMISSION, id="r2"))
    asker.feed("y")
    assert asker.current is not None
    assert asker.current.id == "r2"


def test_a_request_that_somebody_else_answered_is_not_asked_any_more() -> None:
    asker = Asker()
    asker.offer(PERMISSION)
    asker.feed("n")
    assert asker.offer(replace(PERMISSION, state="answered", answer="allow", answered_by="bob"))
    assert asker.current is None
    assert asker.feed("my reason") is None


def test_an_answer_begun_for_one_request_is_not_given_to_the_next() -> None:
    asker = Asker()
    asker.offer(PERMISSION)
    asker.offer(replace(PERMISSION, id="r2"))
    asker.feed("n")
    asker.offer(replace(PERMISSION, state="withdrawn"))
    reply = asker.feed("y")
    assert reply is not None
    assert (reply.request.id, reply.behavior) == ("r2", "allow")
