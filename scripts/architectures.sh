#!/bin/sh
# architectures.sh - turn the .arch texts into one C table that is built into the library.
# SPDX-License-Identifier: MIT
#
#   scripts/architectures.sh OUT.c FILE.arch...
set -eu

out=$1
shift
{
    echo '/* Made by scripts/architectures.sh. */'
    echo '#include "network/architecture.h"'
    echo 'const struct architecture_text architecture_texts[] = {'
    for file; do
        printf '    {"%s",\n' "$(basename "$file" .arch)"
        sed 's/[\\"]/\\&/g; s/.*/     "&\\n"/' "$file"
        echo '    },'
    done
    echo '    {0, 0},'
    echo '};'
} >"$out"
