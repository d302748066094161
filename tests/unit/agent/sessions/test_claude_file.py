"""Files that Claude writes as well: rule V-7."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from claudios.agent.sessions.claude_file import MOST_TRIES, Fields, amend
from claudios.protocol.errors import SpawnFailed


@pytest.mark.parametrize("is_new", [False, True], ids=["there", "new"])
def test_what_another_program_writes_meanwhile_is_kept(tmp_path: Path, is_new: bool) -> None:
    """What Claude had noted while a terminal was prepared beside it was lost."""
    place = tmp_path / "claude.json"
    if not is_new:
        place.write_text("{}")
    meanwhile = [{"by": "Claude", "count": 2}, {"by": "Claude", "count": 1}]

    def change(fields: Fields) -> None:
        if meanwhile:
            place.write_text(json.dumps(meanwhile.pop()))
        fields["ours"] = True

    amend(place, change)
    assert json.loads(place.read_bytes()) == {"by": "Claude", "count": 2, "ours": True}
    assert [each.name for each in tmp_path.iterdir()] == ["claude.json"]


def test_where_another_program_writes_all_the_time_its_file_is_left(tmp_path: Path) -> None:
    place, times = tmp_path / "claude.json", itertools.count(1)

    def change(fields: Fields) -> None:
        place.write_text(json.dumps({"written": next(times)}))
        fields["ours"] = True

    place.write_text("{}")
    with pytest.raises(SpawnFailed, match="all the time"):
        amend(place, change)
    assert json.loads(place.read_bytes()) == {"written": MOST_TRIES}
    assert [each.name for each in tmp_path.iterdir()] == ["claude.json"]
