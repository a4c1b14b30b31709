# pca.bats - `mien pca`: components, their page, and what it refuses.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# csv COUNT - a CSV of COUNT pictures that mix three patterns, parts in turn, with little noise.
csv() {
    python3 - "$1" <<'END'
import random, sys
random.seed(8)
patterns = [[random.randrange(70) for _ in range(48 * 48)] for _ in range(3)]
print("emotion,pixels,Usage")
for row in range(int(sys.argv[1])):
    mix = [random.random() for _ in patterns]
    pixels = [int(sum(m * p for m, p in zip(mix, values))) + random.randrange(4)
              for values in zip(*patterns)]
    part = ("Training", "Training", "PublicTest", "PrivateTest")[row % 4]
    print(row % 7, " ".join(map(str, pixels)), part, sep=",")
END
}

@test "three patterns are found as three components, and a share takes as many as it needs" {
    csv 160 >faces.csv
    mien pca faces.csv -n 5 --json >five.json
    mien pca faces.csv -n 0.9 --json >share.json
    python3 - <<'END'
import json
five, share = json.load(open("five.json")), json.load(open("share.json"))
assert (five["training_pictures"], five["pixels"], five["components"]) == (80, 2304, 5), five
assert len(five["shares"]) == 5 and sum(five["shares"][:3]) > 0.95, five
assert abs(sum(five["shares"]) - five["variance"]) < 1e-6
assert share["components"] <= 3 and share["variance"] >= 0.9, share
assert share["variance"] - share["shares"][-1] < 0.9, share
assert [n["by"] for n in five["neighbours"]] == ["2304 pixels", "5 components"]
END
}

@test "the page holds its five sections, and the figures lie beside it" {
    csv 120 >faces.csv
    run -0 mien pca faces.csv -n 55 -o out
    [[ $output == *"components      55 of 2304 pixels, from 60 pictures in "* ]]
    [[ $output == *"report          out/report.html"* ]]
    for figure in variance eigenfaces reconstructions plane; do
        [ -s out/$figure.png ]
        [ -s out/$figure.svg ]
        grep -q "id=\"$figure\"" out/report.html
    done
    grep -q 'id="neighbours"' out/report.html
    fails 1 "out/report.html" mien pca faces.csv -n 5 -o out
    run -0 mien pca faces.csv -n 5 -o out --force
}

@test "one component alone is enough for a page" {
    csv 40 >faces.csv
    run -0 mien pca faces.csv -n 1 -o out
    [ -s out/report.html ]
}

@test "components that are neither a number nor a share are wrong usage" {
    csv 8 >faces.csv
    for wrong in 0 -3 abc 1.5 0.0 12x 0.9x "" 99999999999999999999; do
        fails 2 "mien pca: --components" mien pca faces.csv --components="$wrong"
    done
}

@test "more components than there can be, a constant data set and an empty part are told" {
    csv 40 >faces.csv
    fails 1 "mien pca: 20 components: 20 pictures of 2304 pixels have at most 19" \
        mien pca faces.csv -n 20
    fails 1 "mien pca: --part: part test: " mien pca faces.csv -n 3 --split 1:0:1
    fails 1 'the split "0:1:1" has no training pictures' mien pca faces.csv -n 3 --split 0:1:1
    python3 -c '
print("emotion,pixels,Usage")
for row in range(12):
    print(row % 7, " ".join(["9"] * 2304), ("Training", "PrivateTest")[row % 2], sep=",")' >same.csv
    fails 1 "mien pca: all 6 pictures are the same: " mien pca same.csv
}
