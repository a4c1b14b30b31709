# detect.bats - `mien detect`: where it finds faces, what it prints and draws. What it shares with
# `mien recognize`, the inputs, their order and failures, is tested there.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

grey_picture() {
    printf 'P5\n64 48\n255\n%s' "$(head -c 3072 /dev/zero | tr '\0' x)" >"$1"
}

# Photographs of the validation part with one marked face; none of them is a hard one.
photographs() {
    needs_data faces/caltech
    mkdir photographs
    for number in 00008 00010 00011; do
        cp "$data/pic$number.jpg" photographs
    done
}

# Runs a Python program on the JSON lines of $output, `o`, all objects.
judge() {
    python3 -c "import json, sys
o = [json.loads(line) for line in sys.argv[1].splitlines()]
$1" "$output" "${@:2}"
}

@test "faces are found where people marked them, eyes above the mouth" {
    photographs
    run -0 mien detect photographs --json
    judge '
import csv
marked = {}
for row in csv.DictReader(open(sys.argv[2])):
    marked.setdefault(row["file"].split("/")[1], []).append([float(row[k]) for k in "xywh"])
assert len(o) == 3
for picture in o:
    for x, y, w, h in marked[picture["source"].split("/")[1]]:
        near = [f for f in picture["faces"]
                if abs(f["box"]["x"] + f["box"]["w"] / 2 - x - w / 2) < w / 5
                and abs(f["box"]["y"] + f["box"]["h"] / 2 - y - h / 2) < h / 5
                and abs(f["box"]["w"] - w) < w / 3]
        assert len(near) == 1, picture["source"]
        left, right, nose, mouth = near[0]["landmarks"]
        assert left[0] < right[0] and max(left[1], right[1]) < nose[1] < mouth[1]
        assert 0.6 <= near[0]["confidence"] <= 1' "$data/../boxes.csv"
}

@test "what is detected is what is recognized" {
    photographs
    run -0 mien detect photographs --json
    mien recognize photographs --json >recognized
    judge '
assert list(o[0]) == "source frame time width height faces".split()
assert list(o[0]["faces"][0]) == "id box confidence landmarks".split()
for here, line in zip(o, open("recognized")):
    there = json.loads(line)
    assert {k: there[k] for k in here if k != "faces"} == {k: here[k] for k in here if k != "faces"}
    assert [{k: f[k] for k in here["faces"][0]} for f in there["faces"]] == here["faces"]'
}

@test "a higher threshold finds the more confident ones of the same faces" {
    photographs
    run -0 mien detect photographs --json --threshold 0.1
    mien detect photographs --json --threshold 0.8 >sure
    judge '
assert min(f["confidence"] for p in o for f in p["faces"]) < 0.6
for all, line in zip(o, open("sure")):
    boxes = [f["box"] for f in all["faces"] if f["confidence"] >= 0.8]
    assert boxes and [f["box"] for f in json.loads(line)["faces"]] == boxes'
    run -0 mien recognize photographs --threshold 0.99
    [[ ${lines[1]} == *"no face" ]]
}

@test "no face is smaller than --smallest" {
    photographs
    run -0 mien detect photographs --json
    judge '
heights = sorted(f["box"]["h"] for p in o for f in p["faces"])
open("middle", "w").write(str(int(heights[len(heights) // 2])))
open("more", "w").write(str(sum(h > heights[len(heights) // 2] + 4 for h in heights)))'
    run -0 mien detect photographs --json --smallest "$(cat middle)"
    judge '
heights = [f["box"]["h"] for p in o for f in p["faces"]]
assert min(heights) >= float(open("middle").read())
assert len(heights) >= float(open("more").read())'
    fails 2 '--smallest' mien detect photographs --smallest 7
}

@test "table and CSV say what JSON says" {
    photographs
    run -0 mien detect photographs
    [[ ${lines[0]} =~ ^FILE\ +FACE\ +BOX\ +CONFIDENCE\ +LEFT\ EYE\ +RIGHT\ EYE\ +NOSE\ +MOUTH$ ]]
    table=$output
    mien detect photographs --csv >table.csv
    run -0 mien detect photographs --json
    judge '
import csv
faces = [(p["source"], f) for p in o for f in p["faces"]]
rows = list(csv.DictReader(open("table.csv")))
table = sys.argv[2].splitlines()[1:]
assert len(rows) == len(faces) == len(table)
for row, line, (source, face) in zip(rows, table, faces):
    cells = line.split()
    box = [face["box"][k] for k in "xywh"]
    assert row["source"] == cells[0] == source and int(row["id"]) == int(cells[1]) == face["id"]
    assert [float(row[k]) for k in "xywh"] == box
    assert cells[2] == ",".join("%.0f" % number for number in box)
    assert float(row["confidence"]) == face["confidence"]
    assert abs(int(cells[3].rstrip("%")) / 100 - face["confidence"]) < 0.006
    names = "left_eye right_eye nose mouth".split()
    assert [[float(row[n + "_x"]), float(row[n + "_y"])] for n in names] == face["landmarks"]
    assert cells[4:] == ["%.0f,%.0f" % tuple(point) for point in face["landmarks"]]' "$table"
}

@test "--annotate writes a copy, never over another" {
    photographs
    run -0 mien detect photographs/pic00008.jpg --json --annotate copy.png
    run -0 mien detect copy.png # is a picture
    [ "$(head -c 4 copy.png | tail -c 3)" = PNG ]
    fails 1 'copy.png: exists; --force overwrites it' \
        mien detect photographs/pic00008.jpg --annotate copy.png
}

@test "a picture without a face is no error" {
    grey_picture grey.pgm
    run -0 --separate-stderr mien detect grey.pgm --annotate grey.png
    [[ ${lines[1]} =~ ^grey.pgm\ +-\ +no\ face$ ]]
    [ -z "$stderr" ]
    [ -e grey.png ]
    run -0 mien detect grey.pgm --json
    judge 'assert o[0]["faces"] == [] and o[0]["width"] == 64 and o[0]["height"] == 48'
    run -0 mien detect grey.pgm --csv
    [ "$output" = "source,frame,time,width,height,id,x,y,w,h,confidence,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_x,mouth_y" ]
}

@test "wrong usage is told with status 2, unreadable pictures with 1 or 3" {
    fails 2 'INPUT... is missing' mien detect
    fails 2 '--json and --csv: choose one of them' mien detect a.jpg --json --csv
    fails 2 '--force: only --annotate OUT writes files' mien detect a.jpg --force
    fails 2 '--threshold' mien detect a.jpg --threshold 1
    fails 1 'none.jpg: No such file or directory' mien detect none.jpg
    grey_picture grey.pgm
    run -3 --separate-stderr mien detect none.jpg grey.pgm
    [ "$stderr" = "mien detect: none.jpg: No such file or directory" ]
}
