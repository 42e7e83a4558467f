#!/usr/bin/env bash
# Renews what is generated and checked in; with --check it only says what is stale, and fails for it.
set -euo pipefail
cd "$(dirname "$0")/.."

check=${1:-}
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

# Puts a file's text between two markers of another file: between FILE NAME TEXT.
between() {
    awk -v name="$2" -v text="$3" '
        $0 == "<!-- " name " -->" { print; while ((getline line < text) > 0) print line; skipped = 1; next }
        $0 == "<!-- /" name " -->" { skipped = 0 }
        !skipped { print }' "$1"
}

# Compares or replaces: renewed FILE FRESH.
renewed() {
    if cmp -s "$1" "$2"; then return; fi
    if [ "$check" = --check ]; then
        echo "generate.sh: $1 is stale: run scripts/generate.sh" >&2
        diff -u "$1" "$2" >&2 || true
        exit 1
    fi
    cp "$2" "$1"
    echo "renewed $1"
}

# The table of what the firewall does to real clients. It takes half a minute and all the clients.
firewall_table() {
    grep -q '^<!-- firewall-table -->$' README.md || { echo "generate.sh: README.md has no firewall-table" >&2; exit 1; }
    cargo build --quiet -p bigfoot-controller
    python3 tests/firewall_table/table.py --bigfoot "${CARGO_TARGET_DIR:-target}/debug/bigfoot" >"$fresh/table"
    between README.md firewall-table "$fresh/table" >"$fresh/README.md"
    renewed README.md "$fresh/README.md"
}

# The table of the routes past bigfoot, which the tests hold to be true.
escapes_table() {
    ESCAPES_TABLE=$fresh/escapes cargo test --quiet -p bigfoot-tests --test escapes the_readme_has_the_table >/dev/null
    between README.md escapes "$fresh/escapes" >"$fresh/README.md"
    renewed README.md "$fresh/README.md"
}

firewall_table
escapes_table
