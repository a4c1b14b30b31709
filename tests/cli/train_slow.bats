# train_slow.bats - from the data set to answers on real pictures; minutes.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "eight epochs of deck on FER2013, calibrated, are right as often as they say, and above 40%" {
    needs_data fer2013/fer2013.csv.zst
    mien train "$data" --split deck --epochs 8 -o eight.mien
    mien calibrate eight.mien "$data" --split deck --accuracy 0.5 -o true.mien
    mien evaluate true.mien "$data" --split deck --json >figures.json
    python3 -c 'import json; o = json.load(open("figures.json"))
assert o["accuracy"] > 0.4 and o["calibration_error"] < 0.04, (o["accuracy"], o["calibration_error"])'
}
