# info.bats - what `mien info` tells of models, of data sets, and of files that are neither.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

model() {
    python3 "$BATS_TEST_DIRNAME/write_model.py" "$@"
}

# A CSV of the rows LABEL:USAGE given, each picture 48x48 of one grey.
csv() {
    python3 - "$@" <<'END'
import sys
print("emotion,pixels,Usage")
for grey, row in enumerate(sys.argv[1:]):
    label, usage = row.split(":")
    print(label, " ".join([str(grey)] * 48 * 48), usage, sep=",")
END
}

# Fails unless the JSON on standard input makes the Python expression $1 (of `o`) true.
json_is() {
    python3 -c 'import json, sys; o = json.load(sys.stdin); sys.exit(not eval(sys.argv[1]))' "$1"
}

@test "a model written by the tables of the format's page is told in full" {
    model tiny.mien
    run -0 mien info tiny.mien
    [[ $output == *"model           tiny"* ]]
    [[ $output == *"labels          happy sad"* ]]
    [[ $output == *"parameters      10, of which 10 are trained"* ]]
    [[ $output == *"bytes           1152, of which 40 are weights"* ]]
    [[ $output == *"dense1               1x1x2                    10"* ]]
    [[ $output == *"dataset sha256  00ff"* ]]
    [[ $output == *"       2       0.5                 0.75  kept"* ]]
    [[ $output == *"       3      0.25                0.625  last"* ]]
}

@test "the sha256 of a model is the hash of what follows its header" {
    model tiny.mien
    expected=$(tail -c +65 tiny.mien | sha256sum | cut -d ' ' -f 1)
    mien info --json tiny.mien | json_is "o['sha256'] == '$expected'"
}

@test "--json tells a model as one line" {
    model tiny.mien
    run -0 mien info --json tiny.mien
    [ "${#lines[@]}" -eq 1 ]
    json_is "o['kind'] == 'model' and o['name'] == 'tiny' and o['labels'] == ['happy', 'sad']" <<<"$output"
    json_is "o['parameters'] == 10 and o['layers'][2]['output'] == [1, 1, 2]" <<<"$output"
    json_is "o['tensors'][0] == {'name': 'dense1.weights', 'type': 'f32', 'shape': [2, 4], 'bytes': 32}" <<<"$output"
    json_is "list(o['about']) == ['name', 'dataset sha256', 'command']" <<<"$output"
    json_is "len(o['history']) == 3 and o['kept']['epoch'] == 2" <<<"$output"
}

@test "a model without a name, story and history is told as well" {
    model bare.mien about= history=
    run -0 mien info bare.mien
    [[ $output == *"model           bare.mien"* ]]
    mien info --json bare.mien | json_is "o['name'] is None and o['history'] == [] and o['kept'] is None"
}

@test "a model under another name is known by its contents" {
    model tiny.bin
    run -0 mien info tiny.bin
    [[ $output == *"labels          happy sad"* ]]
}

@test "a history with a row too short is refused with its line" {
    model odd.mien "history=epoch,loss
1,0.5
2
"
    fails 1 "mien info: odd.mien: the training history, line 3: 1 cells, the heading has 2" mien info odd.mien
}

@test "a damaged model is refused in one line" {
    model tiny.mien
    printf X | dd of=tiny.mien bs=1 seek=1100 conv=notrunc 2>/dev/null
    fails 1 "mien info: tiny.mien: damaged: its checksum does not match its contents; get the file again" mien info tiny.mien
    head -c 1000 tiny.mien >short.mien
    fails 1 "mien info: short.mien: truncated: 1000 bytes of 1152" mien info short.mien
}

@test "a data set is told by rows, parts and labels" {
    csv 0:Training 3:Training 3:PublicTest 6:PrivateTest >faces.csv
    run -0 mien info faces.csv
    [[ $output == *"pictures        4 of 48x48 pixels"* ]]
    [[ $output == *"happy                     1          1          0"* ]]
    [[ $output == *"all                       2          1          1"* ]]
    mien info --json faces.csv | json_is "o['kind'] == 'dataset' and o['rows'] == 4 and o['parts']['train'] == {'rows': 2, 'labels': {'angry': 1, 'disgust': 0, 'fear': 0, 'happy': 1, 'sad': 0, 'surprise': 0, 'neutral': 0}}"
}

@test "a packed data set has the same sha256 as the plain one" {
    csv 0:Training 3:PublicTest >faces.csv
    gzip -k faces.csv
    plain=$(mien info --json faces.csv)
    packed=$(mien info --json faces.csv.gz)
    [ "${plain/faces.csv/faces.csv.gz}" = "$packed" ]
}

@test "files that are neither model nor data set are called by their name" {
    printf '\x89HDF\r\n\x1a\n' >old.h5
    fails 1 "mien info: old.h5: neither a model nor a data set; it seems to be an HDF5 file (Keras)" mien info old.h5
    : >empty.mien
    fails 1 "mien info: empty.mien: an empty file, not a .mien model" mien info empty.mien
    fails 1 "mien info: none.mien: No such file or directory" mien info none.mien
    mkdir folder
    fails 1 "mien info: folder: no pictures" mien info folder
}

@test "info without a file is wrong usage" {
    fails 2 "mien info: " mien info
}

@test "FER2013 has its 35,887 rows in three parts" {
    needs_data fer2013/fer2013.csv.zst
    mien info --json "$data" | json_is "o['rows'] == 35887 and [o['parts'][p]['rows'] for p in ('train', 'validation', 'test')] == [28709, 3589, 3589]"
}
