"""The small process that owns one running program: its pipes, its spool on disk and its last breath.

It knows nothing of Claude. What to run and how to end it politely stand in its launch file; it imports the standard
library and `protocol.frame` alone, so that a session costs about 11 MB beside the program itself.
"""
