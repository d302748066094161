"""What is looked for, and the stretch that shows why something was found."""

from __future__ import annotations

import pytest

from claudios.protocol.errors import InputInvalid
from claudios.server.search.excerpt import LENGTH, excerpt, fit
from claudios.server.search.terms import GRAM, encoded, grams, terms_of


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("exit code", ("exit", "code")),
        ("  exit\tcode  exit ", ("exit", "code")),
        ('"exit  code" go', ("exit code", "go")),
        ('say "unfinished phrase', ("say", "unfinished phrase")),
        ('key="value"', ("key=", "value")),
        ("据", ("据",)),
        ('""  word', ("word",)),
    ],
)
def test_a_query_is_cut_into(query: str, terms: tuple[str, ...]) -> None:
    assert terms_of(query) == terms


@pytest.mark.parametrize(
    "query", ["", "a", "ab cd", '""', "\u0300", "x" * 201, " ".join(f"word{n}" for n in range(11))]
)
def test_a_query_is_refused_that_no_index_answers(query: str) -> None:
    with pytest.raises(InputInvalid):
        terms_of(query)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("数据库", "据"),
        ("数据库", "数据"),
        ("a数据b", "a数"),
        ("SELECT 数据库;", "select 数"),
        ("データ", "ータ"),
        ("ABC", "b"),
    ],
)
def test_a_part_of_a_text_is_a_part_of_its_encoded_form(text: str, inside: str) -> None:
    assert encoded(inside).strip("\x01") in encoded(text)
    assert encoded(inside) in encoded(text)


def test_a_single_character_of_a_script_without_spaces_is_enough_for_the_index() -> None:
    assert len(grams(encoded("据"))) == 1
    assert len(encoded("据")) == GRAM


def test_an_excerpt_is_the_text_itself_with_every_hit_marked() -> None:
    text = "first " * 40 + "the Exit\n  code of it, EXIT again" + " last" * 80
    pieces = excerpt(text, ("exit code", "again"))
    shown = "".join(piece.text for piece in pieces)
    assert shown.startswith("…first")
    assert shown.endswith("…")
    assert len(shown) <= LENGTH + 2
    assert [piece.text for piece in pieces if piece.is_hit] == ["Exit code", "again"]


@pytest.mark.parametrize("text", ["", "x", "no hit in here"])
def test_an_excerpt_of_what_has_no_hit_is_its_beginning(text: str) -> None:
    assert "".join(piece.text for piece in excerpt(text, ("other",))) == text


def test_an_excerpt_of_one_endless_word_is_cut() -> None:
    pieces = excerpt("a" * 5000 + "needle" + "b" * 5000, ("needle",))
    assert [piece.text for piece in pieces if piece.is_hit] == ["needle"]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("the parse error", "the parser errors"),
        ("parse error", "parse " + "much else " * 50 + "error"),
        ("parse error", "sparse terror"),
        ("parse error, parse error", "parse error"),
    ],
)
def test_what_fits_better(better: str, worse: str) -> None:
    terms = ("parse", "error")
    assert fit("message", encoded(better), terms) > fit("message", encoded(worse), terms)


def test_titles_and_people_come_before_what_tools_print() -> None:
    order = [fit(kind, "needle", ("needle",)) for kind in ("title", "user", "message", "thinking", "tool")]
    assert order == sorted(order, reverse=True)
