#!/bin/sh
# Training the reference network, mien and PyTorch in turn on the same cores: medians and ratio.
# Usage: bench/train.sh [ROUNDS]   (MIEN: the command to time, built in build/ unless said)
# SPDX-License-Identifier: MIT
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-5}
seconds=10
mien=${MIEN:-build/apps/cli/mien}
python=/usr/bin/python3

[ -x "$mien" ] || { echo "train.sh: $mien is not there: build it, or set MIEN" >&2; exit 1; }
"$python" -c 'import torch' || { echo "train.sh: install python3-torch" >&2; exit 1; }

results=$(mktemp)
trap 'rm -f "$results"' EXIT

# Runs a command that prints one JSON object and keeps its pictures_per_second under a name.
time_it() {
    name=$1
    shift
    figure=$("$@" | "$python" -c '
import json, sys
print(json.load(sys.stdin)["pictures_per_second"])')
    printf '%s\t%s\n' "$name" "$figure" | tee -a "$results"
}

time_pytorch() {
    time_it "PyTorch f32 $*" "$python" bench/train_pytorch.py --network deck --batch 256 \
        --threads 2 --seconds "$seconds" --repetitions 1 --json "$@"
}

round=0
while [ "$round" -lt "$rounds" ]; do
    time_it mien "$mien" bench train --arch deck --batch 256 --seconds "$seconds" --json
    time_pytorch --layout nchw
    time_it mien "$mien" bench train --arch deck --batch 256 --seconds "$seconds" --json
    time_pytorch --layout nhwc
    time_it mien "$mien" bench train --arch deck --batch 256 --seconds "$seconds" --json
    time_pytorch --layout nhwc --keep-memory
    round=$((round + 1))
done

"$python" - "$results" <<'END'
import statistics
import sys

rates = {}
with open(sys.argv[1], encoding="ascii") as file:
    for line in file:
        name, figure = line.rstrip("\n").split("\t")
        rates.setdefault(name, []).append(float(figure))
ours = statistics.median(rates["mien"])
for name, figures in rates.items():
    median = statistics.median(figures)
    print(f"{name}: {median:.0f} pictures/s ({min(figures):.0f} to {max(figures):.0f})",
          f"mien is {ours / median:.2f} times as fast" if name != "mien" else "")
END
