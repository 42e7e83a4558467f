#!/usr/bin/env bash
# Builds bigfoot and runs its main job: `bigfoot run -- cargo test` on a sample project whose tests leak.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
profile=debug flags=()
# A release that was built before is taken; else debug builds sooner.
[ ! -x "$target/release/bigfoot" ] || profile=release flags=(--release)

cargo build "${flags[@]}" -p bigfoot-controller
(cd tests/sample && CARGO_TARGET_DIR="$target/sample" cargo test --no-run --quiet)

echo "+ cd tests/sample && bigfoot run -- cargo test"
code=0
(cd tests/sample && CARGO_TARGET_DIR="$target/sample" "$target/$profile/bigfoot" run -- cargo test) || code=$?

if [ "$code" != 60 ]; then
    echo "try.sh: bigfoot exited $code, not 60" >&2
    exit 1
fi
echo "bigfoot exited 60, as it should: cargo's tests are green, and five of them leak."
