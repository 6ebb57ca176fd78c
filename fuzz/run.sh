#!/usr/bin/env bash
# Fuzzes the readers of every wire form, on the stable toolchain: libFuzzer with
# the compiler's own coverage, no sanitizer (there is no unsafe code to look in).
#
#   fuzz/run.sh [SECONDS] [TARGET…]     10 seconds for each target
#
# What it finds interesting is kept in fuzz/corpus/TARGET; an input that breaks
# a target is left in fuzz/artifacts and ends the run.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-10}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd targets && ls -- *.rs | sed 's/\.rs$//')
triple=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
cargo build --release --locked --quiet --target "$triple" --target-dir ../target/fuzz
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" artifacts
    printf '%s: ' "$target"
    "../target/fuzz/$triple/release/$target" "corpus/$target" -max_total_time="$seconds" -timeout=5 \
        -rss_limit_mb=2048 -artifact_prefix="artifacts/$target-" -print_final_stats=1 >"../target/fuzz/$target.log" 2>&1 || {
        tail -n 20 "../target/fuzz/$target.log"
        exit 1
    }
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "../target/fuzz/$target.log")
    printf '%s inputs, %s kept, nothing broke\n' "$runs" "$(find "corpus/$target" -type f | wc -l)"
done
