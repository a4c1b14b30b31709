#!/bin/sh
# stream.sh - what a live stream costs: five faces at 640x480, and a minute of 1280x720 with detection
# in every frame, both drawn and encoded by tests/make_film.
#
#     bench/stream.sh [BUILD]
#
# CPU is user and system time of the whole program, decoding and JSON included; it holds on a busy
# machine, too, while frames a second need one with nothing else to do.
# SPDX-License-Identifier: MIT
set -eu
build=${1:-build}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# measure NAME FRAMES OPTIONS... - one line of the table.
measure() {
    name=$1 frames=$2
    shift 2
    env LC_ALL=C bash -c 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null' - "$@" 2>&1 |
        awk -v name="$name" -v frames="$frames" '{
            cpu = $2 + $3
            printf "%-44s %6.1f ms CPU a frame, %5.1f%% of a core at 30 frames/s, %4.0f frames/s\n",
                name, 1000 * cpu / frames, 100 * cpu / frames * 30, frames / $1 }'
}

"$build/tests/make_film" "$folder/five.mp4" 10 5 640 480 30
"$build/tests/make_film" "$folder/part.mp4" 10 3 1280 720 30
ffmpeg -nostdin -v error -stream_loop 5 -i "$folder/part.mp4" -c copy "$folder/hd.mp4"
mien=$build/apps/cli/mien
for round in 1 2 3; do
    measure "640x480, 5 faces" 300 "$mien" live "$folder/five.mp4" --headless --json
    measure "1280x720, 3 faces, detection in every frame" 1800 \
        "$mien" live "$folder/hd.mp4" --headless --json --detect-every 1
done
