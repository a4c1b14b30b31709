#!/bin/sh
# demo.sh - recognise expressions in photographs that Debian packages ship.
# SPDX-License-Identifier: MIT
#
#   scripts/demo.sh MIEN
#
# The packages are unpacked into demo/, not installed: slim systems leave documentation out, and
# the photographs are part of it. A second run needs no network.
set -eu

mien=$1
folder=demo
packages='facedetect libdlib19.1'
hopper=usr/share/doc/facedetect/examples/grace_hopper_512x512.jpg
faces=usr/share/doc/libdlib19.1/examples/faces

fail() {
    echo "demo.sh: $*" >&2
    exit 1
}

# apt-get download writes into the working folder; as root it would complain about its own user.
download() {
    (cd "$folder/packages" && apt-get -q -o APT::Sandbox::User=root download "$1")
}

fetch_package() {
    [ -z "$(find "$folder/packages" -name "$1_*.deb")" ] || return 0
    command -v apt-get >/dev/null ||
        fail "the photographs come from Debian's package $1, and apt-get is not here"
    echo "demo.sh: downloading Debian's package $1 for its photographs"
    download "$1" ||
        fail "apt-get download $1 failed: is there a network, and was apt-get update run?"
}

fetch_photographs() {
    mkdir -p "$folder/packages"
    for package in $packages; do
        fetch_package "$package"
        dpkg -x "$folder/packages/$package"_*.deb "$folder/packages"
    done
}

take() {
    photograph=$folder/packages/$1
    [ -r "$photograph" ] || fail "$photograph is not in the package; delete $folder and try again"
    cp "$photograph" "$folder/photographs/$2.jpg"
}

fetch_photographs
mkdir -p "$folder/photographs"
take "$hopper" grace_hopper
take "$faces/2008_001322.jpg" three_people
take "$faces/2009_004587.jpg" two_people
"$mien" recognize "$folder/photographs" --annotate "$folder/recognized" --force
echo
echo "The same photographs with what was recognised drawn into them: $folder/recognized/"
