#!/usr/bin/env bash
# Fuzzes: run.sh SECONDS [TARGET…]; without targets all of them, one after the other, each so long.
# New inputs go to work/<target>; `run.sh minimise [TARGET…]` takes those that reach something new into
# corpus/<target>, which CI replays (tests/tests/corpora.rs). A fault is kept as fault-<target>-….
#
# Builds with the compiler that builds everything else: the passes of the fuzzer are switched on by
# stable flags, so neither nightly nor cargo-fuzz is needed, only g++ for libFuzzer itself.
set -euo pipefail
cd "$(dirname "$0")"
what=${1:?seconds or minimise}; shift
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
CARGO_INCREMENTAL=0 cargo build --release --quiet --target "$(rustc -vV | sed -n 's/^host: //p')"
program=$(ls target/*/release/fuzz)
mkdir -p work
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(TARGET=list "$program" -artifact_prefix=work/ </dev/null 2>&1 | sed -n 's/.*TARGET must be one of //p' | tr " " "\n")
for target in "${targets[@]}"; do
    mkdir -p "work/$target" "corpus/$target"
    if [ "$what" = minimise ]; then
        mkdir -p "work/minimised"
        TARGET=$target "$program" -merge=1 -max_len=4096 -verbosity=0 "work/minimised" "corpus/$target" "work/$target"
        find "work/minimised" -type f -size -5k | sort | head -150 | xargs -r -I{} cp {} "corpus/$target/"
        rm -rf "work/minimised"
        continue
    fi
    echo "== $target, $what s"
    TARGET=$target "$program" -max_total_time="$what" -max_len=8192 -timeout=5 -rss_limit_mb=1024 \
        -artifact_prefix="fault-$target-" -print_final_stats=1 "work/$target" "corpus/$target" 2>"work/$target.log" \
        || { tail -30 "work/$target.log"; exit 1; }
    grep -E "stat::number_of_executed_units|DONE" "work/$target.log"
done
