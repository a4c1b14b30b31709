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

# needs_data FILE - skips the test where the research data is not there; sets $data to its path.
needs_data() {
    data=$MIEN_DATA/$1
    [ -r "$data" ] || skip "$data is not here (set MIEN_DATA)"
}

# Whether the program was built with AddressSanitizer, which needs memory of its own.
is_sanitized() {
    nm -D "$MIEN" | grep -q __asan
}
