#!/bin/sh
# setup.sh - install the Debian packages of packages.txt that are missing, and say which.
# SPDX-License-Identifier: MIT
#
# Elsewhere than on Debian and its kin it installs nothing: it looks for the libraries and names
# those that are missing.
set -eu

list=$(dirname "$0")/packages.txt

# "package probe" a line.
entries() {
    sed '/^#/d; /^ *$/d' "$list" | while read -r package probe rest; do
        echo "$package $probe"
    done
}

missing_packages() {
    entries | while read -r package probe; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
        *' installed') ;;
        *) echo "$package" ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup.sh: not root, and sudo is not here; as root run: $*" >&2
        exit 1
    fi
}

install_packages() {
    echo "setup.sh: installing $*"
    # Old lists of packages are the usual reason for a failure, so they are renewed first.
    as_root apt-get update -q || echo "setup.sh: apt-get update failed; trying without" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" || {
        echo "setup.sh: these packages could not be installed: $*" >&2
        exit 1
    }
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
    missing=$(entries | while read -r package probe; do
        found "$probe" || echo "  ${probe#*:} (in Debian: $package)"
    done)
    if [ -n "$missing" ]; then
        echo "setup.sh: this is no Debian; please install what provides" >&2
        echo "$missing" >&2
        exit 1
    fi
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    packages=$(missing_packages)
    # shellcheck disable=SC2086 # one word a package
    [ -z "$packages" ] || install_packages $packages
else
    look_for_libraries
fi
