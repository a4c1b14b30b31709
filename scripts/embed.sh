#!/bin/sh
# embed.sh - turn model files into sources that build them into the library.
# SPDX-License-Identifier: MIT
#
#   scripts/embed.sh OUT.S OUT.c FILE.mien...
#
# OUT.S takes each file up with .incbin, 64-byte aligned and read-only, under the hidden symbol
# builtin_<name>; OUT.c is the table builtin_models[] that src/network/builtin_models.h declares.
# Why .incbin: gcc and clang both know it on every ELF target and it costs no time or memory,
# while the same bytes as a C array are five times longer than the file and take the compiler
# seconds and hundreds of megabytes; `ld -r -b binary` cannot align, marks the data writable and
# names symbols after the path.
set -eu

fail() {
    echo "embed.sh: $*" >&2
    exit 1
}

[ $# -ge 2 ] || fail "usage: embed.sh OUT.S OUT.c FILE.mien..."
assembly=$1 table=$2
shift 2

cat >"$assembly" <<'END'
/* Made by scripts/embed.sh. */
    .section .note.GNU-stack,"",%progbits
    .section .rodata.builtin_models,"a",%progbits
END
declarations= entries=
for file; do
    name=$(basename "$file" .mien)
    case $name in
    '' | *[!a-z0-9_-]*) fail "$file: a model's name has a-z, 0-9, _ and - only" ;;
    esac
    case $file in
    *[\"\\]*) fail "$file: a quote or backslash in the path" ;;
    esac
    symbol=builtin_$(echo "$name" | tr - _)
    bytes=$(wc -c <"$file")
    cat >>"$assembly" <<END
    .balign 64
    .global $symbol
    .hidden $symbol
    .type $symbol, %object
    .size $symbol, $((bytes))
$symbol:
    .incbin "$file"
END
    declarations="${declarations}extern const unsigned char $symbol[];
"
    entries="$entries    {\"$name\", $symbol, $((bytes))},
"
done

cat >"$table" <<END
/* Made by scripts/embed.sh. */
#include "network/builtin_models.h"

${declarations}
const struct builtin_model builtin_models[] = {
$entries    {NULL, NULL, 0},
};
END
