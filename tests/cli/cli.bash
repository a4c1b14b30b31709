# cli.bash - what the tests of the command line share: `load cli` in a .bats file.
# SPDX-License-Identifier: MIT
#
# $MIEN is the program. Run by hand: MIEN=build/apps/cli/mien bats tests/cli/split.bats
bats_require_minimum_version 1.5.0

: "${MIEN:=$BATS_TEST_DIRNAME/../../build/apps/cli/mien}"
: "${MIEN_DATA:=$BATS_TEST_DIRNAME/../../../shared/data}"
: "${MIEN_SOURCE:=$BATS_TEST_DIRNAME/../..}"
MIEN=$(realpath "$MIEN") # the tests change the folder
MIEN_DATA=$(realpath -m "$MIEN_DATA")

mien() {
    "$MIEN" "$@"
}

# fails STATUS MESSAGE COMMAND... - the command ends with STATUS, prints nothing on stdout, and
# on stderr one line that holds MESSAGE.
fails() {
    local expected_status=$1 message=$2
    shift 2
    run --separate-stderr -"$expected_status" "$@"
    if [ -n "$output" ] || [ "${#stderr_lines[@]}" -ne 1 ] || [[ $stderr != *"$message"* ]]; then
        printf 'stdout: %s\nstderr: %s\nwanted: %s\n' "$output" "$stderr" "$message" >&2
        return 1
    fi
}

# await PID COMMAND... - waits until the command succeeds, half a minute at most and only while the
# process PID lives.
await() {
    local pid=$1
    shift
    for _ in $(seq 1500); do
        "$@" && return
        kill -0 "$pid" || break
        sleep 0.02
    done
    "$@"
}

# needs_data FILE - skips the test where the research data is not there; sets $data to its path.
needs_data() {
    data=$MIEN_DATA/$1
    [ -r "$data" ] || skip "$data is not here (set MIEN_DATA)"
}

# Whether the program was built with AddressSanitizer, which needs memory of its own.
is_sanitized() {
    nm -D "$MIEN" | grep -q __asan
}

# label_rows COUNT [TEST_SHIFT] - a CSV of rows whose label shows: a bright band at a height that is
# the label's. The test part's labels are TEST_SHIFT off.
label_rows() {
    python3 - "$1" "${2:-0}" <<'END'
import sys
print("emotion,pixels,Usage")
for row in range(int(sys.argv[1])):
    label = row % 7
    part = ("Training", "Training", "PublicTest", "PrivateTest")[row // 7 % 4]
    pixels = [200 + row % 50 if y // 7 == label else (y * x * (row + 3)) % 90
              for y in range(48) for x in range(48)]
    shift = int(sys.argv[2]) if part == "PrivateTest" else 0
    print((label + shift) % 7, " ".join(map(str, pixels)), part, sep=",")
END
}
