# install.bats - what `make install` puts down is enough to write a program with.
# SPDX-License-Identifier: MIT
load cli

setup_file() {
    local build=${MIEN%/apps/cli/mien}
    export ROOT=$BATS_FILE_TMPDIR/root
    meson install -C "$build" --no-rebuild --quiet --destdir "$ROOT"
    PKG_CONFIG_PATH=$(dirname "$(find "$ROOT" -name mien.pc)")
    LD_LIBRARY_PATH=$(dirname "$(find "$ROOT" -name libmien.so)")
    export PKG_CONFIG_PATH LD_LIBRARY_PATH PKG_CONFIG_SYSROOT_DIR=$ROOT
}

# compile SOURCE OPTIONS... - against what is installed.
compile() {
    local cflags libs source=$1
    shift
    cflags=$(pkg-config --cflags mien)
    libs=$(pkg-config --libs mien)
    # shellcheck disable=SC2086 # several words
    "${CC:-cc}" -std=c99 -Wall -Wextra -Werror $cflags "$source" "$@" $libs
}

@test "the example compiles with what pkg-config says, and recognises a face" {
    ! is_sanitized || skip "built with a sanitizer"
    compile "$MIEN_SOURCE/examples/classify_face.c" -o "$BATS_TEST_TMPDIR/classify_face"
    # Any bytes are a picture: here those of a text.
    { printf 'P5\n48 48\n255\n'; head -c 2304 "$MIEN_SOURCE/ARCHITECTURE.md"; } \
        >"$BATS_TEST_TMPDIR/face.pgm"
    run -0 --separate-stderr "$BATS_TEST_TMPDIR/classify_face" "$BATS_TEST_TMPDIR/face.pgm"
    [[ $output =~ ^[a-z]+\ [01]\.[0-9]{2}$ ]]
    run -2 "$BATS_TEST_TMPDIR/classify_face" /dev/null
}

@test "the example that finds faces compiles, and finds none in a grey picture" {
    ! is_sanitized || skip "built with a sanitizer"
    compile "$MIEN_SOURCE/examples/recognize.c" -o "$BATS_TEST_TMPDIR/recognize"
    run -2 "$BATS_TEST_TMPDIR/recognize" /dev/null
    [ -e "$MIEN_SOURCE/models/face.mien" ] || skip "no face detector is built in"
    { printf 'P6\n64 48\n255\n'; head -c 9216 /dev/zero | tr '\0' '\200'; } \
        >"$BATS_TEST_TMPDIR/grey.ppm"
    run -0 "$BATS_TEST_TMPDIR/recognize" "$BATS_TEST_TMPDIR/grey.ppm"
    [ -z "$output" ]
}

@test "the example in the README compiles" {
    sed -n '/^```c$/,/^```$/p' "$MIEN_SOURCE/README.md" | grep -v '^```' \
        >"$BATS_TEST_TMPDIR/readme.c"
    [ -s "$BATS_TEST_TMPDIR/readme.c" ]
    compile "$BATS_TEST_TMPDIR/readme.c" -c -o "$BATS_TEST_TMPDIR/readme.o"
}

@test "the library shows the functions of its headers and nothing else" {
    shown=$(nm -D --defined-only "$LD_LIBRARY_PATH/libmien.so" |
        awk '$2 == "T" && $3 !~ /^__/ { print $3 }' | sort)
    declared=$(cat "$MIEN_SOURCE"/include/mien/*.h |
        awk '/^MIEN_API/ { match($0, /mien_[a-z0-9_]+\(/); print substr($0, RSTART, RLENGTH - 1) }' |
        sort)
    [ -n "$declared" ]
    diff <(echo "$shown") <(echo "$declared")
}

@test "the library needs oneDNN, its OpenMP and the C library, nothing else" {
    needed=$(objdump -p "$LD_LIBRARY_PATH/libmien.so" | awk '$1 == "NEEDED" { print $2 }')
    [[ $needed == *libdnnl.so* ]]
    run ! grep -v -E '^lib(asan|ubsan|dnnl|gomp|omp|c|m|pthread)\.so' <<<"$needed"
}

@test "the installed command runs" {
    run -0 "$(find "$ROOT" -path '*/bin/mien')" --version
}
