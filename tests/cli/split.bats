# split.bats - `mien split`: the rows of every kind of split, as files, table and JSON.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# csv COUNT - a CSV of COUNT rows: labels 0 to 6 in turn, parts in turn, pictures of one grey.
csv() {
    python3 - "$1" <<'END'
import sys
print("emotion,pixels,Usage")
for row in range(int(sys.argv[1])):
    part = ("Training", "PublicTest", "PrivateTest")[row % 3]
    print(row % 7, " ".join([str(row % 256)] * 48 * 48), part, sep=",")
END
}

# The rows of the part $1 of the split in the folder $2, in one line.
rows() {
    tr '\n' ' ' <"$2/$1.txt"
}

@test "the official split writes the rows of each part, one a line" {
    csv 10 >faces.csv
    run -0 mien split faces.csv -o parts
    [ "$(rows train parts)" = "0 3 6 9 " ]
    [ "$(rows validation parts)" = "1 4 7 " ]
    [ "$(rows test parts)" = "2 5 8 " ]
    [[ $output == *"label                 train       test validation"* ]]
    [[ $output == *"angry                     1          0          1"* ]]
    [[ $output == *"all                       4          3          3"* ]]
}

@test "the table and --json agree with the files" {
    csv 100 >faces.csv
    mien split faces.csv --split 80:12:8 --seed 3 --json -o parts >report.json
    python3 - <<'END'
import hashlib, json, struct
report = json.load(open("report.json"))
assert (report["rows"], report["skipped"], report["seed"]) == (100, 0, 3), report
for part in ("train", "test", "validation"):
    told = report["parts"][part]
    rows = [int(line) for line in open(f"parts/{part}.txt")]
    assert told["file"] == f"parts/{part}.txt"
    assert told["rows"] == len(rows) == {"train": 80, "test": 12, "validation": 8}[part]
    assert told["sha256"] == hashlib.sha256(struct.pack(f"<{len(rows)}i", *rows)).hexdigest()
    assert list(told["labels"].values()) == [sum(r % 7 == label for r in rows) for label in range(7)]
END
    run -0 mien split faces.csv --split 80:12:8 --seed 3
    for part in train test validation; do
        [[ $output == *"$(python3 -c "import json; print(json.load(open('report.json'))['parts']['$part']['sha256'])")"* ]]
    done
}

@test "a seed repeats its split, another one gives another" {
    csv 50 >faces.csv
    mien split faces.csv --split 8:1:1 --seed 5 >a
    mien split faces.csv --split 8:1:1 --seed 5 >b
    mien split faces.csv --split 8:1:1 --seed 6 >c
    cmp a b
    ! cmp -s a c
}

@test "--stratify gives every label the same shares" {
    csv 700 >faces.csv
    run -0 mien split faces.csv --split 80:12:8 --stratify
    for label in angry disgust fear happy sad surprise neutral; do
        [[ $output =~ "$label"\ +80\ +12\ +8 ]]
    done
}

@test "existing files are overwritten only with --force, and none if one is in the way" {
    csv 10 >faces.csv
    mkdir parts
    echo mine >parts/test.txt
    fails 1 "mien split: parts/test.txt: exists; --force overwrites it" mien split faces.csv -o parts
    [ "$(ls parts)" = test.txt ]
    mien split faces.csv -o parts --force
    [ "$(rows test parts)" = "2 5 8 " ]
}

@test "damaged rows are named, or skipped and counted" {
    csv 10 >faces.csv
    sed -i 's/^3,/9,/' faces.csv
    fails 1 'mien split: faces.csv:5:1: label "9", but labels are 0 (angry) to 6 (neutral)' mien split faces.csv
    run --separate-stderr -0 mien split faces.csv --skip-bad --json
    [[ $stderr == *"faces.csv: 1 damaged row"* ]]
    python3 -c 'import json, sys; o = json.load(sys.stdin); assert (o["rows"], o["skipped"]) == (9, 1), o' <<<"$output"
}

@test "wrong usage and wrong data are told in one line" {
    csv 3 | cut -d, -f1,2 >faces.csv
    fails 2 "--split: split \"80:20\": give official, deck, or the shares" mien split faces.csv --split 80:20
    fails 2 "--seed: only an A:B:C split takes it, deck is what it is" mien split faces.csv --split deck --seed 1
    fails 2 "--stratify: only an A:B:C split takes it" mien split faces.csv --stratify
    fails 2 "mien split: " mien split
    fails 1 "the data set names no parts" mien split faces.csv
    fails 1 "nowhere.csv: No such file or directory" mien split nowhere.csv
    fails 1 "a/b: No such file or directory" mien split faces.csv --split deck -o a/b
    fails 1 "faces.csv/train.txt: " mien split faces.csv --split deck -o faces.csv
}

@test "a data set can come through a pipe and in a zip" {
    csv 9 >faces.csv
    plain=$(mien split faces.csv)
    [ "$(gzip -c faces.csv | mien split -)" = "$plain" ]
    python3 -c 'import zipfile; zipfile.ZipFile("faces.zip", "w", zipfile.ZIP_DEFLATED).write("faces.csv", "archive/faces.csv")'
    [ "$(mien split faces.zip)" = "$plain" ]
}

@test "the deck split of FER2013 has the reference's three hashes and label counts" {
    needs_data fer2013/fer2013.csv.zst
    run -0 mien split "$data" --split deck
    [[ $output == *"4d27fefe33d3a801c0cecfd050d7f02f531a16296ed29f0d4586222808f205b5"* ]]
    [[ $output == *"3aecaf55c6c31b3cbee366adb4388b313f6383da8accc50f54cc4a6709548c48"* ]]
    [[ $output == *"4fec8ff7439055b9c27cb9a15e71d0f8131febd786f995f92776b0e7efa968b0"* ]]
    [[ $output == *"angry                  3939        619        395"* ]]
    [[ $output == *"neutral                4978        730        490"* ]]
    [[ $output == *"all                   28709       4306       2872"* ]]
}
