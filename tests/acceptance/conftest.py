"""What the acceptance tests share: a `claudios up` in a fresh home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.person import Person, Running

pytestmark = pytest.mark.acceptance


@dataclass(frozen=True)
class Up:
    """A `claudios up` that is ready; `told` is the line of JSON it printed."""

    person: Person
    running: Running
    told: Any

    @property
    def url(self) -> str:
        return str(self.told["url"])

    def shut(self) -> int:
        """Press Ctrl+C and wait for the end."""
        self.running.interrupt()
        return self.running.ended()


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody who has just installed the program."""
    return Person(tmp_path)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A running `claudios up`, shared by the tests of a module."""
    person = Person(tmp_path_factory.mktemp("up"))
    with person.running("up", "--port", "0", "--json") as running:
        yield Up(person, running, json.loads(running.line('"link"')))
        running.interrupt()
        assert running.ended() == 0, running.said()
