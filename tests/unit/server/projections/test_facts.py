"""The preview of what was said last."""

from __future__ import annotations

import pytest

from claudios.server.projections.facts import PREVIEW, Facts


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The **tests** *all* pass.", "The tests all pass."),
        ("ls *.py and *.ts, 2 * 3 * 4", "ls *.py and *.ts, 2 * 3 * 4"),
        ("## Result\n\nRun `make test` in [the docs](docs/index.md).", "Result Run make test in the docs."),
        ("```python\nprint(1)\n```", "print(1)"),
        ("2 ** 3 ** 2 and __init__ and *args, a[0](x)", "2 ** 3 ** 2 and __init__ and *args, a[0](x)"),
        ("#!/bin/sh and #4", "#!/bin/sh and #4"),
        ("**" * PREVIEW, "*" * PREVIEW),
    ],
)
def test_a_preview_has_the_words_without_their_marks(said: str, shown: str) -> None:
    facts = Facts()
    facts.said(said)
    assert facts.last_text == shown
