"""What `make bench` runs: ClaudiOS against the least that could carry the same bytes, in the same run."""
