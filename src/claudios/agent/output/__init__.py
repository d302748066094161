"""A session's frames on their way from the spool on disk to signed batches."""
