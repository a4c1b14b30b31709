# calibrate.bats - `mien calibrate`: rules that other commands follow, in a model that stays the same.
# SPDX-License-Identifier: MIT
load cli

# 200 validation pictures of noise, half angry and half happy; a model that finds happy by one pixel,
# which is bright in 9 of 10 happy pictures, and whose logits are far too sure. The votes say the
# same, but for two pictures that are no face.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    python3 - "$BATS_TEST_DIRNAME/write_model.py" <<'END'
import random
import subprocess
import sys
draw = random.Random(1)
faces, votes = open("faces.csv", "w"), open("votes.csv", "w")
print("emotion,pixels,Usage", file=faces)
print("Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF",
      file=votes)
for row in range(300):
    happy, none = row % 2, row % 100 == 0
    bright = happy ^ (draw.random() < 0.1)
    pixels = [draw.randrange(256) for _ in range(48 * 48)]
    pixels[:2] = [255 if bright else 0, 255 if none else 0]
    part = "Training" if row >= 200 else "PublicTest"
    print(happy * 3, " ".join(map(str, pixels)), part, sep=",", file=faces)
    counts = [0] * 10
    counts[9 if none else 1 if happy else 4] = 10
    print(part, row, *counts, sep=",", file=votes)
faces.close()
votes.close()
def weights(outputs, rows):
    return ",".join(str(rows.get((k, p), 0)) for k in range(outputs) for p in range(48 * 48))
def bias(outputs, angry):
    return ",".join(str(angry if k == 0 else 0 if k in (3, 9) else -99) for k in range(outputs))
subprocess.run(["python3", sys.argv[1], "sure.mien",
    "architecture=input 48x48x1\nflatten as flat\ndense 7\noutput expression\n"
    "dense 10 from flat\noutput votes\n",
    "labels=angry\ndisgust\nfear\nhappy\nsad\nsurprise\nneutral\n",
    "about=name: sure\ntemperature: 3\n",
    "dense1.weights:7x2304=" + weights(7, {(3, 0): 0.1}), "dense1.bias:7=" + bias(7, 12.8),
    "dense2.weights:10x2304=" + weights(10, {(3, 0): 0.1, (9, 1): 0.4}),
    "dense2.bias:10=" + bias(10, 12.8)], check=True)
END
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    out=$BATS_TEST_TMPDIR/out.mien
}

# Prints the Python expression $1 of `o`, the JSON on standard input.
json() {
    python3 -c 'import json, sys; o = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

@test "a model that is too sure is told so, and its probabilities become true" {
    mien calibrate sure.mien faces.csv -o "$out" --json >fit.json
    [ "$(json 'o["expression"]["pictures"]' <fit.json)" = 200 ]
    [ "$(json 'o["expression"]["temperature"] > 1.5' <fit.json)" = True ]
    [ "$(json 'o["expression"]["calibration_error"] < o["expression"]["calibration_error_before"]' \
        <fit.json)" = True ]
    [ "$(json 'o["expression"]["accuracy"] >= 0.8' <fit.json)" = True ]
    mien evaluate "$out" faces.csv --part validation --json >after.json
    [ "$(json 'round(o["calibration_error"], 6)' <after.json)" = \
        "$(json 'round(o["expression"]["calibration_error"], 6)' <fit.json)" ]
    mien evaluate sure.mien faces.csv --part validation --json >before.json
    [ "$(json 'o["accuracy"]' <before.json)" = "$(json 'o["accuracy"]' <after.json)" ]
}

@test "the rules are in the model, once, and nothing else changes" {
    mien calibrate sure.mien faces.csv -o "$out"
    mien info "$out" --json >after.json
    mien info sure.mien --json >before.json
    [ "$(json 'list(o["about"])' <after.json)" = \
        "['name', 'temperature', 'calibrated on', 'uncertain below', 'calibration']" ]
    [ "$(json 'o["about"]["calibrated on"]' <after.json)" = \
        "validation of faces.csv, split official" ]
    for key in tensors architecture labels history; do
        [ "$(json "o['$key']" <after.json)" = "$(json "o['$key']" <before.json)" ]
    done
    [ "$(json 'o["about"]["name"]' <after.json)" = out ]
    mkdir -p "$BATS_TEST_TMPDIR"/{again,jobs}
    mien calibrate "$out" faces.csv -o "$BATS_TEST_TMPDIR/again/out.mien"
    cmp "$out" "$BATS_TEST_TMPDIR/again/out.mien"
    mien calibrate sure.mien faces.csv -o "$BATS_TEST_TMPDIR/jobs/out.mien" --jobs 3
    cmp "$out" "$BATS_TEST_TMPDIR/jobs/out.mien"
}

@test "with votes, the eight expressions are calibrated, and what is no face" {
    mien calibrate sure.mien faces.csv --votes votes.csv -o "$out" --json >fit.json
    [ "$(json 'o["votes"]["pictures"]' <fit.json)" = 198 ]
    [ "$(json 'o["not_a_face"]["others"], o["not_a_face"]["noticed"]' <fit.json)" = "(2, 2)" ]
    [ "$(json 'o["not_a_face"]["refused"]' <fit.json)" = 0 ]
    run -0 mien info "$out"
    [[ $output == *"noticed 2 of 2, refused 0 of 198 faces"* ]]
    [[ $output == *"votes temperature    "* ]]
    python3 -c 'print("P2\n48 48\n255", "0 255", "0 " * 2302)' >none.pgm
    [[ $(mien recognize --model "$out" --face whole none.pgm) == *"not a face"* ]]
    [[ $(mien recognize --model sure.mien --face whole none.pgm) != *"not a face"* ]]
}

@test "certain answers are as often right as asked for, or that is impossible" {
    mien calibrate sure.mien faces.csv --accuracy 0.85 -o "$out" --json >fit.json
    [ "$(json 'o["expression"]["accuracy"] >= 0.85' <fit.json)" = True ]
    fails 1 "not even the most certain answers are right in 1 of all cases" \
        mien calibrate sure.mien faces.csv --accuracy 1 -o "$BATS_TEST_TMPDIR/one.mien"
    [ ! -e "$BATS_TEST_TMPDIR/one.mien" ]
}

@test "pictures that the model was trained on are warned of" {
    mien train faces.csv --arch deck --split 8:1:1 --epochs 1 --batch 16 -o "$BATS_TEST_TMPDIR/seen.mien"
    run -0 --separate-stderr mien calibrate "$BATS_TEST_TMPDIR/seen.mien" faces.csv \
        --split 8:1:1 --part train --accuracy 0.1 -o "$out" --force
    [[ $stderr == *"was trained on exactly these pictures"* ]]
    run -0 --separate-stderr mien calibrate "$BATS_TEST_TMPDIR/seen.mien" faces.csv \
        --split 8:1:1 --accuracy 0.1 -o "$out" --force
    [ -z "$stderr" ]
}

@test "what cannot be calibrated is one line" {
    fails 2 "--out FILE is missing" mien calibrate sure.mien faces.csv
    fails 1 "sure.mien: exists; --force overwrites it" mien calibrate sure.mien faces.csv -o sure.mien
    fails 1 "has no output \"votes\" of 10 numbers" \
        mien calibrate deck faces.csv --votes votes.csv -o "$out"
    fails 1 "does not classify" mien calibrate face faces.csv -o "$out"
    fails 1 "part test: " mien calibrate sure.mien faces.csv --part test -o "$out"
    fails 2 "--skip-bad cannot leave any out" \
        mien calibrate sure.mien faces.csv --votes votes.csv --skip-bad -o "$out"
    cp sure.mien "$out"
    run -0 mien calibrate "$out" faces.csv -o "$out" --force
}
