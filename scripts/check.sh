#!/usr/bin/env bash
# Format, lints, generated files, and what may not be in the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

# Paths of somebody's machine: they work there and nowhere else.
machine_paths() {
    git ls-files --cached --others --exclude-standard -z -- . ':!*Cargo.lock' ':!scripts/check.sh' |
        xargs -0 grep -nIE '/(work|root|farm)/' || true
}

# What new-plugin.sh makes is its template, in the lists, and as rustfmt has it.
new_plugin() {
    local tree plugins
    tree=$(mktemp -d)
    trap "rm -rf '$tree'" EXIT
    plugins=$tree/controller/src/plugins
    mkdir -p "$plugins" "$tree/tests/plugins"
    cp controller/src/plugins/mod.rs "$plugins"
    cp tests/plugins/main.rs "$tree/tests/plugins"
    scripts/new-plugin.sh sample 7654 "$tree" >/dev/null
    for file in mod.rs frame.rs session.rs tests.rs; do
        diff -u "scripts/new-plugin/$file" "$plugins/sample/$file"
    done
    diff -u scripts/new-plugin/client.rs "$tree/tests/plugins/sample.rs"
    grep -qx 'mod sample;' "$plugins/mod.rs"
    grep -qx 'mod sample;' "$tree/tests/plugins/main.rs"
    grep -qx '    &sample::Sample,' "$plugins/mod.rs"
}

cargo fmt --all --check
cargo fmt --manifest-path tests/payment/Cargo.toml --check
cargo fmt --manifest-path tests/sample/Cargo.toml --check
cargo fmt --manifest-path scripts/fuzz/Cargo.toml --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
# The preload library is no part of what is fuzzed: any file stands for it.
BIGFOOT_PRELOAD_SO=/dev/null CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target} \
    cargo clippy --manifest-path scripts/fuzz/Cargo.toml --quiet -- -D warnings
new_plugin
[ ! -x scripts/generate.sh ] || scripts/generate.sh --check

found=$(machine_paths)
if [ -n "$found" ]; then
    printf 'check.sh: paths of a machine in the tree:\n%s\n' "$found" >&2
    exit 1
fi
if command -v cargo-deny >/dev/null && [ -f deny.toml ]; then
    cargo deny --log-level error check licenses bans sources
fi
