#!/bin/sh
# test.sh - run the tests of a build, then count the single cases.
# SPDX-License-Identifier: MIT
#
#   scripts/test.sh BUILD [OPTIONS OF meson test]
set -eu

build=$1
shift
rm -f "$build/meson-logs/testlog.json"
status=0
# The count decides: it knows every case, also of the programs that crashed.
meson test -C "$build" --no-rebuild --print-errorlogs "$@" || status=1
"$(dirname "$0")/count_tests.py" "$build" || status=1
exit $status
