"""Texts for a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.cli.text import age, cells, cost, fit, harmless, one_line, plural, size


@pytest.mark.parametrize(
    "attack",
    [
        "\x1b]52;c;aGk=\x07",  # writes the clipboard
        "\x1b[2J\x1b[H",  # clears the screen
        "\x9b31m",  # an escape in one C1 character
        "safe\u202egpj.exe",  # turns the direction of writing
        "a\rb",  # overwrites the line
        "\x08\x7f\x00",
    ],
)
@pytest.mark.fault("X15")
def test_nothing_that_commands_a_terminal_passes(attack: str) -> None:
    assert not set(harmless(attack)) & {"\x1b", "\x07", "\x9b", "\u202e", "\r", "\x08", "\x7f", "\x00"}


@given(st.text())
def test_a_harmless_text_stays_so_and_keeps_its_length(text: str) -> None:
    once = harmless(text)
    assert harmless(once) == once
    assert len(once) == len(text.replace("\r\n", "\n"))


def test_ordinary_text_passes_unchanged() -> None:
    text = "Grüße,\n\tdas 漢字 und 🎉"
    assert harmless(text) == text


@pytest.mark.fault("X15")
@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u2060", "\ufeff", "\u061c", "\u200d", "\u200c", "\xad", "\u2028", "\U000e0061", "\u2066"]
)
def test_what_has_no_width_or_turns_the_direction_is_seen(hidden: str) -> None:
    assert harmless(f"rm {hidden}-rf") == "rm \N{REPLACEMENT CHARACTER}-rf"


@pytest.mark.parametrize(
    "text", ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"]
)
def test_joiners_stay_where_emoji_and_scripts_need_them(text: str) -> None:
    assert harmless(text) == text


def test_one_line_has_no_line_breaks() -> None:
    assert one_line(" a\n  b\r\nc ") == "a b c"


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("🎉", 2)])
def test_cells_are_counted_as_terminals_draw_them(text: str, width: int) -> None:
    assert cells(text) == width


@given(st.text(), st.integers(1, 40))
def test_a_fitted_text_never_exceeds_its_width(text: str, width: int) -> None:
    assert cells(fit(one_line(text), width)) <= width


@pytest.mark.parametrize(
    ("since", "expected"),
    [(0, "2d"), (172_799_000, "1s"), (172_740_000, "1m"), (165_600_000, "2h"), (999_999_999, "0s")],
)
def test_an_age_is_told_in_its_largest_unit(since: int, expected: str) -> None:
    assert age(since, 172_800_000) == expected


def test_amounts_are_told_as_people_read_them() -> None:
    assert [cost(None), cost(0), cost(0.0012), cost(1.5)] == ["", "$0.00", "$0.0012", "$1.50"]
    assert [size(12), size(1500), size(250_000_000), size(8 * 10**12)] == ["12 B", "1.5 kB", "250 MB", "8.0 TB"]
    assert [plural(1, "session"), plural(2, "session")] == ["1 session", "2 sessions"]
