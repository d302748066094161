"""Guards of what is one's own: what agents take, what projects keep, and who is signed in."""

from __future__ import annotations

from scripts.guards.guard import Guard
from scripts.guards.places import ACCESS, ACCOUNTS, THEIR_OWN

_PROJECTS = f"{THEIR_OWN}::TestProjects"

OWN = (
    Guard(
        "scope-claim",
        "a link claims its own agent's instructions only",
        "server/store/instructions.py",
        '        instructions.c.agent_id == bindparam("agent"),\n        instructions.c.iseq > bindparam("after"),',
        '        instructions.c.agent_id != bindparam("agent") + "?",\n'
        '        instructions.c.iseq > bindparam("after"),',
        (f"{THEIR_OWN}::TestAgents::test_a_link_claims_its_own_agents_instructions_only[sqlite]",),
    ),
    Guard(
        "scope-taken",
        "an agent takes its own instructions only",
        "server/store/instructions.py",
        '        instructions.c.agent_id == bindparam("agent"),\n        instructions.c.iseq <= bindparam("newest"),',
        '        instructions.c.agent_id != bindparam("agent") + "?",\n'
        '        instructions.c.iseq <= bindparam("newest"),',
        (f"{THEIR_OWN}::TestAgents::test_an_agent_takes_its_own_instructions_only[sqlite]",),
    ),
    Guard(
        "scope-refused",
        "whose batch is refused learns nothing of another agent's log",
        "server/ingest/append.py",
        "    elif standing is None or standing.agent_id != source.agent_id:",
        "    elif standing is None:",
        ("tests/faults/test_attacks.py::test_recorded_bytes_have_no_effect_later_elsewhere_or_from_another_agent",),
    ),
    Guard(
        "scope-removable",
        "only output of the project is removed by what it keeps",
        "server/store/retention.py",
        "            sessions.c.project_id == project_id,\n            sessions.c.state",
        '            sessions.c.project_id != project_id + "?",\n            sessions.c.state',
        (f"{_PROJECTS}::test_only_output_of_the_project_is_counted_and_due[sqlite]",),
    ),
    Guard(
        "scope-stored",
        "only output of the project counts against what it keeps",
        "server/store/retention.py",
        "            sessions.c.project_id == project_id, sessions.c.log_bytes > 0",
        "            sessions.c.log_bytes > 0",
        (f"{_PROJECTS}::test_only_output_of_the_project_is_counted_and_due[sqlite]",),
    ),
    Guard(
        "scope-policy",
        "what a project keeps is said of it alone",
        "server/store/retention.py",
        "update(projects).where(projects.c.id == project_id).values(**kept.model_dump())",
        "update(projects).values(**kept.model_dump())",
        (f"{_PROJECTS}::test_a_new_policy_has_only_its_own_project_tried_again[sqlite]",),
    ),
    Guard(
        "scope-tried-again",
        "a new policy has only its own project tried again",
        "server/store/retention.py",
        "update(sessions).where(sessions.c.project_id == project_id).values(unremovable=None)",
        "update(sessions).values(unremovable=None)",
        (f"{_PROJECTS}::test_a_new_policy_has_only_its_own_project_tried_again[sqlite]",),
    ),
    Guard(
        "scope-unremovable",
        "only what could not be removed in the project is told of it",
        "server/store/retention.py",
        "select(func.count()).where(sessions.c.project_id == project_id, sessions.c.unremovable.is_not(None))",
        "select(func.count()).where(sessions.c.unremovable.is_not(None))",
        (f"{_PROJECTS}::test_only_what_failed_in_the_project_is_counted[sqlite]",),
    ),
    Guard(
        "cookie",
        "a cookie signs in whom its secret was given to",
        "server/store/accounts.py",
        "        .where(logins.c.secret_hash == hashed, logins.c.expires_ms > now_ms)",
        "        .where(logins.c.expires_ms > now_ms)",
        (f"{ACCOUNTS}::test_a_new_password_ends_all_logins_but_the_one_it_was_set_from[sqlite]",),
    ),
    Guard(
        "cookie-ends",
        "a login ends when it has not been used for long",
        "server/store/accounts.py",
        "        .where(logins.c.secret_hash == hashed, logins.c.expires_ms > now_ms)",
        "        .where(logins.c.secret_hash == hashed)",
        (f"{ACCOUNTS}::test_a_login_lasts_from_its_last_use_and_only_its_hash_is_kept[sqlite]",),
    ),
    Guard(
        "token",
        "an API token signs in whom it was given to",
        "server/store/tokens.py",
        "        .where(api_tokens.c.secret_hash == hashed)\n    )",
        "    )",
        (f"{ACCOUNTS}::test_an_api_token_is_its_users_until_it_is_revoked[sqlite]",),
    ),
    Guard(
        "signed-in",
        "who holds no credential is nobody",
        "server/credentials.py",
        "        if holder is None:\n            raise NotSignedIn\n",
        "        assert holder is not None\n",
        (f"{ACCESS}::test_who_is_not_signed_in_gets_nowhere",),
    ),
    Guard(
        "signed-in-scheme",
        "a token is taken as a bearer alone",
        "server/web/auth.py",
        '        if scheme.lower() != "bearer":',
        "        if False:",
        (f"{ACCESS}::test_a_token_under_another_scheme_signs_nobody_in",),
    ),
)
