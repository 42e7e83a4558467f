#!/usr/bin/env bash
# Compares CPython's own tests, test by test, without bigfoot, with its guard off and with everything allowed.
# Arguments: names of test modules; all five where there are none. PYTHON names the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import test.test_socket' 2>/dev/null; then
    echo "transparency.sh: $python has no tests of its own: install libpython3-testsuite, or set PYTHON" >&2
    exit 1
fi
# A version manager's shim would look around first; name the interpreter itself.
python=$("$python" -c 'import sys; print(sys.executable)')
target=${CARGO_TARGET_DIR:-target}
cargo build --release -p bigfoot-controller
exec "$python" tests/transparency/compare.py --bigfoot "$target/release/bigfoot" --python "$python" "$@"
