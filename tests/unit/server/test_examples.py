"""The examples in the API's description."""

from __future__ import annotations

import jsonschema  # type: ignore[import-untyped]  # comes without types

from claudios.server.app import describe


def test_every_value_of_the_api_has_an_example_that_is_one() -> None:
    description = describe().openapi()
    shapes = description["components"]["schemas"]
    values = {name: shape for name, shape in shapes.items() if shape.get("properties")}
    assert [name for name, shape in values.items() if len(shape.get("examples", ())) != 1] == []
    for name, shape in values.items():
        (example,) = shape["examples"]
        assert set(example) <= set(shape["properties"]), name
        jsonschema.validate(example, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": shapes}})


def test_a_fields_own_examples_do_not_say_it_twice() -> None:
    shapes = describe().openapi()["components"]["schemas"]
    assert [
        f"{name}.{field}"
        for name, shape in shapes.items()
        for field, inner in shape.get("properties", {}).items()
        if "examples" in inner
    ] == []
