#!/bin/sh
# lines_to_c.sh - turn text files into C: an array of lines each, ended by a null pointer.
# SPDX-License-Identifier: MIT
#
#   scripts/lines_to_c.sh HEADER FILE... >SOURCE
#
# page.css becomes `const char *const page_css[]`, which HEADER declares. Lines, because a compiler
# need not take string literals of more than 4,095 characters.
set -eu

header=$1
shift
echo '/* Made by scripts/lines_to_c.sh. */'
echo "#include \"$header\""
for file; do
    name=$(basename "$file" | tr -c 'a-z0-9\n' _)
    echo "const char *const $name[] = {"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/    "&\\n",/' "$file"
    echo '    0,'
    echo '};'
done
