"""Guards of who may see and do what."""

from __future__ import annotations

from scripts.guards.guard import Guard
from scripts.guards.places import ACCESS, PATH, RIGHTS, SERVER, STRANGER

SCOPES = (
    Guard(
        "scope-role",
        "a person has a role only in projects they are a member of",
        "server/store/projects.py",
        '    members.c.project_id == bindparam("project"), members.c.user_id == bindparam("user")\n)',
        '    members.c.project_id == bindparam("project"), members.c.user_id != ""\n)',
        STRANGER,
    ),
    Guard(
        "scope-role-covers",
        "a role allows no more than it says",
        "server/store/projects.py",
        "    if not role.covers(needed):",
        "    if False:",
        (f"{ACCESS}::test_a_role_that_is_too_low_is_told_so",),
    ),
    Guard(
        "scope-projects",
        "the list of projects is one's own",
        "server/store/projects.py",
        "        .where(members.c.user_id == user_id)",
        "        .where(members.c.user_id != '')",
        ("tests/contract/test_projects.py::test_a_project_exists_only_for_its_members[sqlite]",),
    ),
    Guard(
        "scope-agents",
        "the list of agents is of one's own projects",
        "server/store/agents.py",
        "    mine = agents.c.project_id.in_(select(members.c.project_id).where(members.c.user_id == user_id))",
        "    mine = agents.c.project_id.in_(select(members.c.project_id).where(members.c.user_id != ''))",
        STRANGER,
    ),
    Guard(
        "scope-sessions",
        "the list of sessions is of one's own projects",
        "server/store/sessions.py",
        "    wanted = _VIEW.join(members, members.c.project_id == sessions.c.project_id)"
        ".where(members.c.user_id == user_id)",
        "    wanted = _VIEW.join(members, members.c.project_id == sessions.c.project_id)"
        ".where(members.c.user_id != '')",
        STRANGER,
    ),
    Guard(
        "scope-requests",
        "the list of requests is of one's own projects",
        "server/store/requests.py",
        "    wanted = _VIEW.join(members, members.c.project_id == sessions.c.project_id)"
        ".where(members.c.user_id == user_id)",
        "    wanted = _VIEW.join(members, members.c.project_id == sessions.c.project_id)"
        ".where(members.c.user_id != '')",
        ("tests/integration/test_viewer_page.py::TestRequests::test_a_request_is_shown_to_those_who_may_see_it",),
    ),
    Guard(
        "scope-instructions",
        "an instruction is found by those who are in its project",
        "server/store/instructions.py",
        "(members.c.project_id == sessions.c.project_id) & (members.c.user_id == user_id))",
        "(members.c.project_id == sessions.c.project_id) & (members.c.user_id != ''))",
        STRANGER,
    ),
    Guard(
        "scope-audit",
        "the audit log is read by those it concerns",
        "server/store/audit.py",
        'members.c.user_id == user_id, members.c.role == "owner")',
        'members.c.role == "owner")',
        ("tests/contract/test_projects.py::test_the_audit_log_is_read_by_those_it_concerns[sqlite]",),
    ),
    Guard(
        "scope-overview",
        "a page hears of its person's projects only",
        "server/store/sessions.py",
        "    return frozenset(connection.execute(select(members.c.project_id).where(members.c.user_id == user_id))"
        ".scalars())",
        "    return frozenset(connection.execute(select(members.c.project_id)).scalars())",
        ("tests/integration/test_viewer_page.py::TestSeeing::test_an_overview_tells_of_the_persons_own_projects_only",),
    ),
    Guard(
        "scope-subscription",
        "who was removed while a subscription began is shown nothing",
        "server/web/viewer_socket.py",
        "        self._seen_place(connection, wish.session_id)\n        session",
        "        session",
        (f"{RIGHTS}::test_a_member_removed_while_their_subscription_begins_is_shown_nothing",),
    ),
    Guard(
        "scope-invitations",
        "an invitation is withdrawn within its project",
        "server/store/projects.py",
        "        delete(invitations).where(invitations.c.id == invitation_id, invitations.c.project_id == project_id)",
        "        delete(invitations).where(invitations.c.id == invitation_id)",
        ("tests/contract/test_projects.py",),
    ),
    Guard(
        "scope-api-tokens",
        "an API token is revoked by its owner",
        "server/store/tokens.py",
        "        .where(api_tokens.c.id == token_id, api_tokens.c.user_id == user_id)",
        "        .where(api_tokens.c.id == token_id)",
        STRANGER,
    ),
    Guard(
        "scope-agents-session",
        "an agent sends for its own sessions only",
        "server/ingest/verify.py",
        "    if standing is None or standing.agent_id != source.agent_id:",
        "    if standing is None:",
        (f"{SERVER}::TestRefusedOutput::test_output_for_another_agents_session_is_refused_and_tells_nothing_of_it",),
    ),
    Guard(
        "scope-reports",
        "an agent reports on its own instructions only",
        "server/store/instructions.py",
        '        instructions.c.id == bindparam("which"),\n        instructions.c.agent_id == bindparam("agent"),',
        '        instructions.c.id == bindparam("which"),\n        bindparam("agent") == bindparam("agent"),',
        (f"{PATH}::TestInstructions::test_a_report_of_another_agent_changes_nothing[sqlite]",),
    ),
    Guard(
        "scope-cursors",
        "an agent is given the cursors of its own sessions only",
        "server/store/log.py",
        "            sessions.c.agent_id == agent_id, sessions.c.id.in_(list(session_ids))",
        "            sessions.c.id.in_(list(session_ids))",
        (f"{PATH}::TestLog::test_cursors_are_given_for_the_agents_own_sessions_only[sqlite]",),
    ),
    Guard(
        "scope-errors",
        "an agent's error names no other agent's session",
        "server/store/agent_errors.py",
        "where(sessions.c.id == session_id, sessions.c.agent_id == agent_id)",
        "where(sessions.c.id == session_id)",
        (
            "tests/contract/test_agent_errors.py"
            "::test_an_error_is_not_shown_with_another_agent_nor_under_its_session[sqlite]",
        ),
    ),
)
