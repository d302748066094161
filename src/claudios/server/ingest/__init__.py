"""Ingest: what agents send is verified, committed, and only then acknowledged and shown."""
