"""The search index, which the server fills in the background, and links to single transcripts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "index_places",
        sa.Column("session_id", sa.String(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("-1"), nullable=False),
        sa.Column("no", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_behind", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    behind = sa.text("is_behind")
    op.create_index(
        "ix_index_places_behind", "index_places", ["session_id"], sqlite_where=behind, postgresql_where=behind
    )
    op.execute("INSERT INTO index_places (session_id) SELECT id FROM sessions")
    op.create_table(
        "item_texts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("session_id", sa.String(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.UniqueConstraint("session_id", "generation", "no", name="uq_item_texts_session_id_generation_no"),
    )
    op.create_table(
        "shares",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("session_id", sa.String(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_by", sa.String(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_shares_session_id", "shares", ["session_id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
        return
    for statement in POSTGRESQL:
        op.execute(statement)


SQLITE = (
    "CREATE VIRTUAL TABLE item_grams USING fts5"
    "(text, content='item_texts', content_rowid='id', tokenize='trigram', detail='none')",
    "CREATE TRIGGER item_texts_inserted AFTER INSERT ON item_texts BEGIN"
    " INSERT INTO item_grams (rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER item_texts_deleted AFTER DELETE ON item_texts BEGIN"
    " INSERT INTO item_grams (item_grams, rowid, text) VALUES ('delete', old.id, old.text); END",
)
POSTGRESQL = (
    # Without the extension, or the right to create it, the same is found by reading every text.
    """
    DO $$ BEGIN
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE INDEX ix_item_texts_grams ON item_texts USING gin (text gin_trgm_ops);
    EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege OR undefined_object THEN
      RAISE NOTICE 'pg_trgm is not available: search reads every text';
    END $$
    """,
)
