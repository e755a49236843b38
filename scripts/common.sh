# Sourced by every script here: strict mode, the repository's root as working folder, and the two ways to speak.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'augur: %s\n' "$*"; }

fail() {
  printf 'augur: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Whether PostgreSQL's server is here: on PATH, or where Debian puts it.
have_postgres() { { have initdb && have postgres; } || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

# at_least HAVE NEED: whether version HAVE is NEED or later.
at_least() { printf '%s\n%s\n' "$2" "$1" | sort -V -C; }

# keep_stamp FILE TEXT: writes a stamp in one step, so that it is there whole or not at all.
keep_stamp() {
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}

# pip_install ARGS: into .venv, with pip's own progress on a terminal and only its errors elsewhere.
pip_install() {
  local options=(--disable-pip-version-check)
  [ -t 1 ] || options+=(--quiet)
  [ -z "${AUGUR_PIP_INDEX_URL:-}" ] || options+=(--index-url "$AUGUR_PIP_INDEX_URL")
  .venv/bin/python -m pip install "${options[@]}" "$@"
}
