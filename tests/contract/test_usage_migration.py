"""Sessions that were there before usage was counted keep what they cost."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from claudios.server.store import migrate
from claudios.server.store.engine import Store

ABSURD = '{"cost_usd":1e300,"input_tokens":1e999,"output_tokens":99999999999999999999,"duration_ms":1e30}'
ROWS = (
    "INSERT INTO users VALUES ('u', 'ann', 'ann', NULL, true, 1)",
    "INSERT INTO projects (id, name, created_ms) VALUES ('p', 'project', 1)",
    "INSERT INTO agents (id, project_id, name, created_ms) VALUES ('a', 'p', 'agent', 1)",
    *(
        "INSERT INTO sessions (id, project_id, agent_id, title, mode, permission_mode, state, epoch, head, "
        "claude_session_id, created_by, created_ms, updated_ms, ended_ms, turns, cost_usd, input_tokens, "
        f"output_tokens, model) VALUES ('{name}', 'p', 'a', '', 'chat', 'default', 'ended', 1, '', '{name}', 'u', 1, "
        "1, 77, 3, 1.5, 30, 4, 'opus')"
        for name in ("absurd", "kept", "removed", "resumed")
    ),
    *(
        f"INSERT INTO batches VALUES ('{name}', {first}, {last}, {epoch}, 1, 'key', '', '', '', {received}, '')"
        for name, first, last, epoch, received in (
            ("kept", 1, 3, 1, 54),
            ("kept", 4, 5, 1, 55),
            ("resumed", 1, 2, 1, 61),
            ("resumed", 3, 4, 2, 62),
            ("resumed", 5, 6, 3, 63),
            ("resumed", 7, 7, 4, 64),
        )
    ),
    *(
        f"INSERT INTO items VALUES ('resumed', {seq}, 'turn', '{{\"cost_usd\":{usd}}}', NULL, 9, {seq}, {seq})"
        for seq, usd in ((1, 0.5), (2, 0.25), (3, 1.0), (4, 0.125), (5, 0.375), (6, 0.25), (7, 0.75))
    ),
    f"INSERT INTO items VALUES ('absurd', 1, 'turn', '{ABSURD}', NULL, 9, 1, 1)",
    "UPDATE sessions SET cost_usd = 1e300 WHERE id = 'absurd'",
    *(
        f"INSERT INTO items VALUES ('kept', {no}, '{kind}', '{body}', NULL, 9, {seq}, {seq})"
        for no, kind, body, seq in (
            (1, "user", "{}", 1),
            (2, "turn", '{"cost_usd":0.25,"input_tokens":10,"output_tokens":2,"duration_ms":112.0}', 4),
            (3, "turn", '{"cost_usd":null,"input_tokens":0,"output_tokens":0,"duration_ms":null}', 4),
            (4, "turn", '{"cost_usd":1.25,"input_tokens":20,"output_tokens":2,"duration_ms":8}', 9),
        )
    ),
    "INSERT INTO tombstones VALUES ('removed', 5, '', 1, 1, 0, 1, 'age', 3, '', '')",
)
FIELDS = "session_id, seq, place, model, user_id, at_ms, turns, duration_ms, input_tokens, output_tokens, cost_nano_usd"


def to_revision(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_what_sessions_have_cost_is_counted_when_the_server_is_upgraded(new_database_url: str) -> None:
    engine = create_engine(new_database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        to_revision(connection, "0014")
        for row in ROWS:
            connection.execute(text(row.replace(":", "\\:")))
    engine.dispose()
    store = Store(new_database_url)
    with store.engines[0].connect() as connection:
        found = connection.execute(text(f"SELECT {FIELDS} FROM usage ORDER BY session_id, seq, place")).all()
    store.close()
    assert [tuple(row) for row in found if row.session_id not in ("absurd", "resumed")] == [
        ("kept", 4, 0, "opus", "u", 55, 1, 112, 10, 2, 250_000_000),
        ("kept", 4, 1, "opus", "u", 55, 1, 0, 0, 0, 0),
        ("kept", 9, 0, "opus", "u", 9, 1, 8, 20, 2, 1_250_000_000),
        ("removed", 0, 0, "opus", "u", 77, 3, 0, 30, 4, 1_500_000_000),
    ]
    assert [tuple(row)[-4:] for row in found if row.session_id == "absurd"] == [(2**53, 0, 10**12, 10**15)]
    costs = [row.cost_nano_usd / 10**9 for row in found if row.session_id == "resumed"]
    assert costs == [0.5, 0.25, 0.25, 0.125, 0.375, 0.25, 0.125], "what came before is not counted once more"
