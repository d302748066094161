"""The typed client of a ClaudiOS server: `api.Client` for requests, `live` for following what happens.

It leans on the standard library, because every command of the command line starts with it: see
docs/decisions/0004-light-command-line.md. only `live` and `live_log` import asyncio and `websockets`.
"""
