"""Projections: pure folds of a session's log into what people read. The same log always gives the same result."""
