"""Read JSON into the frozen values of `shapes`, checking every field, in the few milliseconds a command has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TypeVar, cast, get_args, get_origin, get_type_hints

from claudios.protocol.errors import MessageInvalid

T = TypeVar("T")


def parse(raw: bytes | str) -> object:
    """Return the value of a JSON text. Raises MessageInvalid when it is not JSON."""
    try:
        value: object = json.loads(raw)
    except ValueError as invalid:
        raise MessageInvalid(
            "The server's answer is not JSON. Check that the address names a ClaudiOS server."
        ) from invalid
    return value


def read(shape: type[T], value: object) -> T:
    """Return `value` as a `shape`; unknown keys are ignored. Raises MessageInvalid naming the first faulty field."""
    return cast("T", _read(shape, value, shape.__name__))


def read_all(shape: type[T], value: object) -> tuple[T, ...]:
    """Return a JSON array as values of `shape`. Raises MessageInvalid naming the first faulty field."""
    if not isinstance(value, list):
        raise _invalid(shape.__name__, "a list", value)
    return tuple(cast("T", _read(shape, each, f"{shape.__name__}[{n}]")) for n, each in enumerate(value))


def _read(wanted: object, value: object, place: str) -> object:
    if isinstance(wanted, type) and is_dataclass(wanted):
        return _read_dataclass(wanted, value, place)
    origin = get_origin(wanted)
    if origin is UnionType:
        return _read_optional(wanted, value, place)
    if origin is tuple:
        if not isinstance(value, list):
            raise _invalid(place, "a list", value)
        return tuple(_read(get_args(wanted)[0], each, f"{place}[{n}]") for n, each in enumerate(value))
    if origin is Mapping:
        if not isinstance(value, dict):
            raise _invalid(place, "an object", value)
        return value
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:  # exactly: True is no number here
        raise _invalid(place, getattr(wanted, "__name__", str(wanted)), value)
    return value


def _read_optional(wanted: object, value: object, place: str) -> object:
    if value is None:
        return None
    (inner,) = (each for each in get_args(wanted) if each is not NoneType)
    return _read(inner, value, place)


def _read_dataclass(shape: type, value: object, place: str) -> object:
    if not isinstance(value, dict):
        raise _invalid(place, "an object", value)
    found: dict[str, object] = {}
    for name, wanted, is_required in _plan(shape):
        if name in value:
            found[name] = _read(wanted, value[name], f"{place}.{name}")
        elif is_required:
            raise MessageInvalid(f"The server's answer lacks {place}.{name}. Upgrade the older of client and server.")
    return shape(**found)


@cache
def _plan(shape: type) -> tuple[tuple[str, object, bool], ...]:
    hints = get_type_hints(shape)
    return tuple(
        (each.name, hints[each.name], each.default is MISSING and each.default_factory is MISSING)
        for each in fields(shape)
    )


def _invalid(place: str, wanted: str, value: object) -> MessageInvalid:
    """Name the place and the kinds, never the value: it may be somebody's prompt."""
    return MessageInvalid(
        f"The server's answer has {type(value).__name__} at {place}, where {wanted} belongs. "
        "Upgrade the older of client and server."
    )
