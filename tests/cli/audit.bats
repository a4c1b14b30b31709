# audit.bats - `mien audit`: twins, contradictory labels, blank pictures, and the list of rows.
# SPDX-License-Identifier: MIT
load cli

# Rows 0 to 8: 1, 2, 3 are copies of 0 (1 with another label); 4 is nearly 0, 5 its mirror image;
# 6 and 7 are the same in validation and test; 8 is blank.
setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 "$BATS_TEST_DIRNAME/waves.py" 0:train:1 3:train:1 0:validation:1 0:test:1 \
        0:test:1:brighter 0:train:1:mirrored 4:validation:2 4:test:2 5:train:3:blank >faces.csv
}

# The rows of the list on standard input, in one line.
rows() {
    grep -v '^#' | cut -d' ' -f1 | tr '\n' ' '
}

@test "twins are told within and across parts" {
    run -0 mien audit faces.csv
    [[ $output == *"pictures        9, 5 of them different"* ]]
    [[ $output == *"identical       2 groups of 6 rows"* ]]
    [[ $output == *"labels disagree in 1 of these groups, 4 rows"* ]]
    [[ $output == *"near-identical  3 pairs, 2 of them mirrored"* ]]
    [[ $output == *"test                  3  train                     1          1"* ]]
    [[ $output == *"test                  3  validation                2          1"* ]]
    [[ $output == *"validation            2  train                     1          0"* ]]
    [[ $output == *"train                 4  train                     2          1"* ]]
    [[ $output == *"blank                     1"* ]]
}

@test "--json tells the same, and the page shows the pictures side by side" {
    mien audit faces.csv --json -o out >printed.json
    python3 - <<'END'
import json
import xml.etree.ElementTree as tree
summary = json.load(open("printed.json"))
assert summary == json.load(open("out/summary.json"))
audit = summary["audit"]
assert audit["identical"] == {
    "groups": 2, "rows": 6, "disagreeing_groups": 1, "disagreeing_rows": 4}, audit
assert audit["near"] == {"pairs": 3, "mirrored": 2}, audit
assert audit["twins"]["test"]["train"] == {"exact": 1, "near": 1}, audit
assert audit["leaks"] == {"test": 3, "validation": 1}, audit
assert audit["flags"]["blank"] == 1, audit
text = "".join(tree.parse("out/report.html").getroot().itertext())
assert "row 0, train: angry; row 1, train: happy; row 2, validation: angry; row 3, test: angry" in text
assert "row 5, train: angry; mirrored, correlation 1.000 with the picture on its left" in text
END
    for figure in conflicts disagreeing near-pairs blank; do [ -s out/$figure.png ]; done
}

@test "of a large group of identical pictures the first rows are told" {
    mapfile -t rows < <(printf '0:train:1\n%.0s' {0..9})
    python3 "$BATS_TEST_DIRNAME/waves.py" "${rows[@]}" 3:train:1 >many.csv
    mien audit many.csv -o out >/dev/null
    python3 - <<'END'
import xml.etree.ElementTree as tree
text = "".join(tree.parse("out/report.html").getroot().itertext())
assert "row 6, train: angry; row 7, train: angry; and 3 more" in text
END
}

@test "--list names the rows of each kind once, with the reason" {
    [ "$(mien audit faces.csv --list - --kinds leaks | rows)" = "2 3 7 " ]
    [ "$(mien audit faces.csv --list - --kinds near-leaks | rows)" = "4 " ]
    [ "$(mien audit faces.csv --list - --kinds duplicates | rows)" = "1 " ]
    [ "$(mien audit faces.csv --list - --kinds conflicts | rows)" = "0 1 2 3 " ]
    [ "$(mien audit faces.csv --list - --kinds blank | rows)" = "8 " ]
    [ "$(mien audit faces.csv --list - --kinds leaks,conflicts | rows)" = "0 1 2 3 7 " ]
    run -0 mien audit faces.csv --list rows.txt
    [[ $output == *"list            rows.txt"* ]]
    [ "$(rows <rows.txt)" = "1 2 3 7 8 " ]
    grep -qx '2 # leak: the picture of row 0 (train)' rows.txt
    grep -qx '7 # leak: the picture of row 6 (validation)' rows.txt
    grep -qx '1 # duplicate: the picture of row 0' rows.txt
    grep -qx '8 # blank' rows.txt
}

@test "another split has other leaks" {
    python3 "$BATS_TEST_DIRNAME/waves.py" 0::1 0::1 0::2 0::2 >plain.csv
    [ -z "$(mien audit plain.csv --list - --kinds leaks | rows)" ]
    [ "$(mien audit plain.csv --list - --kinds duplicates | rows)" = "1 3 " ]
    mien audit plain.csv --split 1:1:0 --list - --kinds leaks,duplicates >split.txt
    [ "$(rows <split.txt | wc -w)" -eq 2 ]
}

@test "wrong use and files that cannot be written are one line" {
    touch there.txt
    fails 2 '--kinds: "twins" is none of leaks, near-leaks' mien audit faces.csv --kinds leaks,twins
    fails 2 '--kinds: "" is none of' mien audit faces.csv --kinds leaks,
    fails 2 "--list -: --json prints on standard output, too" mien audit faces.csv --list - --json
    fails 1 "there.txt: exists; --force overwrites it" mien audit faces.csv --list there.txt
    fails 1 "nowhere/rows.txt: " mien audit faces.csv --list nowhere/rows.txt
    fails 1 "nowhere.csv: No such file or directory" mien audit nowhere.csv
    run -0 mien audit faces.csv --list there.txt --force
    [ -s there.txt ]
}

@test "FER2013 holds the twins that are known" {
    needs_data fer2013/fer2013.csv.zst
    mien audit "$data" --json >audit.json
    python3 - <<'END'
import json
audit = json.load(open("audit.json"))["audit"]
assert audit["distinct"] == 34036, audit
assert (audit["identical"]["groups"], audit["identical"]["rows"]) == (1514, 3365), audit
assert audit["twins"]["test"]["train"]["exact"] == 288, audit
assert audit["twins"]["validation"]["train"]["exact"] == 279, audit
assert audit["twins"]["test"]["validation"]["exact"] == 44, audit
END
    [ "$(mien audit "$data" --list - --kinds leaks | rows | wc -w)" -ge 567 ]
}
