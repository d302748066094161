"""Guards tested by removal: each is taken out of a scratch copy, and a test must go red."""
