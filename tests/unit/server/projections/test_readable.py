"""The words by which an item is found."""

from __future__ import annotations

import pytest

from claudios.server.projections.readable import is_growing, text_of
from claudios.server.projections.shapes import Json


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("user", {"text": "do it", "uuid": "u"}, "do it"),
        ("message", {"text": "done", "error": "overloaded"}, "done\noverloaded"),
        (
            "tool",
            {"name": "Edit", "input": {"file": "a.py", "edits": [{"new": "x"}, 3]}, "input_text": "", "result": "ok"},
            "Edit\na.py\nx\nok",
        ),
        ("tool", {"name": "Bash", "input": {}, "input_text": '{"comm', "result": None}, 'Bash\n{"comm'),
        ("request", {"title": "Run", "message": "no", "input": {"c": "ls"}, "answers": {"Q?": "yes"}}, "Run\nno\nyes"),
        ("turn", {"result": None}, ""),
        ("raw", {"type": "t", "json": '{"a":1}'}, '{"a":1}'),
        ("of the future", {"text": "x"}, ""),
    ],
)
def test_the_words_of(kind: str, body: Json, words: str) -> None:
    assert text_of(kind, body) == words


def test_what_is_still_written_says_so() -> None:
    assert is_growing({"streaming": True})
    assert not is_growing({"streaming": False})
    assert not is_growing({"text": "x"})
