"""What the tables share: how their constraints are named, and kinds of columns."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, MetaData, String, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ZERO = text("0")


def milliseconds(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def reference(name: str, target: str, *, on_delete: str = "CASCADE", optional: bool = False) -> Column[str]:
    return Column(name, String, ForeignKey(target, ondelete=on_delete), nullable=optional)


def role_is_known() -> CheckConstraint:
    return CheckConstraint("role IN ('owner', 'operator', 'viewer')", name="role")
