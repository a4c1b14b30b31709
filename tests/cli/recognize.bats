# recognize.bats - `mien recognize`: what it reads, what it prints, what it draws, what it refuses.
# SPDX-License-Identifier: MIT
load cli

# The model "sides" looks at 2x2 pixels: happy is the light of the left half, sad that of the right.
setup_file() {
    export SIDES=$BATS_FILE_TMPDIR/sides.mien
    python3 "$BATS_TEST_DIRNAME/write_model.py" "$SIDES" \
        dense1.weights=.01,0,.01,0,0,.01,0,.01 dense1.bias=0,0
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# picture FILE WIDTHxHEIGHT GREY... - a PGM picture.
picture() {
    local file=$1 size=$2
    shift 2
    printf 'P2\n%s\n255\n%s\n' "${size/x/ }" "$*" >"$file"
}

happy() {
    picture "$1" 2x2 200 0 200 0
}

sad() {
    picture "$1" 2x2 0 200 0 200
}

recognize() {
    mien recognize --model "$SIDES" "$@"
}

# Of faces that fill the pictures.
whole() {
    recognize --face whole "$@"
}

# Fails unless the JSON lines in $output make each of the Python expressions (of `o`, all objects)
# true.
json_is() {
    python3 -c 'import json, math, sys
o = [json.loads(line) for line in sys.stdin]
for expression in sys.argv[1:]:
    assert eval(expression), expression' "$@" <<<"$output"
}

@test "the table tells file, face, box, expression, probability and the next best" {
    happy a.pgm
    run -0 --separate-stderr whole a.pgm
    [ -z "$stderr" ]
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[0]} =~ ^FILE\ +FACE\ +BOX\ +EXPRESSION\ +PROBABILITY\ +NEXT\ BEST\ +NOTE$ ]]
    [[ ${lines[1]} =~ ^a.pgm\ +1\ +0,0,2,2\ +happy\ +98%\ +sad\ 2%\ +too\ small$ ]]
}

@test "JSON tells all numbers, and the probabilities are the network's" {
    picture a.pgm 2x2 200 50 100 0
    run -0 whole --json a.pgm
    json_is 'len(o) == 1' \
        'list(o[0]) == "source frame time width height faces model".split()' \
        '[o[0][k] for k in ("source", "frame", "time", "width", "height")] == ["a.pgm", 0, 0, 2, 2]' \
        'list(o[0]["faces"][0]) == ("id box confidence landmarks expression probability "
                                    "probabilities uncertain reasons").split()' \
        'o[0]["faces"][0]["box"] == {"x": 0, "y": 0, "w": 2, "h": 2}' \
        'abs(o[0]["faces"][0]["probabilities"]["happy"] - 1 / (1 + math.exp(0.5 - 3))) < 1e-6' \
        'o[0]["faces"][0]["probability"] == max(o[0]["faces"][0]["probabilities"].values())' \
        'o[0]["faces"][0]["confidence"] is None and o[0]["faces"][0]["landmarks"] is None' \
        'o[0]["faces"][0]["reasons"] == ["too small"]' \
        'o[0]["model"]["name"] == "tiny"'
    [[ $output == *"\"sha256\": \"$(mien info "$SIDES" --json | sed 's/.*"sha256": "\([0-9a-f]*\)".*/\1/')\""* ]]
}

@test "boxes are where the faces are, numbered in their order" {
    # On the left a happy one, on the right a sad one, each of 2x2 pixels; in between black.
    picture two.pgm 8x2 200 0 0 0 0 0 0 200 200 0 0 0 0 0 0 200
    run -0 recognize --json two.pgm --face 0,0,2,2 --face 6,0,2,2 --face=whole
    json_is '[(f["id"], f["expression"]) for f in o[0]["faces"]][:2] == [(1, "happy"), (2, "sad")]' \
        'o[0]["faces"][1]["box"] == {"x": 6, "y": 0, "w": 2, "h": 2}' \
        'o[0]["faces"][2]["box"] == {"x": 0, "y": 0, "w": 8, "h": 2}'
    run -0 recognize --json two.pgm --face -1,0,2,2 --face 5.5,0,2,2
    json_is 'o[0]["faces"][0]["box"]["x"] == -1 and o[0]["faces"][1]["box"]["x"] == 5.5'
}

@test "a folder is all its pictures and those below, in the byte order of their paths" {
    mkdir -p all/b all/B all/.hidden
    happy all/a.pgm
    happy all/b/2.pgm
    happy all/b/10.PGM
    happy all/B/x.pgm
    happy all/b.pgm
    happy all/no-extension
    happy all/.hidden.pgm
    happy all/.hidden/y.pgm
    echo 'no picture' >all/notes.txt
    ln -s ../all all/circle
    ln -s a.pgm all/link
    mkfifo all/pipe.pgm
    run -0 whole all --json
    json_is '[p["source"] for p in o] == ["all/B/x.pgm", "all/a.pgm", "all/b.pgm", "all/b/10.PGM", "all/b/2.pgm", "all/link", "all/no-extension"]'
    run -0 whole all/ --json
    json_is '[p["source"] for p in o][:2] == ["all/B/x.pgm", "all/a.pgm"]'
    cd all
    run -0 whole . --json
    json_is 'len(o) == 7 and o[0]["source"] == "./B/x.pgm"'
}

@test "inputs keep their order, whatever the number of jobs" {
    mkdir many
    for i in $(seq 100 199); do
        picture "many/$i.pgm" 2x2 "$i" 120 "$i" 120
    done
    happy z.pgm
    whole z.pgm many a.pgm --csv --jobs 1 2>/dev/null >one || [ $? -eq 3 ]
    for jobs in 2 7 0; do
        whole z.pgm many a.pgm --csv --jobs "$jobs" 2>/dev/null >other || [ $? -eq 3 ]
        cmp one other
    done
    [ "$(wc -l <one)" -eq 102 ]
    [[ $(sed -n 2p one) == z.pgm,* ]]
}

@test "a picture that cannot be read is told, the others are recognized, the status is 3" {
    mkdir some
    happy some/a.pgm
    echo 'not really' >some/b.jpg
    head -c 20 some/a.pgm >some/c.pgm
    ln -s nowhere some/d.jpg
    sad some/e.pgm
    run -3 --separate-stderr whole some --json
    json_is '[p["source"] for p in o] == ["some/a.pgm", "some/e.pgm"]'
    [ "${#stderr_lines[@]}" -eq 3 ]
    [[ ${stderr_lines[0]} == "mien recognize: some/b.jpg: no picture that can be read, but text;"* ]]
    [[ ${stderr_lines[1]} == "mien recognize: some/c.pgm: a damaged or incomplete PNM file;"* ]]
    [[ ${stderr_lines[2]} == "mien recognize: some/d.jpg: No such file or directory" ]]
}

@test "where no picture can be read the status is 1" {
    fails 1 'none.jpg: No such file or directory' recognize none.jpg
    mkdir -p empty/empty
    echo text >empty/notes
    fails 1 'empty: no pictures in this folder, nor below it' recognize empty
    happy a.pgm
    run -3 --separate-stderr whole empty a.pgm
    [ "${#lines[@]}" -eq 2 ]
}

@test "a folder that may not be read is told" {
    [ "$(id -u)" -ne 0 ] || skip "root may read everything"
    mkdir -p all/secret
    happy all/a.pgm
    chmod 0 all/secret
    run -3 --separate-stderr whole all
    chmod 700 all/secret
    [ "$stderr" = "mien recognize: all/secret: Permission denied" ]
}

@test "a picture without a face is no error" {
    picture grey.pgm 64x48 $(yes 128 | head -n 3072)
    run -0 --separate-stderr recognize --face detect grey.pgm --annotate out.png
    [[ ${lines[1]} =~ ^grey.pgm\ +-\ +no\ face$ ]]
    [ -z "$stderr" ]
    [ -e out.png ]
    run -0 recognize --face detect grey.pgm --json
    json_is 'o[0]["faces"] == [] and o[0]["width"] == 64'
    run -0 recognize --face detect grey.pgm --csv
    [ "${#lines[@]}" -eq 1 ]
}

@test "- is a picture on standard input" {
    sad a.pgm
    run -0 whole - --json <a.pgm
    json_is 'o[0]["source"] == "-" and o[0]["faces"][0]["expression"] == "sad"'
    run -0 whole --json - < <(head -c 5 a.pgm; sleep 0.1; tail -c +6 a.pgm)
    json_is 'o[0]["faces"][0]["expression"] == "sad"'
    fails 1 'standard input: an empty file' whole - </dev/null
    fails 1 'standard input can be read only once' whole - a.pgm - <a.pgm
}

@test "a box beyond a picture is told with the picture's name" {
    happy a.pgm
    picture large.pgm 4x1 1 2 3 4
    fails 1 'a.pgm: the box 3,0,1,1 is no part of a picture of 2x2' recognize a.pgm --face 3,0,1,1
    run -3 --separate-stderr recognize a.pgm large.pgm --face 3,0,1,1
    [ "${#lines[@]}" -eq 2 ]
}

@test "what --face cannot be is told with status 2" {
    for wrong in 1,2,3 1,2,3,4,5 1,2,3,x nan,0,1,1 inf,0,1,1 0x1,0,1,1 ' 1,2,3,4' 1,2,3,4, wohle; do
        fails 2 "--face: \"$wrong\" is not detect, nor whole, nor a box X,Y,W,H" \
            recognize a.jpg --face "$wrong"
    done
    for wrong in 0,0,0,1 0,0,1,0.5 0,0,-1,1 0,0,65536,1 1e9,0,1,1; do
        fails 2 "--face: \"$wrong\" is a box that no picture has" recognize a.jpg --face "$wrong"
    done
    fails 2 '--face: detect finds all faces; give it alone' recognize a.jpg --face detect --face whole
}

@test "wrong usage is told with status 2" {
    fails 2 'INPUT... is missing' recognize
    fails 2 '--json and --csv: choose one of them' recognize a.jpg --json --csv
    fails 2 '--force: only --annotate OUT writes files' recognize a.jpg --force
}

@test "a model that is none is told" {
    happy a.pgm
    fails 1 'none.mien: No such file' mien recognize a.pgm --model none.mien
    fails 1 'a.pgm: ' mien recognize a.pgm --model a.pgm
}

@test "CSV has a header and says what JSON says" {
    happy 'a,"b".pgm'
    sad $'line\nbreak.pgm'
    run -0 recognize --json 'a,"b".pgm' $'line\nbreak.pgm' --face whole --face 0,0,1.5,2
    recognize --csv 'a,"b".pgm' $'line\nbreak.pgm' --face whole --face 0,0,1.5,2 >table.csv
    python3 - "$output" <<'END'
import csv, json, sys
with open("table.csv", newline="") as file:
    rows = list(csv.DictReader(file))
faces = [(p, f) for p in map(json.loads, sys.argv[1].splitlines()) for f in p["faces"]]
assert len(rows) == len(faces) == 4
assert list(rows[0]) == ("source frame time width height id x y w h confidence reasons uncertain expression "
                         "probability happy sad").split()
for row, (picture, face) in zip(rows, faces):
    assert row["source"] == picture["source"]
    for name in ("x", "y", "w", "h"):
        assert float(row[name]) == face["box"][name]
    for name, value in face["probabilities"].items():
        assert float(row[name]) == value
    assert row["expression"] == face["expression"] and int(row["id"]) == face["id"]
    assert float(row["probability"]) == face["probability"]
    assert row["confidence"] == "" and row["reasons"].split(";") == face["reasons"]
END
}

@test "a CSV of nothing still has its header" {
    run -1 --separate-stderr whole --csv none.jpg
    [[ $output == source,frame,time,width,* ]]
}

@test "the table stays aligned, and names cannot command the terminal" {
    happy 'größe.pgm'
    happy '写真.pgm'
    happy $'a\e[31m\nb.pgm'
    happy $'\xff.pgm'
    run -0 whole *.pgm
    [ "${#lines[@]}" -eq 5 ]
    [[ $output != *$'\e'* ]]
    python3 - "$output" <<'END'
import sys, unicodedata
starts = set()
for line in sys.argv[1].splitlines()[1:]:
    before = line[:line.index("0,0,2,2")]
    starts.add(sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in before))
assert len(starts) == 1, starts
END
    run -0 whole $'\xff.pgm' --json
    json_is 'o[0]["source"] == "\ufffd.pgm"'
}

@test "colours only on a terminal that wants them" {
    happy a.pgm
    cat >on_terminal.py <<'END'
import os, pty, sys
def read(fd):
    data = os.read(fd, 1024)
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))
END
    on_terminal() {
        python3 on_terminal.py "$MIEN" recognize --model "$SIDES" --face whole a.pgm </dev/null
    }
    TERM=xterm NO_COLOR='' run -0 on_terminal
    [[ $output == *$'\e[1mhappy'* ]]
    TERM=xterm NO_COLOR=1 run -0 on_terminal
    [[ $output != *$'\e[1m'* ]]
    TERM=dumb run -0 on_terminal
    [[ $output != *$'\e[1m'* ]]
    TERM=xterm run -0 whole a.pgm
    [[ $output != *$'\e'* ]]
}

@test "--annotate writes a picture, and never over another without --force" {
    picture a.pgm 64x48 $(yes 200 | head -n 3072)
    cp a.pgm kept.pgm
    run -0 whole a.pgm --annotate new/folder/a.png
    [ "$(head -c 4 new/folder/a.png | tail -c 3)" = PNG ]
    fails 1 'new/folder/a.png: exists; --force overwrites it' \
        whole a.pgm --annotate new/folder/a.png
    echo old >old.jpg
    run -0 whole a.pgm --annotate old.jpg --force
    [ "$(head -c 3 old.jpg)" = $'\xff\xd8\xff' ]
    run -0 whole old.jpg # it is a picture
    cmp a.pgm kept.pgm
}

@test "an annotated picture has the numbers that it has without, from a file and a pipe" {
    picture a.pgm 64x48 $(yes 90 130 170 210 | head -n 3072)
    run -0 whole a.pgm --annotate colours.jpg
    run -0 whole colours.jpg --json
    plain=$output
    [[ $plain == *happy* ]]
    run -0 whole colours.jpg --json --annotate b.png
    [ "$output" = "$plain" ]
    [ "$(whole - --json --annotate c.png <colours.jpg)" = "${plain/colours.jpg/-}" ]
    cmp b.png c.png
}

@test "--annotate of several pictures fills a folder with their names" {
    mkdir -p in/sub
    happy in/a.pgm
    sad in/sub/b.pgm
    whole in --annotate jpg.jpg 2>err && false
    [ "$(cat err)" = "mien recognize: --annotate: jpg.jpg is the name of one copy; several pictures need a folder" ]
    run -0 whole in --annotate out
    [ "$(cd out && find . -type f | sort)" = $'./a.pgm.png\n./sub/b.pgm.png' ]
    happy c.pgm
    cp out/a.pgm.png d.png
    run -0 whole c.pgm d.png --annotate out
    [ -e out/c.pgm.png ]
    [ -e out/d.png ]
    run -0 whole - --annotate out <c.pgm
    [ -e out/stdin.png ]
}

@test "--annotate never overwrites a picture that was given" {
    mkdir in
    happy in/a.pgm
    whole in/a.pgm --annotate in/b.png
    cp in/b.png kept.png
    fails 1 'in/b.png is one of the pictures given' whole in/b.png --annotate in/b.png --force
    fails 1 'in/b.png is one of the pictures given' whole in/b.png --annotate in --force
    ln -s b.png in/c.png
    fails 1 'is one of the pictures given' whole in --annotate in --force
    cmp in/b.png kept.png
}

@test "--explain writes what the answers hang on beside the copy, and asks before it overwrites" {
    happy a.pgm
    run -0 whole a.pgm --annotate out/a.png --explain
    [ "$(head -c 4 out/a.png.explained.png | tail -c 3)" = PNG ]
    rm out/a.png
    fails 1 "out/a.png.explained.png" whole a.pgm --annotate out/a.png --explain
    python3 -c 'print("emotion,pixels\n" + "\n".join(f"{3 + r % 2}," + " ".join(
        str((r * 7 + i) % 256) for i in range(2304)) for r in range(9)))' >faces.csv
    run -0 whole a.pgm --annotate out/a.png --explain --training faces.csv --force
    fails 2 "--explain: it needs --annotate" whole a.pgm --explain
    fails 2 "--training: only --explain uses it" whole a.pgm --training faces.csv
    fails 1 "nothing.csv" whole a.pgm --annotate b.png --explain --training nothing.csv
}

@test "--explain harms no other copy, no other explanation, and no input" {
    mkdir in
    for name in a.png a.pnm a.png.explained.png; do happy in/$name; done
    fails 1 'two of the pictures would become out/a.png.explained.png' whole in --annotate out --explain
    cp in/a.png.explained.png kept.png
    fails 1 'in/a.png.explained.png is one of the pictures given' \
        whole in/a.png.explained.png --annotate in/a.png --explain --force
    cmp in/a.png.explained.png kept.png
    rm in/a.png.explained.png
    run -0 whole in --annotate out --explain
    [ "$(ls out | wc -l)" -eq 4 ]
}

@test "what lies in the current folder does not stand for the built-in models" {
    mkdir base face
    echo no model >landmarks
    head -c 10000 /dev/zero | tr '\0' '\200' >pixels
    { printf 'P5\n100 100\n255\n'; cat pixels; } >grey.pgm
    run -0 mien recognize grey.pgm
    run -0 mien recognize --model base --face whole grey.pgm
    fails 1 "./base: " mien recognize --model ./base grey.pgm
}

@test "--annotate tells what cannot be written" {
    mkdir one two
    happy one/a.pgm
    happy two/a.pgm
    fails 1 'two of the pictures would become out/a.pgm.png' whole one two --annotate out
    [ ! -e out ]
    fails 1 'one/a.pgm is a file; several pictures need a folder' \
        whole one/a.pgm two/a.pgm --annotate one/a.pgm
    fails 1 'a.gif' whole one/a.pgm --annotate a.gif
    fails 1 'a: ' whole one/a.pgm --annotate a
    touch blocked
    run -1 --separate-stderr whole one/a.pgm --annotate blocked/a.png
    [ "$stderr" = "mien recognize: blocked/a.png: cannot be written: Not a directory" ]
}

@test "Ctrl-C keeps what was printed" {
    happy a.pgm
    mkfifo pipe
    "$MIEN" recognize --model "$SIDES" --face whole --jobs 1 --json a.pgm - a.pgm <pipe >out 2>err 3>&- &
    local program=$!
    exec 9>pipe # it waits for a picture that does not come
    await "$program" [ -s out ]
    kill -INT "$program"
    wait "$program" && false || [ $? -eq 130 ]
    exec 9>&-
    [ "$(wc -l <out)" -eq 1 ]
    [ "$(cat err)" = "mien recognize: stopped after 1 of 3 pictures" ]
}

@test "a reader that leaves early ends the work" {
    happy a.pgm
    mkfifo pipe
    # Its reader has gone before the first picture comes; the second input would last for ever.
    run -0 --separate-stderr bash -c 'exec 8<>pipe; exec 3> >(true); wait $!
        "$MIEN" recognize --model "$SIDES" --face whole --jobs 1 --json a.pgm - <&8 >&3; echo "status $?" >&2'
    [ "$stderr" = "status 141" ]
}

@test "a full disk behind stdout is an error" {
    [ -w /dev/full ] || skip "/dev/full is not here"
    happy a.pgm
    run -1 --separate-stderr bash -c '"$MIEN" recognize --model "$SIDES" --face whole a.pgm >/dev/full'
    [[ $stderr == "mien: standard output: "* ]]
}

# A model of two outputs that looks at 2x2 pixels: the light of the left half makes "happy", in both;
# that of the right half "contempt" in the votes, and that of the upper left pixel "not a face". $@:
# lines of its story.
two_outputs() {
    local votes= weights= column pixel
    for column in 0 1 2 3 4 5 6 7 8 9; do
        for pixel in 0 1 2 3; do
            case $column$pixel in 30 | 32) votes+=.01, ;; 71 | 73) votes+=.02, ;; 90) votes+=.03, ;; *) votes+=0, ;; esac
            case $column$pixel in 30 | 32) weights+=.01, ;; [0-6]*) weights+=0, ;; esac
        done
    done
    python3 "$BATS_TEST_DIRNAME/write_model.py" two.mien \
        $'architecture=input 2x2x1\nflatten as flat\ndense 7\noutput expression\ndense 10 from flat\noutput votes\n' \
        $'labels=angry\ndisgust\nfear\nhappy\nsad\nsurprise\nneutral\n' \
        "about=$(printf '%s\n' "name: two" "$@")"$'\n' \
        "dense1.weights:7x4=${weights%,}" "dense1.bias:7=0,0,0,0,0,0,0" \
        "dense2.weights:10x4=${votes%,}" "dense2.bias:10=0,0,0,0,0,0,0,0,0,0"
}

@test "a model that learned votes answers by them, unless it is asked for its 7 labels" {
    two_outputs
    picture both.pgm 2x2 0 200 0 200
    happy left.pgm
    run -0 mien recognize --model two.mien --face whole --labels 7 --json both.pgm left.pgm
    json_is 'len(o[0]["faces"][0]["probabilities"]) == 7' 'o[1]["faces"][0]["expression"] == "happy"'
    run -0 mien recognize --model two.mien --face whole --json both.pgm left.pgm
    same=$output
    json_is 'o[0]["faces"][0]["expression"] == "contempt"' \
        'list(o[0]["faces"][0]["probabilities"])[6:] == ["neutral", "contempt"]' \
        'abs(sum(o[0]["faces"][0]["probabilities"].values()) - 1) < 1e-6' \
        'abs(o[0]["faces"][0]["probability"] - math.exp(8) / (math.exp(8) + 7)) < 1e-6' \
        'o[1]["faces"][0]["expression"] == "happy"'
    run -0 mien recognize --model two.mien --face whole --labels 8 --json both.pgm left.pgm
    [ "$output" = "$same" ]
    run -0 mien recognize --model two.mien --face whole --csv both.pgm
    [[ ${lines[0]} == *,neutral,contempt ]]
    fails 1 "the model has 7 labels, or with contempt 8, not 9" \
        mien recognize --model two.mien --labels 9 --face whole both.pgm
    fails 1 "the model has 2 labels, not 8" recognize --labels 8 --face whole both.pgm
}

@test "a model's temperature makes its probabilities milder, and leaves the answer" {
    two_outputs "temperature: 2" "votes temperature: 4"
    happy face.pgm
    run -0 mien recognize --model two.mien --face whole --labels 7 --json face.pgm
    json_is 'abs(o[0]["faces"][0]["probability"] - math.exp(2) / (math.exp(2) + 6)) < 1e-6' \
        'o[0]["faces"][0]["uncertain"] is None'
    run -0 mien recognize --model two.mien --face whole --json face.pgm
    json_is 'abs(o[0]["faces"][0]["probability"] - math.exp(1) / (math.exp(1) + 7)) < 1e-6'
}

@test "an answer below the model's limit is uncertain" {
    two_outputs "uncertain below: 0.5" "votes uncertain below: 0.9999"
    happy face.pgm
    picture dark.pgm 2x2 50 0 50 0
    run -0 mien recognize --model two.mien --face whole --labels 7 face.pgm dark.pgm
    [[ ${lines[1]} == *"happy "*"90%"* && ${lines[1]} != *uncertain* ]]
    [[ ${lines[2]} == *"happy "*"31%"*"uncertain, too small"* ]]
    run -0 mien recognize --model two.mien --face whole --labels 7 --json face.pgm dark.pgm
    json_is 'o[0]["faces"][0]["uncertain"] is False' 'o[1]["faces"][0]["uncertain"] is True'
    run -0 mien recognize --model two.mien --face whole --labels 7 --csv dark.pgm
    [[ ${lines[1]} == *",1,happy,"* ]]
    run -0 mien recognize --model two.mien --face whole --json face.pgm
    json_is 'o[0]["faces"][0]["uncertain"] is True'
}

@test "what the votes hold for no face is told as a reason" {
    picture corner.pgm 2x2 200 0 0 0
    happy face.pgm
    two_outputs "not a face above: 0.8"
    run -0 mien recognize --model two.mien --face whole --json corner.pgm face.pgm
    json_is '"not a face" in o[0]["faces"][0]["reasons"]' '"not a face" in o[1]["faces"][0]["reasons"]'
    two_outputs "not a face above: 0.95"
    run -0 mien recognize --model two.mien --face whole --json corner.pgm face.pgm
    json_is '"not a face" in o[0]["faces"][0]["reasons"]' '"not a face" not in o[1]["faces"][0]["reasons"]'
    two_outputs
    run -0 mien recognize --model two.mien --face whole --json corner.pgm
    json_is '"not a face" not in o[0]["faces"][0]["reasons"]'
}

@test "what is no face has that for its title in an annotated copy, and no expression" {
    picture corner.pgm 64x64 $(for _ in $(seq 32); do yes 200 | head -n 32; yes 0 | head -n 32; done) \
        $(yes 0 | head -n 2048)
    two_outputs "not a face above: 0.8"
    run -0 mien recognize --model two.mien --face whole --annotate none8.png corner.pgm
    run -0 mien recognize --model two.mien --face whole --labels 7 --annotate none7.png corner.pgm
    cmp none7.png none8.png
    two_outputs
    run -0 mien recognize --model two.mien --face whole --annotate face8.png corner.pgm
    run -0 mien recognize --model two.mien --face whole --labels 7 --annotate face7.png corner.pgm
    run ! cmp -s face7.png face8.png
}

@test "rules that are no numbers, or out of range, are refused" {
    happy face.pgm
    for rule in "temperature: 0" "votes temperature: hot" "uncertain below: 1.5" "not a face above: nan" \
        "votes uncertain below: "; do
        two_outputs "$rule"
        fails 1 "two.mien: the model's \"${rule%%:*}\" is \"${rule#*: }\", not a number of" \
            mien recognize --model two.mien --face whole face.pgm
    done
}
