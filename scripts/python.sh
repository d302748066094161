#!/bin/sh
# Run Python 3.11 or newer with the given arguments: $PYTHON if set, else the first on PATH that is new enough.
set -eu
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" "$@"
    fi
done
found=$("${PYTHON:-python3}" --version 2>/dev/null || echo missing)
echo "[set-up] error: ClaudiOS needs Python 3.11 or newer, and ${PYTHON:-python3} is $found." >&2
echo "[set-up] remedy: install python3.11 or newer (Debian: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
