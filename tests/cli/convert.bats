# convert.bats - `mien convert`: a model in whole numbers of 8 bits.
# SPDX-License-Identifier: MIT
load cli

# One training for all tests.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    cat >tiny.arch <<'END'
input 48x48x1
normalize 128 64
avgpool 4x4
convolution 8 3x3
batchnorm momentum 0.9
relu
depthwise 3x3
hardswish
convolution 16 1x1
flatten
dense 32
relu
dense 7
output expression
END
    label_rows 420 >faces.csv
    mien train faces.csv --arch tiny.arch --epochs 12 --batch 16 -o full.mien >/dev/null
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/full.mien "$BATS_FILE_TMPDIR"/faces.csv .
}

convert() {
    mien convert full.mien small.mien --int8 --calibrate faces.csv "$@"
}

@test "whole numbers make the file small, keep the accuracy, and answer the same everywhere" {
    convert --json >converted.json
    python3 - <<'END'
import json
c = json.load(open("converted.json"))
assert c["bytes"] < 0.45 * c["bytes_before"], c
assert c["quantized_layers"] == 4 and c["calibration_pictures"] == 210, c
assert abs(c["validation_accuracy"] - c["validation_accuracy_before"]) < 0.05, c
END
    mien evaluate small.mien faces.csv --json >here.json
    ONEDNN_MAX_CPU_ISA=AVX2 mien evaluate small.mien faces.csv --json >avx2.json
    cmp here.json avx2.json
    run -0 mien info small.mien
    [[ $output == *"calibrated on 210 pictures of faces.csv"* ]]
}

@test "a model in whole numbers is used like any other" {
    convert >/dev/null
    run -0 mien bench recognize --model small.mien --seconds 0.1
    [[ $output == "recognize small.mien "* ]]
    mien train faces.csv --arch "$BATS_FILE_TMPDIR/tiny.arch" --from small.mien --epochs 1 \
        --learning-rate 1e-6 --batch 16 -o more.mien --json >more.json
    mien train faces.csv --arch "$BATS_FILE_TMPDIR/tiny.arch" --teacher small.mien --epochs 1 \
        --batch 16 -o taught.mien
    mien evaluate small.mien faces.csv --json >small.json
    python3 - <<'END'
import json
more, small = (json.load(open(f"{name}.json")) for name in ("more", "small"))
assert abs(more["test_accuracy"] - small["accuracy"]) < 0.1, (more, small)
END
    fails 1 "the model is quantised already" \
        mien convert small.mien again.mien --int8 --calibrate faces.csv
}

@test "convert says what is missing, and overwrites nothing" {
    fails 2 "--int8 --calibrate DATASET" mien convert full.mien small.mien
    fails 2 "--int8 --calibrate DATASET" mien convert full.mien small.mien --int8
    echo precious >small.mien
    fails 1 "small.mien" convert
    [ "$(cat small.mien)" = precious ]
    fails 1 "No such file" mien convert nothing.mien x.mien --int8 --calibrate faces.csv
    fails 1 "no pictures for training" mien convert full.mien x.mien --int8 --calibrate faces.csv \
        --split 0:1:1
    [ ! -e x.mien ]
}
