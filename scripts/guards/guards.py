"""All guards, in the order of the report."""

from __future__ import annotations

from scripts.guards.durability import CHECKSUMS, DURABILITY
from scripts.guards.notify import NOTIFY
from scripts.guards.once import ONCE
from scripts.guards.order import LIMITS, ORDER
from scripts.guards.own import OWN
from scripts.guards.record import FILES, RECORDS
from scripts.guards.resume import RESUME
from scripts.guards.routes import ROUTES
from scripts.guards.schedules import SCHEDULES
from scripts.guards.scopes import SCOPES
from scripts.guards.signatures import SIGNATURES

GUARDS = (
    *DURABILITY,
    *CHECKSUMS,
    *SIGNATURES,
    *RECORDS,
    *FILES,
    *SCOPES,
    *ROUTES,
    *OWN,
    *ONCE,
    *ORDER,
    *RESUME,
    *LIMITS,
    *NOTIFY,
    *SCHEDULES,
)
