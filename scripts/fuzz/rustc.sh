#!/bin/sh
# A RUSTC_WRAPPER: has the compiler count which branches are taken. Of our crates; with FUZZ_WHOLE of all that
# are built for a named target, which are not those that run in the build.
name='' target=''
for word in "$@"; do
    case $last in
    --crate-name) name=$word ;;
    --target) target=$word ;;
    esac
    last=$word
done
case ${FUZZ_WHOLE:+$target}:$name in
:bigfoot* | ?*:*)
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$@"
