"""Fixtures that any test may ask for: the scripted model, the real Claude CLI, a database on PostgreSQL."""

from __future__ import annotations

pytest_plugins = ["tests.helpers.model", "tests.helpers.claude", "tests.helpers.postgres", "tests.helpers.server"]
