#!/bin/sh
# texts.sh - turn short texts into one C table {name, text} that is built into the library.
# SPDX-License-Identifier: MIT
#
#   scripts/texts.sh OUT.c HEADER TYPE TABLE FILE...     the name is the file's, without its ending
set -eu

out=$1 header=$2 type=$3 table=$4
shift 4
{
    echo '/* Made by scripts/texts.sh. */'
    echo "#include \"$header\""
    echo "const struct $type $table[] = {"
    for file; do
        name=$(basename "$file")
        printf '    {"%s",\n' "${name%.*}"
        sed 's/[\\"]/\\&/g; s/.*/     "&\\n"/' "$file"
        echo '    },'
    done
    echo '    {0, 0},'
    echo '};'
} >"$out"
