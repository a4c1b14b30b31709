#!/bin/sh
# lint.sh - clang-tidy and cppcheck over the sources of a build; fails if either finds anything.
# SPDX-License-Identifier: MIT
#
#   scripts/lint.sh BUILD [FILE...]
set -eu

build=$1
shift
for tool in clang-tidy cppcheck; do
    command -v "$tool" >/dev/null || {
        echo "lint.sh: $tool is not here; as root run: apt-get install $tool" >&2
        exit 1
    }
done
# shellcheck disable=SC2046 # one word a file
[ $# -gt 0 ] || set -- $(git ls-files 'src/*.c' 'apps/*.c')

# One file a run: clang-tidy 14 reports va_list falsely when it is given several. error.c defines
# what lint.h redefines.
tidy() {
    case $2 in
    src/base/error.c) clang-tidy --quiet -p "$1" "$2" ;;
    *) clang-tidy --quiet -p "$1" --extra-arg-before=-include --extra-arg-before="$PWD/scripts/lint.h" \
        --extra-arg-before=-I"$PWD/src" --extra-arg-before=-I"$PWD/include" "$2" ;;
    esac
}

status=0
for file in "$@"; do
    tidy "$build" "$file" 2>/dev/null || status=1
done
cppcheck --quiet --std=c11 --enable=warning,performance --error-exitcode=1 \
    --suppressions-list="$(dirname "$0")/cppcheck.txt" -D__x86_64__ -D__GNUC__=12 -Isrc -Iinclude \
    "$@" || status=1
exit $status
