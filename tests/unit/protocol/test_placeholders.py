"""The places of a template's prompt: what is one, and what stays as it was written."""

from __future__ import annotations

import pytest

from claudios.protocol.placeholders import fill, names_of

# The page's placeholders.test.ts has the same cases.
CASES = [
    ("Fix {issue} in {file}.", ("issue", "file"), "Fix «issue» in «file»."),
    ("{a} and {a} again", ("a",), "«a» and «a» again"),
    ("Write {{name}}, not {name}.", ("name",), "Write {name}, not «name»."),
    ("{the branch-name_2}", ("the branch-name_2",), "«the branch-name_2»"),
    ('{"key": 1} {} {1} { x} {x.y} ${HOME}', (), '{"key": 1} {} {1} { x} {x.y} ${HOME}'),
    ("{{{deep}}}", (), "{{deep}}"),
    (f"{{{'n' * 41}}}", (), f"{{{'n' * 41}}}"),
    ("nothing", (), "nothing"),
]


@pytest.mark.parametrize(("text", "names", "filled"), CASES)
def test_places_are_found_and_filled_in(text: str, names: tuple[str, ...], filled: str) -> None:
    assert names_of(text) == names
    assert fill(text, {name: f"«{name}»" for name in names}) == filled


def test_a_value_is_not_looked_into() -> None:
    assert fill("{a} {b}", {"a": "{b}", "b": "\\1 {{a}}"}) == "{b} \\1 {{a}}"


def test_a_place_without_a_value_is_not_left_out() -> None:
    with pytest.raises(KeyError):
        fill("{a}", {})
