# explore.bats - `mien explore`: the first rows, the page, its figures and its summary.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

waves() {
    python3 "$BATS_TEST_DIRNAME/waves.py" "$@"
}

# 30 rows: labels 0 to 4 in turn, parts in turn, all pictures different.
many_waves() {
    local parts=(train train train validation test) rows=()
    for row in $(seq 0 29); do rows+=("$((row % 5)):${parts[row % 5 == row % 3 ? 0 : row % 5]}:$row"); done
    waves "${rows[@]}"
}

# The value of the expression $2 over `s`, the JSON in the file $1.
json() {
    python3 -c "import json, sys; s = json.load(open(sys.argv[1])); print($2)" "$1"
}

@test "without --out the first rows and the labels are printed, as a notebook's head() does" {
    waves 3:train:1 3:train:2 0:validation:3 6:test:4 3:train:5 3:train:6 >faces.csv
    run -0 mien explore faces.csv
    [[ $output == *"shape     (6, 48, 48) uint8, 0.0 MB"* ]]
    [[ $output == *"parts     train 4, validation 1, test 1"* ]]
    [[ $output == *"missing   no pixel, no label; 4 of 7 labels have no picture"* ]]
    [ "$(grep -c '^ *[0-4]  .* \.\.\. ' <<<"$output")" -eq 5 ]
    [[ $output == *"      2  validation    0 angry"* ]]
    [[ $output == *"happy                             4    66.7%"* ]]
    [ "$(ls)" = faces.csv ]
}

@test "--out writes a page, a PNG and an SVG for each figure, and a summary" {
    many_waves >faces.csv
    run -0 mien explore faces.csv -o out
    [[ $output == *"report    out/report.html"* ]]
    for figure in samples colours each-label labels parts mean-faces deviations brightness contrast \
        grey-levels map; do
        grep -q "<figure id=\"figure-$figure\">" out/report.html
        [ "$(head -c 4 "out/$figure.png" | tail -c 3)" = PNG ]
        grep -q '</svg>' "out/$figure.svg"
    done
    [ "$(json out/summary.json 's["data"]["rows"], s["labels"]["all"]["angry"]')" = "30 6" ]
    [ "$(json out/summary.json 'sum(s["data"]["parts"].values())')" = 30 ]
}

@test "--json prints the summary that is written" {
    many_waves >faces.csv
    mien explore faces.csv -o out --json >printed.json
    [ "$(wc -l <printed.json)" -eq 1 ]
    [ "$(json printed.json s)" = "$(json out/summary.json s)" ]
    mien explore faces.csv --json >alone.json
    [ "$(json printed.json s)" = "$(json alone.json s)" ]
}

@test "the same seed gives the same files at any number of threads, another seed other samples" {
    many_waves >faces.csv
    mien explore faces.csv -o a --seed 5 --jobs 1
    mien explore faces.csv -o b --seed 5 --jobs 4
    mien explore faces.csv -o c --seed 6
    diff -r a b
    cmp a/labels.svg c/labels.svg
    ! cmp -s a/samples.svg c/samples.svg
}

@test "the page is well-formed and asks for nothing outside itself" {
    many_waves >'<b>&faces.csv'
    mien explore '<b>&faces.csv' -o out
    python3 - <<'END'
import re
import xml.etree.ElementTree as tree
page = open("out/report.html", encoding="utf-8").read()
root = tree.fromstring(page)
ids = [element.get("id") for element in root.iter() if element.get("id")]
assert len(ids) == len(set(ids)), "an id is there twice"
for element in root.iter():
    for name, value in element.attrib.items():
        if name.split("}")[-1] in ("href", "src"):
            assert value.startswith("data:") or value[1:] in ids, (name, value[:80])
        assert not name.startswith("on"), name
assert set(re.findall(r"\b\w+://[^\"'\s]*", page)) == {
    "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
assert "Exploration: <b>&faces.csv" in "".join(root.itertext())
END
}

@test "a split is shown as it was asked for" {
    many_waves >faces.csv
    mien explore faces.csv --split 6:2:2 -o out
    [ "$(json out/summary.json 's["data"]["parts"]')" = "{'train': 18, 'validation': 6, 'test': 6}" ]
    grep -q 'split: 6:2:2' out/report.html
    fails 2 '"third": give official, deck' mien explore faces.csv --split third
}

@test "FER+ votes add their figures" {
    waves 0:train:1 3:train:2 4:test:3 >faces.csv
    cat >votes.csv <<'END'
Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
Training,a,0,0,0,0,10,0,0,0,0,0
Training,b,0,0,5,0,0,0,5,0,0,0
PrivateTest,c,0,0,0,0,0,0,0,0,0,10
END
    mien explore faces.csv --votes votes.csv -o out
    [ "$(json out/summary.json 's["votes"]')" = "{'with_majority': 1, 'label_agrees': 1.0, 'not_a_face': 1}" ]
    for figure in vote-entropy vote-entropy-by-label fer-against-ferplus ambiguous; do
        [ -s "out/$figure.svg" ]
    done
    grep -q 'row 1, labelled happy; votes: fear 5, surprise 5' out/report.html
    sed -i '$d' votes.csv
    fails 1 "votes.csv: only 2 rows of votes, but the data set has 3" \
        mien explore faces.csv --votes votes.csv
    fails 2 "--skip-bad cannot leave any out" mien explore faces.csv --votes votes.csv --skip-bad
}

@test "--model adds the map of what a model makes of the pictures" {
    many_waves >faces.csv
    mien explore faces.csv --model deck -o out
    grep -q '<figure id="figure-map">' out/report.html
    grep -q 'as the model deck sees them: .* of the 128 numbers' out/report.html
    [ -s out/embedding.svg ]
    [ -s out/embedding.png ]
    [ "$(json out/summary.json 's["map"]["dimensions"], s["embedding"]["dimensions"]')" = "2304 128" ]
    fails 1 "face: the model has no labels: it does not classify" mien explore faces.csv --model face
    fails 1 "nowhere.mien: No such file or directory" mien explore faces.csv --model nowhere.mien
}

@test "a data set of one picture, of three, of one label, without test part has a page" {
    waves 3::1 >single.csv
    waves 3::1 3::2 3::3 >three.csv
    waves 3:train:1 3:validation:2 3:train:3 3:train:4 >no-test.csv
    waves 3:train:1:blank 3:test:2:blank >blank.csv
    for set in single three no-test blank; do
        run -0 mien explore $set.csv -o $set
        python3 -c "import xml.etree.ElementTree as t; t.parse('$set/report.html')"
        [ "$(json $set/summary.json 's["labels"]["all"]["sad"]')" = 0 ]
    done
    grep -q '6 of the 7 labels have no picture' single/report.html
    [ ! -e single/map.svg ]
    [ ! -e three/parts.svg ]
    [ -e no-test/parts.svg ]
    [ -e blank/blank.svg ]
}

@test "of many labels the most frequent are shown" {
    python3 - <<'END'
import pathlib, struct, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
for number in range(1, 101):
    folder = pathlib.Path(f"faces/label {number}")
    folder.mkdir(parents=True)
    for k in range(1 + (number > 90)):
        rows = b"".join(
            b"\0" + bytes((x * number + y * (k + 3)) % 256 for x in range(16)) for y in range(16))
        (folder / f"{k}.png").write_bytes(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
    mien explore faces -o out
    grep -q 'The 24 most frequent of 100 labels are shown' out/report.html
    for label in $(seq 91 100); do grep -q "<td>label $label</td>" out/report.html; done
    [ "$(json out/summary.json 'len(s["labels"]["all"])')" = 100 ]
}

@test "names do not command the terminal" {
    mkdir -p $'red\e[31m/happy'
    printf 'P5\n48 48\n255\n%2304s' "" >a.pgm
    convert a.pgm a.png
    mv a.png $'red\e[31m/happy/b\e[1m.png'
    run -0 mien explore $'red\e[31m'
    [[ $output == *"red"*"[31m"* && $output == *"b"*"[1m.png"* && $output != *$'\e'* ]]
}

@test "what cannot be read or written is one line" {
    waves 3::1 >faces.csv
    mkdir full && touch full/report.html
    : >empty.csv
    fails 1 "nowhere: No such file or directory" mien explore nowhere
    fails 1 "empty.csv:1:1: empty" mien explore empty.csv -o out
    [ ! -e out ]
    fails 1 "full/report.html: exists; --force overwrites it" mien explore faces.csv -o full
    fails 1 "nowhere/out: No such file or directory" mien explore faces.csv -o nowhere/out
    fails 1 "names no parts" mien explore faces.csv --split official
    run -0 mien explore faces.csv -o full --force
    [ -s full/report.html ]
}

@test "FER2013 is explored within 400 MB and has the known counts" {
    needs_data fer2013/fer2013.csv.zst
    limit=400000 # KB
    ! is_sanitized || limit=4000000 # the sanitizer's own memory counts, too
    python3 - "$MIEN" "$data" "$limit" <<'END'
import json, resource, subprocess, sys
printed = subprocess.run([sys.argv[1], "explore", sys.argv[2], "--split", "deck", "-o", "out", "--json"],
                         check=True, capture_output=True).stdout
assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < int(sys.argv[3])
labels = json.loads(printed)["labels"]
assert list(labels["train"].values()) == [3939, 422, 4098, 7175, 4913, 3184, 4978], labels
assert list(labels["test"].values()) == [619, 80, 638, 1046, 677, 516, 730], labels
assert list(labels["validation"].values()) == [395, 45, 385, 768, 487, 302, 490], labels
END
}
