"""The list of guards does not rot: each one's text stands where it says, and its tests are there."""

from __future__ import annotations

import re

from scripts.guards.guard import ROOT
from scripts.guards.guards import GUARDS


def test_the_text_of_every_guard_stands_once_in_its_file() -> None:
    assert [guard.id for guard in GUARDS if not guard.is_in(ROOT)] == []


def test_every_guard_is_really_taken_away() -> None:
    assert [guard.id for guard in GUARDS if guard.instead == guard.text] == []
    assert len({guard.id for guard in GUARDS}) == len(GUARDS)


def test_the_tests_that_must_notice_are_there() -> None:
    missing = []
    for guard in GUARDS:
        for node in guard.tests:
            file, *names = re.sub(r"\[.*", "", node).split("::")
            source = (ROOT / file).read_text()
            missing += [node for name in names if not re.search(rf"\b(def|class) {name}\b", source)]
    assert missing == []
