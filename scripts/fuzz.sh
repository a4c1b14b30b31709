#!/bin/sh
# fuzz.sh - run every fuzz target of a build, one after the other, each for some seconds.
# SPDX-License-Identifier: MIT
#
#   scripts/fuzz.sh BUILD [SECONDS [TARGET...]]
#
# What a target has found out is kept in BUILD/corpus/TARGET and is where the next run begins; an
# input that fails is kept as BUILD/corpus/TARGET-crash-... (or -leak-, -timeout-, -oom-).
set -eu

build=$1
seconds=${2:-60}
source=$(cd "$(dirname "$0")/../fuzz" && pwd)
shift
[ $# -eq 0 ] || shift
if [ $# -eq 0 ]; then
    for file in "$source"/fuzz_*.c; do
        name=$(basename "$file" .c)
        [ "$name" = fuzz_seeds ] || set -- "$@" "${name#fuzz_}"
    done
fi

for target in "$@"; do
    mkdir -p "$build/corpus/$target"
done
mkdir -p "$build/corpus/model_file" "$build/corpus/picture" "$build/corpus/dataset_csv" \
    "$build/corpus/label_map" "$build/corpus/video"
"$build/fuzz/fuzz_seeds" "$build/corpus"

status=0
for target in "$@"; do
    echo "fuzz.sh: $target for $seconds seconds"
    set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$build/corpus/$target-"
    [ ! -f "$source/$target.dict" ] || set -- "$@" -dict="$source/$target.dict"
    [ "$target" != architecture ] || set -- "$@" -only_ascii=1
    set -- "$@" "$build/corpus/$target"
    [ ! -d "$source/seeds/$target" ] || set -- "$@" "$source/seeds/$target"
    log=$build/corpus/$target.log
    if "$build/fuzz/fuzz_$target" "$@" >"$log" 2>&1; then
        grep -E 'stat::number_of_executed_units|^Done' "$log"
    else
        status=1
        tail -n 40 "$log" >&2
        echo "fuzz.sh: $target failed; all it said is in $log" >&2
    fi
done
exit $status
