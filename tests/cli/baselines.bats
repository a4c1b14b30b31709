# baselines.bats - `mien baselines`: the table of simple methods and networks.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# csv COUNT - a CSV of COUNT random pictures whose brightness tells the label, parts in turn; the
# last row, of the test part, has the picture of row 0, of the training part.
csv() {
    python3 - "$1" <<'END'
import random, sys
random.seed(8)
print("emotion,pixels,Usage")
for row in range(int(sys.argv[1])):
    label = random.choice([0, 1, 2, 3, 3])
    pixels = " ".join(str(40 * label + random.randrange(60)) for _ in range(48 * 48))
    if row == 0:
        first = pixels
    part = ("Training", "Training", "PublicTest", "PrivateTest")[row % 4]
    print(label, first if row == int(sys.argv[1]) - 1 else pixels, part, sep=",")
END
}

@test "every method is told with its accuracy, and brightness is easy to tell" {
    csv 160 >faces.csv
    run --separate-stderr -0 mien baselines faces.csv --components 5 --json
    [[ $stderr == *"deck was trained on other pictures than this split's and is left out"* ]]
    python3 - "$output" <<'END'
import csv, json, sys
report = json.loads(sys.argv[1])
rows = list(csv.DictReader(open("faces.csv")))
test = [row["emotion"] for row in rows if row["Usage"] == "PrivateTest"]
assert (report["training_pictures"], report["pictures"], report["twins"]) == (80, 40, 1), report
methods = {method["method"].split(",")[0]: method for method in report["methods"]}
assert list(methods) == ["most frequent label", "nearest class mean",
                         "logistic regression on 5 principal components",
                         "nearest neighbours by 5 principal components",
                         "nearest neighbours by pixels"], methods
assert methods["most frequent label"]["correct"] == test.count("3")
for name, method in methods.items():
    assert method["correct_without_twins"] in (method["correct"], method["correct"] - 1)
    if "nearest" in name:
        assert method["correct"] >= 38, method
    assert method["correct"] >= methods["most frequent label"]["correct"], method
END
}

@test "the table has a line for each, and a named network is measured whatever it was trained on" {
    csv 60 >faces.csv
    run -0 mien baselines faces.csv deck -n 5
    [[ $output == *"measured        on 15 of test, of which 1 are also in the training part"* ]]
    [ "$(grep -cE '^(most|nearest|logistic|network) .* 0\.[0-9]{4} +0\.|^(most|nearest|logistic|network) .* 1\.0000' <<<"$output")" = 6 ]
    [[ $output == *"network deck "*"trained on other pictures"* ]]
}

@test "what cannot be is told in one line" {
    csv 40 >faces.csv
    fails 1 "nowhere.mien" mien baselines faces.csv nowhere.mien -n 3
    fails 1 "20 components: 20 pictures of 2304 pixels have at most 19" \
        mien baselines faces.csv -n 20
    fails 1 'the split "0:1:1" has no training pictures' mien baselines faces.csv --split 0:1:1
    fails 1 "--part: part test: " mien baselines faces.csv --split 1:0:1 -n 3
    fails 2 "DATASET is missing" mien baselines
}
