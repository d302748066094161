"""The records of sessions: read from the store, and checked."""
