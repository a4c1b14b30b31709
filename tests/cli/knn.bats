# knn.bats - `mien knn`: figures, chart and model of nearest neighbours, and what it refuses.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# csv COUNT - a CSV of COUNT random pictures in few levels, parts in turn (train twice as often).
csv() {
    python3 - "$1" <<'END'
import random, sys
random.seed(8)
print("emotion,pixels,Usage")
for row in range(int(sys.argv[1])):
    base = random.randrange(200)
    pixels = [base + random.randrange(50) for _ in range(48 * 48)]
    part = ("Training", "Training", "PublicTest", "PrivateTest")[row % 4]
    print(base * 7 // 200, " ".join(map(str, pixels)), part, sep=",")
END
}

@test "a model tells the split that it is of" {
    csv 40 >faces.csv
    mien knn faces.csv --split 8:1:1 --split-seed 3 --stratify -k 1 -o near.mien
    run -0 mien info near.mien --json
    [[ $output == *'"split": "8:1:1 seed 3 stratified"'* ]]
    [[ $output == *'"mien knn DATASET --split 8:1:1 --split-seed 3 --stratify -k 1 '* ]]
}

@test "the counts are those of all distances, for every k" {
    csv 120 >faces.csv
    mien knn faces.csv -k 1,2,3,7,60 --json >report.json
    python3 - <<'END'
import csv, json
rows = list(csv.DictReader(open("faces.csv")))
for row in rows:
    row["pixels"] = list(map(int, row["pixels"].split()))
train = [row for row in rows if row["Usage"] == "Training"]
test = [row for row in rows if row["Usage"] == "PrivateTest"]
report = json.load(open("report.json"))
assert (report["training_pictures"], report["pictures"]) == (60, 30), report
correct = {1: 0, 2: 0, 3: 0, 7: 0, 60: 0}
for row in test:
    near = sorted((sum((a - b) ** 2 for a, b in zip(row["pixels"], other["pixels"])), place)
                  for place, other in enumerate(train))
    for k in correct:
        votes = [0] * 7
        for _, place in near[:k]:
            votes[int(train[place]["emotion"])] += 1
        correct[k] += votes.index(max(votes)) == int(row["emotion"])
assert {r["k"]: r["correct"] for r in report["results"]} == correct, (report, correct)
assert sum(map(sum, report["best"]["confusion"])) == 30
END
}

@test "each k is told once, ascending, with its standard error and the best one marked" {
    csv 80 >faces.csv
    run -0 mien knn faces.csv -k 5,1,3,5
    [[ $output == *"neighbours      40 training pictures by pixels, votes uniform"* ]]
    [[ $output == *"the best on the validation part"* ]]
    [ "$(grep -cE '^ +[135] +[0-9]+ +[01]\.[0-9]{4} +0\.[0-9]{4}( \*)?$' <<<"$output")" = 3 ]
    [ "$(grep -c ' \*$' <<<"$output")" = 1 ]
}

@test "any number of jobs prints the same figures" {
    csv 200 >faces.csv
    for options in "" "--pca 20" "--weights distance"; do
        mien knn faces.csv $options --jobs 1 --json | sed 's/_seconds": [^,]*//g' >one
        mien knn faces.csv $options --jobs 3 --json | sed 's/_seconds": [^,]*//g' >three
        [ -s one ]
        cmp one three
    done
}

@test "a chart and a model are written, and not overwritten without being asked" {
    csv 40 >faces.csv
    run -0 mien knn faces.csv -k 1:5 --chart k.svg -o near.mien
    [[ $output == *"model           near.mien, sha256 "* ]]
    grep -q "<svg" k.svg
    head -c 5 near.mien | grep -q MIEN
    fails 1 "near.mien" mien knn faces.csv -o near.mien
    fails 1 "--force" mien knn faces.csv --chart k.svg
    run -0 mien knn faces.csv -k 1:5 --chart k.svg -o near.mien --force
}

@test "a k of 0, or above the number of training pictures, is told" {
    csv 40 >faces.csv
    fails 2 '--k: "0"' mien knn faces.csv -k 0
    fails 1 "mien knn: k of 21: 1 to 20 neighbours are possible" mien knn faces.csv -k 1,21
}

@test "more components than there are, and pictures that are all the same, are told" {
    csv 40 >faces.csv
    fails 1 "mien knn: --pca: 20 components: 20 pictures of 2304 pixels have at most 19" \
        mien knn faces.csv -k 1 --pca 20
    python3 -c '
print("emotion,pixels,Usage")
for row in range(12):
    print(row % 7, " ".join(["9"] * 2304), ("Training", "PrivateTest")[row % 2], sep=",")' >same.csv
    fails 1 "mien knn: --pca: all 6 pictures are the same: " mien knn same.csv -k 1 --pca 2
    run -0 mien knn same.csv -k 1
}

@test "a part without pictures, and a split without training pictures, are told" {
    csv 40 >faces.csv
    fails 1 "mien knn: --part: part test: " mien knn faces.csv -k 1 --split 1:0:1
    fails 1 'the split "0:1:1" has no training pictures' mien knn faces.csv -k 1 --split 0:1:1
    fails 1 'part "exam"' mien knn faces.csv -k 1 --part exam
}

@test "measuring on training pictures is warned of" {
    csv 40 >faces.csv
    run -0 mien knn faces.csv -k 1 --part train
    [[ $output == *"each training picture is its own nearest neighbour"* ]]
}

# Row $1 of faces.csv as a picture.
picture_of_row() {
    python3 -c 'import csv, sys
row = list(csv.DictReader(open("faces.csv")))[int(sys.argv[1])]
print("P2\n48 48\n255\n" + row["pixels"])' "$1"
}

@test "the model that is written recognises faces, and says what it holds" {
    python3 "$BATS_TEST_DIRNAME/waves.py" 3:train:1 4:train:2 4:train:3 6:train:4 0:test:5 >faces.csv
    for pca in 0 2; do
        mien knn faces.csv -k 1 --pca "$pca" -o "near-$pca.mien"
        for row in 0 1 2 3; do
            picture_of_row "$row" >face.pgm
            run -0 mien recognize --model "near-$pca.mien" --face whole --csv face.pgm
            expected=(happy sad sad neutral)
            [[ ${lines[1]} == face.pgm,0,0,48,48,1,0,0,48,48,*,${expected[row]},1,* ]]
        done
    done
    run -0 mien info near-0.mien
    [[ $output == *"method          neighbours 1 uniform"* ]]
    [[ $output == *"pixels               u8     4x48x48"* ]]
    [[ $output == *"command            mien knn DATASET --split official -k 1"* ]]
    mien info --json near-2.mien >info.json
    python3 -c 'import json; o = json.load(open("info.json"))
assert o["kind"] == "model" and o["name"] == "near-2" and "layers" not in o
assert [t["shape"] for t in o["tensors"]] == [[4], [48, 48], [2, 2304], [4, 2]]'
    fails 1 "near-0.mien: holds nearest neighbours, not a network" mien evaluate near-0.mien faces.csv
}

@test "a model of neighbours whose parts do not fit is refused" {
    python3 "$BATS_TEST_DIRNAME/write_model.py" bad.mien "architecture=neighbours 1 uniform
"
    for command in "info" "recognize --face whole bad.mien --model"; do
        fails 1 'bad.mien: nearest neighbours need a tensor "pixels" of u8' mien $command bad.mien
    done
}
