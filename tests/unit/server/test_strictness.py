"""Numbers and booleans of messages and requests are numbers and booleans: "1" and "yes" are refused, not understood."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, StrictInt, ValidationError

from claudios import protocol
from claudios.protocol.fields import Model
from claudios.server import web
from claudios.server.app import describe
from claudios.server.web.agents import Rotation
from claudios.server.web.budgets import SessionBudget
from claudios.server.web.fields import Body
from claudios.server.web.requests import AnswerRequest
from claudios.server.web.retention import RetentionRequest
from claudios.server.web.sessions import SessionChange

LAX = ("int", "float", "bool")


def models() -> list[type[BaseModel]]:
    """Every message of the protocol and of the sockets, and every request's body. Answers are written, never read."""
    for package in (protocol, web):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    here = (each for each in derived(BaseModel) if each.__module__.startswith((protocol.__name__, web.__name__)))
    read = (each for each in here if is_read(each))
    return sorted(set(read), key=lambda each: (each.__module__, each.__name__))


def derived(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from derived(each)


def is_read(model: type[BaseModel]) -> bool:
    return model.__module__.startswith(protocol.__name__) or issubclass(model, Body) or "type" in model.model_fields


def lax(model: type[BaseModel]) -> list[str]:
    """Return the fields that take for a number or boolean what is none, however deep in them."""
    fields: Any = model.__pydantic_core_schema__
    while "fields" not in fields:
        fields = fields["schema"]
    return [name for name, field in fields["fields"].items() if is_lax(field)]


def is_lax(schema: Any) -> bool:
    if isinstance(schema, dict):
        if schema.get("type") == "model":  # one of its own turn
            return False
        if schema.get("type") in LAX and not schema.get("strict"):
            return True
        return any(is_lax(each) for name, each in schema.items() if name not in ("metadata", "serialization"))
    return isinstance(schema, list | tuple) and any(map(is_lax, schema))


class Example(Model):
    """Each way in which a field could be lax, and two in which it is not."""

    plain: int
    bounded: Annotated[int, Field(ge=1)]
    optional: bool | None
    within: tuple[dict[str, float], ...]
    strict: tuple[StrictInt, ...]
    text: str


def test_a_lax_field_is_noticed_however_deep_it_lies() -> None:
    assert lax(Example) == ["plain", "bounded", "optional", "within"]


@pytest.mark.parametrize("model", models(), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_no_number_or_boolean_of_a_message_or_a_request_is_lax(model: type[BaseModel]) -> None:
    assert lax(model) == []


def test_what_every_route_takes_is_such_a_request() -> None:
    operations = [operation for path in describe().openapi()["paths"].values() for operation in path.values()]
    bodies = json.dumps([each["requestBody"] for each in operations if "requestBody" in each])
    taken = set(re.findall(r'"#/components/schemas/(\w+)"', bodies))
    assert {"AnswerRequest", "Rotation"} <= taken <= {each.__name__ for each in derived(Body)}


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (AnswerRequest, {"behavior": "allow", "interrupt": "yes"}),
        (AnswerRequest, {"behavior": "allow", "suggestions": ["1"]}),
        (AnswerRequest, {"behavior": "allow", "suggestions": [True]}),
        (SessionChange, {"is_kept": "on"}),
        (SessionChange, {"is_archived": 1}),
        (Rotation, {"overlap_seconds": "60"}),
        (RetentionRequest, {"keep_days": "3"}),
        (RetentionRequest, {"keep_bytes": 3.0}),
        (SessionBudget, {"usd": "2.5"}),
    ],
)
def test_a_request_with_something_like_a_number_or_boolean_is_refused(model: type[Body], told: object) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(told)
