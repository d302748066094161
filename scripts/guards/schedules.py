"""Guards of what schedules start."""

from __future__ import annotations

from scripts.guards.guard import Guard

RUNS = "server/scheduling/runs.py"
STORE = "server/store/schedules.py"
TESTS = "tests/contract/test_schedules.py"

SCHEDULES = (
    Guard(
        "schedule-once",
        "of two servers one settles a due time",
        STORE,
        "_VIEW.where(schedules.c.id == schedule_id, schedules.c.next_ms <= now_ms)",
        "_VIEW.where(schedules.c.id == schedule_id)",
        (f"{TESTS}::test_two_servers_start_each_due_time_once[sqlite]",),
    ),
    Guard(
        "schedule-fold",
        "in the hour that comes twice no time is found that is past",
        "server/scheduling/cron.py",
        "        if at_ms > after_ms:",
        "        if at_ms:",
        (
            "tests/unit/server/scheduling/test_cron.py::"
            "test_a_search_that_begins_in_the_second_of_the_two_hours_does_not_go_back_to_the_first",
        ),
    ),
    Guard(
        "schedule-right",
        "a schedule starts what its person may start",
        RUNS,
        "schedule.project_id, Role.OPERATOR)",
        "schedule.project_id, Role.VIEWER)",
        (f"{TESTS}::test_it_stops_when_whoever_made_it_may_not_start_sessions_any_more[sqlite]",),
    ),
    Guard(
        "schedule-stop",
        "a schedule whose person lost the right is not tried again",
        RUNS,
        "        schedules.pause(connection, schedule_id, why)\n",
        "        schedules.set_next(connection, schedule_id, now_ms + 1)\n",
        (f"{TESTS}::test_it_stops_when_whoever_made_it_may_not_start_sessions_any_more[sqlite]",),
    ),
    Guard(
        "schedule-name",
        "who changes a schedule answers for what it starts",
        STORE,
        ".values(runs_as=runs_as, next_ms=next_ms, stopped=None, **_columns(plan))",
        ".values(next_ms=next_ms, stopped=None, **_columns(plan))",
        ("tests/integration/test_schedules.py::test_whoever_changes_or_resumes_it_answers_for_what_it_starts",),
    ),
    Guard(
        "schedule-halfway",
        "nothing is left of a start that is refused halfway",
        RUNS,
        "        with connection.begin_nested():\n",
        "        if schedule_id:\n",
        (f"{TESTS}::test_nothing_is_left_of_a_start_that_is_refused_halfway[sqlite]",),
    ),
    Guard(
        "schedule-hand",
        "a run by hand that is asked for twice is one",
        RUNS,
        "    if known is not None:\n        return Accepted(known, schedule.agent_id)\n",
        "",
        (f"{TESTS}::test_what_is_paused_is_not_due_and_runs_by_hand_once_for_each_press[sqlite]",),
    ),
    Guard(
        "schedule-late",
        "what was missed is skipped where it is to be",
        RUNS,
        "        if now_ms - due_ms <= LATE_MS:",
        "        if due_ms <= now_ms:",
        (f"{TESTS}::test_what_was_missed_is_skipped_and_a_fresh_time_runs[sqlite]",),
    ),
    Guard(
        "schedule-end",
        "a session that somebody has gone on with is not ended",
        STORE,
        "        ~asked,\n",
        "",
        (f"{TESTS}::TestEnding::test_who_goes_on_with_it_has_it_for_good[sqlite]",),
    ),
    Guard(
        "schedule-project",
        "a schedule of another project is not found",
        STORE,
        "_VIEW.where(schedules.c.id == schedule_id, schedules.c.project_id == project_id)",
        "_VIEW.where(schedules.c.id == schedule_id)",
        (f"{TESTS}::test_a_schedule_of_another_project_is_not_found[sqlite]",),
    ),
    Guard(
        "schedule-history",
        "so many runs are kept",
        STORE,
        "schedule_runs.c.no <= no - KEPT_RUNS",
        "schedule_runs.c.no <= 0",
        (f"{TESTS}::test_history_and_schedules_are_bounded[sqlite]",),
    ),
)
