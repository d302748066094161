"""Live: what is committed, fanned out to everybody who watches. A reader is a snapshot at N and everything after N."""
