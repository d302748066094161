"""All guards, in the order of the report."""

from __future__ import annotations

from scripts.guards.durability import CHECKSUMS, DURABILITY
from scripts.guards.once import ONCE
from scripts.guards.order import LIMITS, ORDER
from scripts.guards.scopes import SCOPES
from scripts.guards.signatures import SIGNATURES

GUARDS = (*DURABILITY, *CHECKSUMS, *SIGNATURES, *SCOPES, *ONCE, *ORDER, *LIMITS)
