"""Run the Claude CLI on any machine you own and steer it from anywhere.

Every process of ClaudiOS, the per-session shim under ``python -S`` included, imports its modules through this package,
so this file imports nothing.
"""

__version__ = "0.1.0"
