#!/bin/sh
# Write requirements/*.txt anew from pyproject.toml. Files hold hashes and no registry's address.
# Pass --upgrade to take newer versions; without it the versions already locked are kept where they still fit.
set -eu
cd "$(dirname "$0")/.."

lock() {
    output=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --output-file "requirements/$output" "$@"
}

lock dev.txt "$@" pyproject.toml --extra server --extra postgres --extra nats --extra claude --group dev --group build
lock claude.txt --constraint requirements/dev.txt pyproject.toml --extra server --extra claude --group build
lock run.txt --constraint requirements/dev.txt pyproject.toml --extra server --group build
printf 'uv\n' | lock bootstrap.txt "$@" -
