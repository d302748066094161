"""The sessions of this machine: queued, started, adopted, spoken to and ended."""
