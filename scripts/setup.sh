#!/bin/sh
# setup.sh - install the Debian packages of packages.txt that are missing, and say which.
# SPDX-License-Identifier: MIT
#
#   scripts/setup.sh [tests]    with "tests", also those that only running the tests takes
#
# Elsewhere than on Debian and its kin it installs nothing: it looks for the libraries that are not
# optional and names those that are missing.
set -eu

list=$(dirname "$0")/packages.txt
wanted=${1:-}

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

# "package probe purpose" a line.
entries() {
    sed '/^#/d; /^ *$/d' "$list" | while read -r package probe purpose; do
        case $purpose in
        'tests of '*) [ "$wanted" = tests ] || continue ;;
        esac
        echo "$package $probe $purpose"
    done
}

missing_packages() {
    entries | while read -r package _; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
        *' installed') ;;
        *) echo "$package" ;;
        esac
    done
}

install_packages() {
    root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "not root, and sudo is not here; as root run:" \
            "apt-get install --no-install-recommends $*"
        root=sudo
    fi
    echo "setup.sh: installing $*"
    # An old list of packages is the usual reason for a failure, so it is renewed first.
    $root apt-get update -q || echo "setup.sh: apt-get update failed; trying without" >&2
    $root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@" || fail "could not install: $*"
}

# Whether what the probe names is here: command:NAME, header:NAME, a pkg-config module, or - for
# what cannot be told.
found() {
    case $1 in
    -) ;;
    command:*) command -v "${1#*:}" >/dev/null ;;
    header:*) echo "#include <${1#*:}>" | cc -E -x c - >/dev/null 2>&1 ;;
    *) pkg-config --exists "$1" ;;
    esac
}

look_for_libraries() {
    missing=$(entries | grep -v '(optional)$' | while read -r package probe _; do
        found "$probe" || echo "  ${probe#*:} (in Debian: $package)"
    done)
    [ -z "$missing" ] || fail "this is no Debian; please install what provides
$missing"
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    packages=$(missing_packages)
    # shellcheck disable=SC2086 # one word a package
    [ -z "$packages" ] || install_packages $packages
else
    look_for_libraries
fi
