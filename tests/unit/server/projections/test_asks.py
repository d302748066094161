"""What a request for permission tells: what is asked, why, about which path, and for whom."""

from __future__ import annotations

from claudios.server.projections.asks import Asked
from claudios.server.projections.fold import Fold
from tests.unit.server.projections.transcripts import can_use, log_of, out, system

FIELDS = ("description", "reason", "blocked_path", "subagent", "mcp_server")


def asked(**fields: object) -> list[str | None]:
    """What people are told of a request with these fields, in the transcript and beside it."""
    fold = Fold()
    begun = system("task_started", task_id="a1", task_type="local_agent", description="Look for it")
    fold.feed(b"".join(log_of([out(begun, can_use("r", "Bash", {"command": "ls"}, **fields))])))
    (event,) = fold.ask_events()
    assert isinstance(event, Asked)
    told = [event.description, event.reason, event.blocked_path, event.subagent, event.mcp_server]
    (item,) = [item for item in fold.dirty() if item.kind == "request"]
    assert [item.body[name] for name in FIELDS] == told
    return told


def test_a_description_does_not_stand_in_for_the_reason() -> None:
    assert asked(description="Tidy up", decision_reason="Path is outside", blocked_path="/etc/x") == [
        "Tidy up",
        "Path is outside",
        "/etc/x",
        None,
        None,
    ]


def test_a_reason_of_which_only_the_kind_is_given_is_said_in_words() -> None:
    assert asked(decision_reason_type="mode")[1] == "The permission mode leaves this to you."
    assert asked(decision_reason_type="of a kind nobody knows")[1] is None


def test_a_subagent_that_asks_is_named_by_what_it_is_to_do() -> None:
    assert asked(agent_id="a1")[3] == "Look for it"
    assert asked(agent_id="a2")[3] == "a2"


def test_the_server_of_a_tool_is_named_whether_it_comes_as_text_or_as_an_object() -> None:
    assert asked(mcp_server="calc")[4] == "calc"
    assert asked(mcp_server={"name": "calc", "type": "stdio"})[4] == "calc"
