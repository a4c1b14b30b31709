# evaluate.bats - `mien evaluate`: what it measures, what it warns of, what it refuses.
# SPDX-License-Identifier: MIT
load cli

# The model "sides" looks at 2x2 pixels: happy is the light of the left half, sad that of the right.
# "turned" says the opposite.
setup_file() {
    export SIDES=$BATS_FILE_TMPDIR/sides.mien TURNED=$BATS_FILE_TMPDIR/turned.mien
    python3 "$BATS_TEST_DIRNAME/write_model.py" "$SIDES" \
        dense1.weights=.01,0,.01,0,0,.01,0,.01 dense1.bias=0,0
    python3 "$BATS_TEST_DIRNAME/write_model.py" "$TURNED" \
        dense1.weights=0,.01,0,.01,.01,0,.01,0 dense1.bias=0,0
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# faces LABEL:LEFT:RIGHT[:PART]... - writes faces.csv; a row is a picture with two grey halves.
faces() {
    python3 - "$@" >faces.csv <<'END'
import sys
print("emotion,pixels,Usage")
for word in sys.argv[1:]:
    label, left, right, part = (word.split(":") + ["PrivateTest"])[:4]
    pixels = ([left] * 24 + [right] * 24) * 48
    print(label, " ".join(pixels), part, sep=",")
END
}

# is FILE EXPRESSION... - each Python expression of `o`, the JSON in FILE, is true.
is() {
    python3 -c 'import json, sys
o = json.load(open(sys.argv[1]))
for expression in sys.argv[2:]:
    assert eval(expression), (expression, o)' "$@"
}

# Six pictures, four of them answered rightly: happy is 3, sad is 4.
six() {
    faces 3:200:0 3:180:10 3:150:50 4:0:200 4:120:90 3:10:250
}

@test "figures, confusion and mistakes are those of a count by hand" {
    six
    mien evaluate "$SIDES" faces.csv --json >m.json
    is m.json "o['pictures'] == 6 and o['correct'] == 4" \
        "abs(o['accuracy'] - 4 / 6) < 1e-6" \
        "o['accuracy_interval'][0] <= o['accuracy'] <= o['accuracy_interval'][1]" \
        "abs(o['balanced_accuracy'] - (3 / 4 + 1 / 2) / 2) < 1e-6" \
        "o['confusion'] == [[3, 1], [1, 1]]" \
        "o['labels']['happy'] == {'pictures': 4, 'precision': .75, 'recall': .75, 'f1': .75}" \
        "[m['row'] for m in o['most_certain_mistakes']] == [5, 4]" \
        "o['most_certain_mistakes'][0]['actual'] == 'happy'" \
        "o['most_certain_mistakes'][0]['predicted'] == 'sad'" \
        "sum(b['pictures'] for b in o['reliability']) == 6" \
        "o['coverage'][0] == {'threshold': 0, 'coverage': 1, 'accuracy': o['accuracy']}"
    run -0 mien evaluate "$SIDES" faces.csv
    [[ $output == *"accuracy                     0.6667  (95% interval "*"; 4 of 6)"* ]]
    [[ $output == *"most confused: happy taken for sad 1 times, sad taken for happy 1 times"* ]]
}

@test "a model's own uncertain rule is told with what it is worth" {
    six
    python3 "$BATS_TEST_DIRNAME/write_model.py" rule.mien \
        dense1.weights=.01,0,.01,0,0,.01,0,.01 dense1.bias=0,0 \
        about='name: rule
uncertain below: 0.95
'
    mien evaluate rule.mien faces.csv --json >m.json
    # Rows 0, 1, 3 and 5 are sure by more than that; 5 is wrong.
    is m.json "abs(o['uncertain_rule']['coverage'] - 4 / 6) < 1e-6" \
        "o['uncertain_rule']['accuracy'] == .75"
    run -0 mien evaluate rule.mien faces.csv
    [[ $output == *"uncertain below 0.9500: 4 of 6 pictures get an answer, accuracy 0.7500"* ]]
    mien evaluate "$SIDES" faces.csv --json >m.json
    is m.json "'uncertain_rule' not in o"
}

@test "the uncertain rule of answers by votes is measured where the taggers agree" {
    six
    # Votes for happy by the light of the left half, for sad by that of the right one.
    python3 "$BATS_TEST_DIRNAME/write_model.py" votes.mien \
        $'architecture=input 2x2x1\nflatten as flat\ndense 2\noutput expression\ndense 10 from flat\noutput votes\n' \
        "dense2.weights:10x4=$(printf '0,%.0s' $(seq 12)).02,0,.02,0,0,.02,0,.02$(printf ',0%.0s' $(seq 20))" \
        "dense2.bias:10=-99,-99,-99,0,0,-99,-99,-99,-99,-99" \
        about='name: votes
uncertain below: 0.6
votes uncertain below: 0.99
'
    cat >votes.csv <<'END'
Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
PrivateTest,a,0,9,0,1,0,0,0,0,0,0
PrivateTest,b,0,10,0,0,0,0,0,0,0,0
PrivateTest,c,0,0,0,10,0,0,0,0,0,0
PrivateTest,d,0,0,0,10,0,0,0,0,0,0
PrivateTest,e,5,5,0,0,0,0,0,0,0,0
PrivateTest,f,0,10,0,0,0,0,0,0,0,0
END
    mien evaluate votes.mien faces.csv --votes votes.csv --json -o out >m.json
    # e has no majority. a, b, c, d and f are sure, c by less than 0.99; c and f are wrong.
    is m.json "o['votes']['from_votes_output'] and o['votes']['pictures'] == 5" \
        "abs(o['votes']['uncertain_rule']['coverage'] - .8) < 1e-6" \
        "abs(o['votes']['uncertain_rule']['accuracy'] - .75) < 1e-6" \
        "abs(o['votes']['uncertain_rule']['threshold'] - .99) < 1e-6" \
        "abs(o['uncertain_rule']['threshold'] - .6) < 1e-6" \
        "abs(o['votes']['macro_f1'] - (2 / 3 + 1 / 2) / 2) < 1e-6" \
        ".3 < o['votes']['calibration_error'] < .4"
    [ -s out/votes-coverage.svg ]
    run -0 mien evaluate votes.mien faces.csv --votes votes.csv
    [[ $output == *"uncertain below 0.9900: 4 of 5 pictures get an answer, accuracy 0.7500"* ]]
}

@test "the answer is the same at any number of threads" {
    six
    mien evaluate "$SIDES" faces.csv --json -j 1 >one.json
    mien evaluate "$SIDES" faces.csv --json -j 3 >three.json
    cmp one.json three.json
}

@test "the page holds all sections and figures, and is not overwritten unasked" {
    six
    mien evaluate "$SIDES" faces.csv -o out >text
    grep -q "report    out/report.html" text
    for id in figures past confusion mistakes curves calibration; do
        grep -q "<section id=\"$id\">" out/report.html
    done
    for figure in confusion-counts confusion-by-row confusion-by-column confusion-of-all roc \
        precision-recall reliability coverage certain-mistakes confused-pairs; do
        [ -s "out/$figure.png" ]
        [ -s "out/$figure.svg" ]
    done
    grep -q "actual label" out/confusion-counts.svg || grep -q "actual label" out/report.html
    mien evaluate "$SIDES" faces.csv --json >m.json
    is m.json "o == json.load(open('out/summary.json'))"
    fails 1 "out/report.html" mien evaluate "$SIDES" faces.csv -o out
    mien evaluate "$SIDES" faces.csv -o out --force >/dev/null
}

@test "two models are compared on the same pictures, and it is said whether they differ" {
    six
    run -0 mien evaluate "$SIDES" "$SIDES" faces.csv
    [[ $output == *"No difference in accuracy is shown"* ]]
    faces $(for _ in $(seq 12); do echo 3:200:0 4:10:90; done)
    mien evaluate "$TURNED" "$SIDES" faces.csv --json -o out >m.json
    is m.json "o['comparison']['differ'] and o['comparison']['only_second'] == 24" \
        "abs(o['comparison']['mcnemar_p'] - 2 * .5 ** 24) < 1e-12" \
        "o['comparison']['accuracy'] == 1" \
        "[m['accuracy'] for m in o['models']] == [0, 1]" \
        "all(m['training']['trained_on'] == 0 for m in o['models'])"
    grep -q "The model was trained on another data set." out/report.html
    [ -s out/report.html ]
    run -0 mien evaluate "$TURNED" "$SIDES" faces.csv
    [[ $output == *"They differ: $SIDES is right more often"* ]]
    fails 1 "have other labels" mien evaluate "$SIDES" deck faces.csv
    fails 2 "are for one model" mien evaluate "$SIDES" "$SIDES" faces.csv --robustness
}

# A model that was trained on the part train of faces.csv, of which 7 pictures have a twin in test.
trained() {
    cat >tiny.arch <<'END'
input 48x48x1
avgpool 8x8
flatten
dense 7
output expression
END
    python3 - >faces.csv <<'END'
print("emotion,pixels,Usage")
for row in range(56):
    part = ("Training", "Training", "PublicTest", "PrivateTest")[row // 7 % 4]
    seed = row - 21 if 21 <= row < 28 else row
    pixels = [(y * x * (seed + 3) + seed * 17) % 251 for y in range(48) for x in range(48)]
    print(row % 7, " ".join(map(str, pixels)), part, sep=",")
END
    mien train faces.csv --arch tiny.arch --epochs 1 --batch 8 -o tiny.mien >/dev/null
}

@test "what the model was trained on is found out by its hash, and twins are counted apart" {
    trained
    mien evaluate tiny.mien faces.csv --json >m.json 2>err
    [ ! -s err ]
    is m.json "o['pictures'] == 14 and o['without_twins']['pictures'] == 7" \
        "o['training'] == {'knowledge': 'this data, rows known', 'trained_on': 0, 'identical': 7,
                           'near_identical': 0, 'chose_the_model': 0}"
    run -0 --separate-stderr mien evaluate tiny.mien faces.csv --part train
    [[ $stderr == *"was trained on exactly these pictures"* ]]
    run -0 --separate-stderr mien evaluate tiny.mien faces.csv --part validation
    [[ $stderr == *"14 of these 14 pictures chose the epoch of tiny.mien"* ]]
    run -0 --separate-stderr mien evaluate tiny.mien faces.csv --split 1:1:0 --part test
    [[ $stderr == *"tiny.mien was trained on "*" of these 28 pictures"* ]]
    mien train faces.csv --arch tiny.arch --epochs 1 --batch 8 --split 1:1:1 --split-seed 3 \
        --stratify -o other.mien >/dev/null
    run -0 --separate-stderr mien evaluate other.mien faces.csv --part train
    [[ $stderr == *"other.mien was trained on "*" of these 28 pictures"* ]]
    head -50 faces.csv >fewer.csv
    mien evaluate tiny.mien fewer.csv --json >m.json
    is m.json "o['training']['knowledge'] == 'other data'"
}

@test "rows that training left out cannot be told without its list, and that is said" {
    trained
    printf '0\n1\n' >rows
    mien train faces.csv --arch tiny.arch --epochs 1 --batch 8 --exclude rows -o fewer.mien \
        >/dev/null
    run -0 --separate-stderr mien evaluate fewer.mien faces.csv
    [[ $stderr == *"on rows that cannot be told: give the --split and --exclude of its training"* ]]
    run -0 --separate-stderr mien evaluate fewer.mien faces.csv --exclude rows
    [ -z "$stderr" ]
}

@test "labels map by name, by a file, or by the order of a known data set" {
    faces 3:200:0 4:0:200 6:200:0 6:200:10
    fails 1 '2 pictures are labelled "neutral", which is none of the model'"'"'s labels (happy sad)' \
        mien evaluate "$SIDES" faces.csv
    printf '# what neutral is here\nneutral = happy\n' >map
    mien evaluate "$SIDES" faces.csv --map map --json >m.json
    is m.json "o['pictures'] == 4 and o['correct'] == 4"
    echo 'neutral = -' >map
    mien evaluate "$SIDES" faces.csv --map map --json >m.json 2>err
    is m.json "o['pictures'] == 2"
    grep -q "2 of 4 pictures were left out by --map" err
    faces 1:200:0 2:0:200 0:50:60
    mien evaluate "$SIDES" faces.csv --map affectnet --json >m.json 2>/dev/null
    is m.json "o['pictures'] == 2 and o['correct'] == 2"
    printf 'neutral = hapy\n' >map
    fails 1 'map:1: the model has no label "hapy": did you mean "happy"?' \
        mien evaluate "$SIDES" faces.csv --map map
    printf 'neutral = -\nNeutrall = -\n' >map
    fails 1 'map:2: the data set has no label "Neutrall": did you mean "neutral"?' \
        mien evaluate "$SIDES" faces.csv --map map
    echo 'blue = -' >map
    fails 1 'map:1: the data set has no label "blue"; it has angry disgust fear happy sad' \
        mien evaluate "$SIDES" faces.csv --map map
    printf '\nneutral happy\n' >map
    fails 1 "map:2: a line is NAME = LABEL" mien evaluate "$SIDES" faces.csv --map map
    fails 1 "neither fer2013, fer+, affectnet, raf-db nor a file" \
        mien evaluate "$SIDES" faces.csv --map nothing
    printf 'fear = -\ndisgust = -\nangry = -\n' >map
    fails 1 "--map leaves out all 3 pictures" mien evaluate "$SIDES" faces.csv --map map
}

@test "a folder is a data set; numbered labels and pictures of other sizes are fine" {
    mkdir -p data/test/4 data/test/5
    python3 - <<'END'
import struct, zlib
def png(path, side, left, right):
    rows = (b"\0" + bytes([left] * (side // 2) + [right] * (side // 2))) * side
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" +
        chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
png("data/test/4/a.png", 48, 200, 0)
png("data/test/4/b.png", 96, 200, 0)
png("data/test/5/c.png", 30, 0, 200)
END
    mien evaluate "$SIDES" data --map raf-db --json >m.json 2>err
    is m.json "o['pictures'] == 3 and o['correct'] == 3"
    grep -q "2 of 3 pictures were scaled to 48x48" err
    grep -q "the pictures, 48x48, were scaled to the model's 2x2" err
    mien evaluate "$SIDES" data/test --map raf-db --json >m.json 2>err
    is m.json "o['pictures'] == 3 and o['correct'] == 3"
    grep -q "data/test names no parts: all of it is test" err
    mv data/test/4 data/test/Happiness
    mv data/test/5 data/test/Sadness
    echo 'Sadness = -' >map # the label's own name is sad
    mien evaluate "$SIDES" data --map map --json >m.json 2>err
    is m.json "o['pictures'] == 2 and o['correct'] == 2"
    mkdir data/test/happiness data/test/blue # names as they are, now that one is no expression
    cp data/test/Sadness/c.png data/test/happiness
    cp data/test/Sadness/c.png data/test/blue
    printf 'happiness = sad\nblue = -\n' >map
    mien evaluate "$SIDES" data --map map --json >m.json 2>err
    is m.json "o['pictures'] == 4 and o['correct'] == 4"
}

@test "accuracy is measured on pictures made worse" {
    six
    mien evaluate "$SIDES" faces.csv --robustness --json -o out >m.json
    is m.json "set(o['robustness']) == {'shift', 'scale', 'rotation', 'brightness', 'blur', 'noise',
                                        'jpeg', 'eyes-covered', 'mouth-covered'}" \
        "all(p['accuracy'] == o['accuracy'] for p in o['robustness']['brightness'])" \
        "o['robustness']['rotation'][3] == {'level': 0, 'accuracy': o['accuracy'],
            'accuracy_interval': o['accuracy_interval']}"
    for kind in shift scale rotation brightness blur noise jpeg eyes-covered mouth-covered; do
        [ -s "out/robust-$kind.svg" ]
    done
    run -0 mien evaluate "$SIDES" faces.csv --robustness
    [[ $output == *"accuracy of pictures made worse"* ]]
    # Happy for its mouth alone: its left half is light there, and a little darker all over.
    python3 - >faces.csv <<'END'
pixels = [255 if 32 <= y < 44 and x < 24 else 50 + x // 24 * 10
          for y in range(48) for x in range(48)]
print("emotion,pixels,Usage\n3," + " ".join(map(str, pixels)) + ",PrivateTest")
END
    mien evaluate "$SIDES" faces.csv --robustness --json >m.json
    is m.json "[p['accuracy'] for p in o['robustness']['mouth-covered']] == [1, 1, 1, 0, 0]" \
        "all(p['accuracy'] == 1 for p in o['robustness']['eyes-covered'])"
}

@test "answers by several views of a picture are told apart and change no other figure" {
    six
    mien evaluate "$SIDES" faces.csv --json >plain.json
    mien evaluate "$SIDES" faces.csv --json --augment -o out >m.json
    # A picture and its mirror image together say happy and sad alike.
    is m.json "set(o['augmented']) == {'flip', 'crops'}" \
        "[o['augmented'][s]['views'] for s in ('flip', 'crops')] == [2, 10]" \
        "abs(o['augmented']['flip']['log_loss'] - .693147) < 1e-5" \
        "o['augmented']['flip']['correct'] == 4 and o['augmented']['flip']['pictures'] == 6" \
        "abs(o['augmented']['flip']['gain']['balanced_accuracy'] - (.5 - .625)) < 1e-6" \
        "'votes' not in o['augmented']['crops']" \
        "{k: o[k] for k in o if k != 'augmented'} == json.load(open('plain.json'))"
    grep -q '<section id="views">' out/report.html
    run -0 mien evaluate "$SIDES" faces.csv --augment
    [[ $output == *"by the mean over 2 views (flip)"*"by the mean over 10 views (crops)"* ]]
    fails 2 "--augment and --robustness are for one model" \
        mien evaluate "$SIDES" "$SIDES" faces.csv --augment
}

@test "the ten views are the picture, its corners of 11/12 of the side, and their mirror images" {
    python3 "$BATS_TEST_DIRNAME/write_model.py" corner.mien \
        dense1.weights=.05,0,0,0,0,0,0,0 dense1.bias=0,0
    python3 - >faces.csv <<'END'
left = [255 if x < 2 else 0 for y in range(48) for x in range(48)]
top = [255 if y < 2 else 0 for y in range(48) for x in range(48)]
print("emotion,pixels,Usage")
for pixels in (left, top):
    print(3, " ".join(map(str, pixels)), "PrivateTest", sep=",")
END
    mien evaluate corner.mien faces.csv --json --augment >m.json
    # The upper left quarter is lit by 255 / 12 levels, in a corner by 255 / 11; mirrored, the left
    # edge's light is elsewhere. Two of four corners do not show the edge.
    python3 - <<'END'
import json, math
def p(levels): return 1 / (1 + math.exp(-.05 * levels))
whole, corner, dark = p(255 / 12), p(255 / 11), p(0)
left = (whole + dark + 2 * (corner + dark) + 4 * dark) / 10
top = (2 * whole + 4 * corner + 4 * dark) / 10
said = json.load(open("m.json"))["augmented"]
assert abs(said["crops"]["log_loss"] + (math.log(left) + math.log(top)) / 2) < .01, said
assert abs(said["flip"]["log_loss"] + math.log((whole + dark) / 2 * whole) / 2) < .01, said
END
}

@test "a model is measured against votes by the rules of FER+" {
    faces 3:200:0 3:200:0 4:200:0 6:200:0 4:0:0
    cat >votes.csv <<'END'
Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
PrivateTest,a,1,9,0,0,0,0,0,0,0,0
PrivateTest,b,0,4,0,6,0,0,0,0,0,0
PrivateTest,c,0,0,0,10,0,0,0,0,0,0
PrivateTest,d,5,5,0,0,0,0,0,0,0,0
PrivateTest,e,0,0,0,0,0,0,0,0,0,10
END
    echo 'neutral = happy' >map
    mien evaluate "$SIDES" faces.csv --votes votes.csv --map map --json >m.json
    # a, b and c have a majority: d is split, e is no face. The model says happy with 0.982.
    is m.json "o['votes']['pictures'] == 3 and o['votes']['correct'] == 1" \
        "abs(o['votes']['majority_accuracy'] - 1 / 3) < 1e-6" \
        "abs(o['votes']['multi_label_accuracy'] - 2 / 3) < 1e-6" \
        "abs(o['votes']['drawn_accuracy'] - (1 + .4) / 3) < 1e-6" \
        "abs(o['votes']['cross_entropy'] - (.01815 * 1.4 + 4.01815 * 1.6) / 3) < 1e-4" \
        "not o['votes']['from_votes_output']"
    mien evaluate "$SIDES" faces.csv --votes votes.csv --map map --json --augment >m.json
    # By a picture and its mirror image it says happy and sad alike: happy, the first.
    is m.json "o['votes']['correct'] == 1 and o['augmented']['flip']['votes']['correct'] == 1" \
        "o['augmented']['flip']['votes']['drawn_accuracy'] == o['votes']['drawn_accuracy']" \
        "abs(o['augmented']['flip']['votes']['cross_entropy'] - .693147) < 1e-4"
    run -0 mien evaluate "$SIDES" faces.csv --votes votes.csv --map map
    [[ $output == *"majority accuracy"*"1 of 3"* ]]
    fails 2 "--skip-bad" mien evaluate "$SIDES" faces.csv --votes votes.csv --skip-bad
}

@test "two labels that are one expression share its votes" {
    python3 "$BATS_TEST_DIRNAME/write_model.py" twice.mien "labels=happy
joy
" dense1.weights=.01,0,.01,0,0,.01,0,.01 dense1.bias=0,0
    faces 3:200:200
    cat >votes.csv <<'END'
Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
PrivateTest,a,0,10,0,0,0,0,0,0,0,0
END
    mien evaluate twice.mien faces.csv --votes votes.csv --json >m.json
    is m.json "o['votes']['correct'] == 1 and abs(o['votes']['cross_entropy']) < 1e-6"
}

@test "accuracy against the votes is also told without the pictures that are in training" {
    faces 3:200:0:Training 3:200:0 3:190:0 4:0:200
    cat >votes.csv <<'END'
Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
Training,a,0,10,0,0,0,0,0,0,0,0
PrivateTest,b,0,0,0,10,0,0,0,0,0,0
PrivateTest,c,0,10,0,0,0,0,0,0,0,0
PrivateTest,d,0,0,0,10,0,0,0,0,0,0
END
    mien evaluate "$SIDES" faces.csv --votes votes.csv --json >m.json
    # b, which is answered wrongly, is identical to a.
    is m.json "o['votes']['pictures'] == 3 and o['votes']['correct'] == 2" \
        "o['votes']['without_twins']['pictures'] == 2" \
        "o['votes']['without_twins']['correct'] == 2" \
        "o['votes']['without_twins']['majority_accuracy'] == 1"
    run -0 mien evaluate "$SIDES" faces.csv --votes votes.csv
    [[ $output == *"... without those also in training"*"1.0000 "*"2 of 2"* ]]
}

@test "FER+'s rule leaves 3,153 pictures of PrivateTest" {
    needs_data fer2013/fer2013new.csv
    mien evaluate "$SIDES" "$MIEN_DATA/fer2013/fer2013.csv.zst" --map fer2013 \
        --votes "$MIEN_DATA/fer2013/fer2013new.csv" --json >m.json 2>/dev/null
    is m.json "o['pictures'] == 1472" # happy and sad
    printf '%s = happy\n' angry disgust fear surprise neutral >map
    mien evaluate "$SIDES" "$MIEN_DATA/fer2013/fer2013.csv.zst" --map map \
        --votes "$MIEN_DATA/fer2013/fer2013new.csv" --json >m.json 2>/dev/null
    is m.json "o['pictures'] == 3589 and o['votes']['pictures'] == 3153"
}

@test "what cannot be measured is told in one line" {
    faces 3:200:0:Training
    fails 1 "no row" mien evaluate "$SIDES" faces.csv --part test
    fails 1 "does not classify grey faces" mien evaluate face faces.csv --part train
    fails 1 "No such file" mien evaluate nothing.mien faces.csv
    fails 1 "No such file" mien evaluate "$SIDES" nothing.csv
    fails 2 "DATASET is missing" mien evaluate "$SIDES"
    fails 2 "one argument too many" mien evaluate a b c d
    fails 1 "No such file" mien evaluate deck faces.csv --part train --votes votes.csv
}
