"""The daemon on one machine: it connects outward to the server, runs sessions, and moves their bytes."""
