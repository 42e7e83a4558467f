#!/usr/bin/env bash
# Builds, then runs all tests. What they need and the machine lacks is installed first.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh
cargo build
cargo test --workspace --no-fail-fast
scripts/fuzz.sh 5
scripts/try.sh
