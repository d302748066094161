"""What Claude means to do, as one list: from TodoWrite, and from the tools that change single entries."""

from __future__ import annotations

from claudios.server.projections.items import Entry
from tests.unit.server.projections.transcripts import (
    Piece,
    out,
    said,
    taken_up_everywhere,
    text,
    tool_result,
    tool_use,
)


def done(use: str, name: str, wanted: dict[str, object], detail: object) -> Piece:
    """A call and what the CLI prints of its result."""
    return out(said(tool_use(use, name, **wanted), message=use), tool_result(use, "ok", tool_use_result=detail))


def created(task_id: str, subject: str, **wanted: object) -> Piece:
    detail = {"task": {"id": task_id, "subject": subject, "description": "…"}}
    return done(f"c{task_id}", "TaskCreate", {"subject": subject, "description": "…", **wanted}, detail)


def updated(use: str, task_id: str, **wanted: object) -> Piece:
    return done(use, "TaskUpdate", {"taskId": task_id, **wanted}, {"success": True, "taskId": task_id})


def lists(items: list[Entry]) -> list[list[tuple[object, object]] | None]:
    """The list that each call shows, as subjects with their states."""
    shown = [item.body["checklist"] for item in items if item.kind == "tool"]
    return [
        None if entries is None else [(entry["subject"], entry["status"]) for entry in entries]
        for entries in shown
        if entries is None or isinstance(entries, list)
    ]


def test_calls_that_follow_each_other_show_one_list_and_later_ones_the_list_as_it_is_then() -> None:
    items = taken_up_everywhere(
        [
            created("1", "Read", activeForm="Reading"),
            created("2", "Write"),
            updated("u1", "1", status="in_progress"),
            out(said(text("I read."), message="m")),
            updated("u2", "1", status="completed"),
            updated("u3", "2", subject="Write less", status="in_progress", owner="me"),
        ]
    )
    assert lists(items) == [
        None,
        None,
        [("Read", "in_progress"), ("Write", "pending")],
        None,
        [("Read", "completed"), ("Write less", "in_progress")],
    ]
    first = [item.body["checklist"] for item in items if item.kind == "tool"][2]
    assert isinstance(first, list)
    assert first[0] == {"id": "1", "subject": "Read", "status": "in_progress", "active": "Reading", "owner": None}


def test_what_is_deleted_goes_and_what_was_not_found_changes_nothing() -> None:
    not_found = {"success": False, "taskId": "9", "updatedFields": [], "error": "Task not found"}
    items = taken_up_everywhere(
        [
            created("1", "Read"),
            updated("u1", "1", status="deleted"),
            done("u2", "TaskUpdate", {"taskId": "9", "status": "completed"}, not_found),
        ]
    )
    assert lists(items) == [None, [], None]


def test_a_look_at_the_list_corrects_it_where_its_beginning_is_not_known() -> None:
    tasks = [
        {"id": "1", "subject": "Read", "status": "completed"},
        {"id": "2", "subject": "Write", "status": "pending"},
    ]
    pieces = [updated("u1", "2", status="in_progress"), done("l", "TaskList", {}, {"tasks": tasks})]
    assert lists(taken_up_everywhere(pieces[:1])) == [[("Task 2", "in_progress")]]
    assert lists(taken_up_everywhere(pieces)) == [None, [("Read", "completed"), ("Write", "pending")]]


def test_a_list_that_is_written_as_a_whole_replaces_the_one_before() -> None:
    todos = [{"content": "A", "status": "in_progress", "activeForm": "Doing A"}]
    items = taken_up_everywhere([created("1", "Read"), done("w", "TodoWrite", {"todos": todos}, {"newTodos": todos})])
    assert lists(items) == [None, [("A", "in_progress")]]


def test_a_cleared_conversation_begins_a_new_list_and_a_subagent_changes_none() -> None:
    below = said(tool_use("s", "TaskCreate", subject="Below"), message="s", parent_tool_use_id="t")
    cleared: Piece = out({"type": "conversation_reset", "trigger": "clear"})
    items = taken_up_everywhere(
        [
            created("1", "Read"),
            cleared,
            out(below, tool_result("s", "ok", tool_use_result={"task": {"id": "7", "subject": "Below"}})),
            created("2", "Anew"),
        ]
    )
    assert lists(items) == [[("Read", "pending")], None, [("Anew", "pending")]]


def test_a_long_list_is_cut_and_still_tells_how_its_entries_stand() -> None:
    """Two hundred long entries, each changed alone, took 160 MB."""
    many = [{"content": f"{n}: " + "x" * 400, "status": "pending", "activeForm": "y" * 400} for n in range(60)]
    begun = done("w", "TodoWrite", {"todos": many}, {})
    (call,) = taken_up_everywhere([begun])
    entries = call.body["checklist"]
    assert isinstance(entries, list)
    assert len(str(entries)) < 30_000
    assert len(entries) > 20
    grown = updated("u1", "1", status="completed", subject="z" * 5_000)
    *_, last = taken_up_everywhere([begun, *[updated(f"o{n}", str(n), owner="me") for n in range(1, 30)], grown])
    entries = last.body["checklist"]
    assert isinstance(entries, list)
    assert entries[0]["status"] == "completed"
    assert len(str(entries)) < 30_000
