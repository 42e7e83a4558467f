#!/usr/bin/env bash
# Format, lints, generated files, and what may not be in the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

# Paths of somebody's machine: they work there and nowhere else.
machine_paths() {
    git ls-files --cached --others --exclude-standard -z -- . ':!Cargo.lock' ':!tests/sample/Cargo.lock' ':!scripts/check.sh' |
        xargs -0 grep -nIE '/(work|root|farm)/' || true
}

cargo fmt --all --check
cargo fmt --manifest-path tests/sample/Cargo.toml --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
[ ! -x scripts/generate.sh ] || scripts/generate.sh --check

found=$(machine_paths)
if [ -n "$found" ]; then
    printf 'check.sh: paths of a machine in the tree:\n%s\n' "$found" >&2
    exit 1
fi
if command -v cargo-deny >/dev/null && [ -f deny.toml ]; then
    cargo deny --log-level error check licenses bans sources
fi
