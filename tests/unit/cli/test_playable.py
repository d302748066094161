"""A recording is safe to be played in one's own terminal (X15)."""

from __future__ import annotations

import json

import pytest

from claudios.cli.playable import playable

HEADER = b'{"version":2,"width":80,"height":24,"title":"\\u001b[6n"}\n'


@pytest.mark.fault("X15")
def test_of_what_is_played_only_what_draws_is_left_wherever_it_is_cut() -> None:
    output = ["ö \x1b[1mbold\x1b]52;c;", "aGk=\x07 more\x1b[", "6n", "\x1b[2K"]
    entries = [[0.5, "m", "process 1"], *([1.0, "o", each] for each in output), [2.0, "r", "90x25"]]
    cast = HEADER + b"".join(json.dumps(each).encode() + b"\n" for each in entries)
    for size in (1, 7, len(cast)):
        header, *lines = b"".join(playable(cast[at : at + size] for at in range(0, len(cast), size))).splitlines()
        assert header + b"\n" == HEADER
        played = [json.loads(line) for line in lines]
        assert [each[:2] for each in played] == [each[:2] for each in entries]
        assert "".join(each[2] for each in played if each[1] == "o") == "ö \x1b[1mbold more\x1b[2K"
        assert played[-1] == entries[-1]
