"""Fixtures that any test may ask for: scripted model, real CLI, PostgreSQL, a server, a case of the fault suite."""

from __future__ import annotations

pytest_plugins = [
    "tests.helpers.model",
    "tests.helpers.claude",
    "tests.helpers.databases",
    "tests.helpers.postgres",
    "tests.helpers.server",
    "tests.faults.report",
]
