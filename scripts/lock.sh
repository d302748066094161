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

# dev holds all; claude and run are what `make up` installs with and without a Claude CLI; the images take run and agent.
consistent="--constraint requirements/dev.txt"
lock dev.txt "$@" pyproject.toml --all-extras --group dev --group build
lock claude.txt $consistent pyproject.toml --all-extras --group build
lock run.txt $consistent pyproject.toml --extra server --extra postgres --extra terminal --group build
lock agent.txt $consistent pyproject.toml --extra claude
printf 'uv\n' | lock bootstrap.txt "$@" -
