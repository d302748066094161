"""Retention: what projects do not keep is removed, and a tombstone left in its place."""
