"""The scripted model as its users run it: a process of its own, on a free port of the loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest


@dataclass(frozen=True)
class ScriptedModel:
    """A running scripted model; `url` is what ANTHROPIC_BASE_URL wants."""

    url: str
    pid: int

    def requests(self) -> list[dict[str, object]]:
        """Return what was asked of the model so far, oldest first; `did` says what it played."""
        with urlopen(f"{self.url}/__log") as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def reset(self) -> None:
        """Forget the requests and how often each scripted failure was played."""
        urlopen(Request(f"{self.url}/__reset", method="POST")).close()


@contextmanager
def running_model(*arguments: str) -> Iterator[ScriptedModel]:
    """Run `python -m claudios.demo` on a free port with further arguments."""
    argv = [sys.executable, "-m", "claudios.demo", "--port", "0", *arguments]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            announced = process.stdout.readline()
            url = next((word for word in announced.split() if word.startswith("http://")), None)
            assert url is not None, f"the scripted model did not start: {announced!r}"
            yield ScriptedModel(url, process.pid)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModel]:
    """One scripted model for the whole run; what it plays depends on each conversation alone."""
    with running_model() as running:
        yield running
