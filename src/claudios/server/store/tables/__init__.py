"""Every table of the server, on SQLite and PostgreSQL alike.

Times are Unix milliseconds. JSON is kept as text, so that what was signed or shown stays byte for byte. Secrets of
256 random bits are kept only as their SHA-256 (`…_hash`), which is also how they are looked up.
"""

from __future__ import annotations

from claudios.server.store.tables.accounting import audit, usage
from claudios.server.store.tables.accounts import (
    api_tokens,
    device_logins,
    invitations,
    logins,
    members,
    projects,
    sign_in_links,
    users,
)
from claudios.server.store.tables.agents import agent_errors, agent_keys, agents, plan_limits
from claudios.server.store.tables.columns import metadata
from claudios.server.store.tables.instructions import (
    instructions,
    limit_stops,
    prompt_images,
    requests,
    waiting_prompts,
    withdrawn_prompts,
)
from claudios.server.store.tables.notifications import (
    answer_links,
    channels,
    muted_projects,
    notification_settings,
    notifications,
)
from claudios.server.store.tables.record import batches, checkpoint_keys, checkpoints, tombstones
from claudios.server.store.tables.sessions import looks, schedule_runs, schedules, sessions, shares, templates
from claudios.server.store.tables.transcripts import index_places, item_texts, items

__all__ = [
    "agent_errors",
    "agent_keys",
    "agents",
    "answer_links",
    "api_tokens",
    "audit",
    "batches",
    "channels",
    "checkpoint_keys",
    "checkpoints",
    "device_logins",
    "index_places",
    "instructions",
    "invitations",
    "item_texts",
    "items",
    "limit_stops",
    "logins",
    "looks",
    "members",
    "metadata",
    "muted_projects",
    "notification_settings",
    "notifications",
    "plan_limits",
    "projects",
    "prompt_images",
    "requests",
    "schedule_runs",
    "schedules",
    "sessions",
    "shares",
    "sign_in_links",
    "templates",
    "tombstones",
    "usage",
    "users",
    "waiting_prompts",
    "withdrawn_prompts",
]
