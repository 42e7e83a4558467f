#!/usr/bin/env bash
# Fuzzes whatever arrives at bigfoot from outside: scripts/fuzz.sh [SECONDS] [TARGET...]
# SECONDS for each target, 5 by default; with 0 only the known inputs are tried, those in scripts/fuzz/seeds and
# those that once broke something, in scripts/fuzz/found, where new ones are put. FUZZ_WHOLE=1 is for long runs: it
# counts branches in the libraries too, optimizes, and keeps what it learned, but builds everything anew.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=5
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
known=$(find scripts/fuzz/src/targets -name '*.rs' ! -name mod.rs -printf '%f\n' | sed 's/\.rs$//' | sort)
targets=${*:-$known}
for name in $targets; do
    if ! grep -qx -e "$name" <<<"$known"; then
        echo "fuzz.sh: there is no target $name; there are:" $known >&2
        exit 2
    fi
done

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR=$target
program=$target/debug/bigfoot-fuzz flags=()
if [ -n "${FUZZ_WHOLE:-}" ]; then
    triple=$(rustc -vV | sed -n 's/^host: //p')
    export CARGO_TARGET_DIR=$target/fuzz CARGO_PROFILE_DEV_OPT_LEVEL=1
    program=$target/fuzz/$triple/debug/bigfoot-fuzz flags=(--target "$triple")
fi
# The preload library is in no conversation: any file stands for it.
BIGFOOT_PRELOAD_SO=/dev/null RUSTC_WRAPPER=$PWD/scripts/fuzz/rustc.sh \
    cargo build --quiet --manifest-path scripts/fuzz/Cargo.toml "${flags[@]}"

scratch=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch"; find scripts/fuzz/found -type d -empty -delete 2>/dev/null || true' EXIT
learned=$scratch/learned
[ -z "${FUZZ_WHOLE:-}" ] || learned=$target/fuzz/learned

# Runs one target, and says how that went.
fuzz() {
    local name=$1 limit=(-max_total_time="$seconds") folders=("$learned/$1") status=0 line
    [ "$seconds" != 0 ] || limit=(-runs=0)
    mkdir -p "$learned/$name" "scripts/fuzz/found/$name" "$scratch/$name"
    [ ! -d "scripts/fuzz/seeds/$name" ] || folders+=("scripts/fuzz/seeds/$name")
    BIGFOOT_FUZZ=$name TMPDIR=$scratch/$name "$program" "${limit[@]}" \
        -max_len=4096 -timeout=20 -rss_limit_mb=2048 -artifact_prefix="scripts/fuzz/found/$name/" \
        "${folders[@]}" "scripts/fuzz/found/$name" >"$scratch/$name.log" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        grep -vE '^#[0-9]+|^INFO:|^ {4,}' "$scratch/$name.log" | tail -40 >&2
        echo "fuzz.sh: $name is broken; once that is mended, scripts/fuzz.sh 0 $name tries it again" >&2
        return 1
    fi
    line=$(grep -E '^(#[0-9]+|Done)' "$scratch/$name.log" | tail -1)
    echo "fuzz: $name: $line"
}

running=0 broken=0
for name in $targets; do
    if [ "$running" -ge "$(nproc)" ]; then
        wait -n || broken=1
        running=$((running - 1))
    fi
    fuzz "$name" &
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
    wait -n || broken=1
    running=$((running - 1))
done
exit "$broken"
