"""What is wrong with a request's field, in plain words. The value is never told: it may be a password or a prompt."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "bool_parsing": "must be true or false.",
    "bool_type": "must be true or false.",
    "dict_type": "must be a JSON object.",
    "enum": "must be {expected}.",
    "extra_forbidden": "is not known here. Remove it, or correct its name.",
    "float_type": "must be a number.",
    "greater_than_equal": "must be at least {ge}.",
    "int_from_float": "must be a whole number.",
    "int_parsing": "must be a whole number.",
    "int_type": "must be a whole number.",
    "less_than_equal": "must be at most {le}.",
    "list_type": "must be a list.",
    "literal_error": "must be {expected}.",
    "missing": "is missing.",
    "model_attributes_type": "must be a JSON object.",
    "model_type": "must be a JSON object.",
    "string_pattern_mismatch": "has characters that are not allowed there.",
    "string_too_long": "must have at most {max_length} characters.",
    "string_too_short": "must have at least {min_length} characters.",
    "string_type": "must be a text.",
    "string_unicode": "must be text in UTF-8.",
    "too_long": "must have at most {max_length} entries.",
    "too_short": "must have at least {min_length} entries.",
    "tuple_type": "must be a list.",
}


def fault_words(fault: Mapping[str, object]) -> str:
    """Return the end of a sentence that begins with the field, for one fault as pydantic tells it."""
    kind, context = str(fault["type"]), fault.get("ctx")
    details = context if isinstance(context, Mapping) else {}
    if kind == "value_error":
        said = str(details.get("error", fault["msg"]))
        return said if said.endswith(".") else f"{said}."
    if kind in ("string_too_short", "too_short") and details.get("min_length") == 1:
        return "must not be empty."
    words = _WORDS.get(kind)
    return words.format_map(details) if words is not None else f"is not valid: {fault['msg']}."
