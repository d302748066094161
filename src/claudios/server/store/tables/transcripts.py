"""Transcripts, which are folded from the record, and the index of their words."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from claudios.server.store.tables.columns import ZERO, metadata, milliseconds, reference

items = Table(
    "items",
    metadata,
    reference("session_id", "sessions.id"),
    Column("no", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("parent", String),
    milliseconds("at_ms"),
    Column("created_seq", BigInteger, nullable=False),
    Column("updated_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("session_id", "no"),
    Index(None, "session_id", "updated_seq"),
)

index_places = Table(  # how far the search index is; apart from `sessions`, whose rows change with every output
    "index_places",
    metadata,
    Column("session_id", String, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", BigInteger, nullable=False, server_default=text("-1")),  # of the frame that changed what came last
    Column("no", Integer, nullable=False, server_default=ZERO),  # of that item
    Column("generation", Integer, nullable=False, server_default=ZERO),  # texts of earlier ones are not found
    Column("is_behind", Boolean, nullable=False, server_default=text("true")),
    Index("ix_index_places_behind", "session_id", sqlite_where=text("is_behind"), postgresql_where=text("is_behind")),
)

item_texts = Table(  # words of items as they are compared; what finds them is beside it: see the end
    "item_texts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    reference("session_id", "sessions.id"),
    Column("generation", Integer, nullable=False),
    Column("no", Integer, nullable=False),  # 0: the title of the session, which is of no generation
    Column("kind", String, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("session_id", "generation", "no"),
)

for _statement in (  # migration 0015 has what PostgreSQL has instead
    "CREATE VIRTUAL TABLE item_grams USING fts5"
    "(text, content='item_texts', content_rowid='id', tokenize='trigram', detail='none')",
    "CREATE TRIGGER item_texts_inserted AFTER INSERT ON item_texts BEGIN"
    " INSERT INTO item_grams (rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER item_texts_deleted AFTER DELETE ON item_texts BEGIN"
    " INSERT INTO item_grams (item_grams, rowid, text) VALUES ('delete', old.id, old.text); END",
):
    _ddl = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy says no types of it
    event.listen(item_texts, "after_create", _ddl.execute_if(dialect="sqlite"))
