"""Reading JSON into shapes."""

from __future__ import annotations

import pytest

from claudios.client.reading import parse, read, read_all
from claudios.client.shapes import Agent, Item, Project, Request
from claudios.protocol.errors import MessageInvalid

PROJECT = {"id": "prj_1", "name": "Home", "role": "owner", "created_ms": 5}


def test_a_shape_is_read_with_its_defaults_and_unknown_keys_are_ignored() -> None:
    assert read(Project, {**PROJECT, "colour": "red"}) == Project("prj_1", "Home", "owner", 5, 0, 0)


def test_nested_shapes_and_lists_are_read() -> None:
    told = {
        "id": "agt_1",
        "project_id": "prj_1",
        "name": "lap",
        "created_ms": 1,
        "online": True,
        "sessions": {"running": 1, "queued": 0},
        "status": {"load": 1, "memory_used_bytes": 1, "disk_free_bytes": 1, "agent_memory_bytes": 1},
        "keys": [{"key_id": "k", "created_ms": 1, "expires_ms": None}],
        "machine": None,
    }
    agent = read(Agent, told)
    assert agent.sessions.running == 1
    assert agent.status is not None
    assert agent.status.load == 1.0
    assert [key.key_id for key in agent.keys] == ["k"]
    assert agent.machine is None


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"created_ms": "5"}, "Project.created_ms"),
        ({"created_ms": True}, "Project.created_ms"),
        ({"name": None}, "Project.name"),
        ({"agents": 1.5}, "Project.agents"),
    ],
)
def test_a_field_of_another_kind_is_named(change: dict[str, object], place: str) -> None:
    with pytest.raises(MessageInvalid, match=place):
        read(Project, {**PROJECT, **change})


def test_a_missing_field_is_named() -> None:
    with pytest.raises(MessageInvalid, match=r"lacks Project\.role"):
        read(Project, {"id": "prj_1", "name": "Home", "created_ms": 5})


def test_a_fault_deep_inside_is_named_with_its_path() -> None:
    told = {"id": "r", "session_id": "s", "kind": "permission", "tool_name": "Bash", "input": {}, "state": "pending"}
    with pytest.raises(MessageInvalid, match=r"Request\.suggestions\[1\]\.label"):
        read(Request, {**told, "created_ms": 1, "suggestions": [{"label": "a"}, {"label": 3}]})


def test_a_message_never_repeats_the_value_which_may_be_a_prompt() -> None:
    with pytest.raises(MessageInvalid) as raised:
        read(Item, {"no": "my secret prompt"})
    assert "secret" not in raised.value.message


def test_a_list_must_be_one() -> None:
    assert read_all(Project, [PROJECT, PROJECT])[1].name == "Home"
    with pytest.raises(MessageInvalid, match="list"):
        read_all(Project, PROJECT)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(MessageInvalid):
        parse(b"<html>")
