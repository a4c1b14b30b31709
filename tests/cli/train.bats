# train.bats - `mien train`, `evaluate`, `bench` and `detector`: from data to figures and back.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
    label_rows 210 >faces.csv
    cat >tiny.arch <<'END'
input 48x48x1
normalize 128 64
avgpool 8x8
convolution 8 3x3
relu
flatten
dense 7
output expression
END
}

train() {
    mien train faces.csv --arch tiny.arch --epochs 12 --batch 16 --learning-rate 0.01 "$@"
}

field() {
    python3 -c "import json, sys; print(json.load(open('$1'))$2)"
}

@test "a trained model is right about what it can learn, and says so in every form" {
    train -o tiny.mien --json >trained.json
    python3 - <<'END'
import json
trained = json.load(open("trained.json"))
assert trained["test_accuracy"] > 0.9, trained
assert 1 <= trained["best_epoch"] <= trained["epochs"] <= 12
END
    mien evaluate tiny.mien faces.csv --json >measured.json
    [ "$(field measured.json "['accuracy']")" = "$(field trained.json "['test_accuracy']")" ]
    [ "$(field measured.json "['model']['sha256']")" = "$(field trained.json "['sha256']")" ]
    python3 - <<'END'
import json
m = json.load(open("measured.json"))
assert sum(map(sum, m["confusion"])) == m["pictures"] == 49
assert sum(m["confusion"][i][i] for i in range(7)) == m["correct"]
low, high = m["accuracy_interval"]
assert low <= m["accuracy"] <= high
END
    run -0 mien evaluate tiny.mien faces.csv
    [[ $output == *"accuracy "* && $output == *"actual \\ predicted"* ]]
    run -0 mien info tiny.mien
    [[ $output == *"mien train DATASET --arch tiny.arch --split official"* ]]
}

@test "names that a model file cannot hold lose no training" {
    mv faces.csv $'d\xe9.csv'
    mkdir $'m\e[1m'
    mien train $'d\xe9.csv' --arch tiny.arch --epochs 1 --batch 16 -o $'m\e[1m/a\xe9.mien' --skip-bad
    run -0 mien info --json $'m\e[1m/a\xe9.mien'
    [[ $output == *'"dataset": "d'$'\ufffd''.csv"'* && $output == *'"name": "a'$'\ufffd''"'* ]]
    [[ $output == *"--split official --skip-bad"* ]]
}

@test "a history is not overwritten without --force" {
    train --epochs 1 -o a.mien --history charts
    cp charts/history.csv kept
    fails 1 "charts/history.csv: exists" train --epochs 2 -o b.mien --history charts
    cmp charts/history.csv kept
    [ ! -e b.mien ]
}

# Whether the process PID is the program, no longer the shell that started it, and handles SIGINT.
listens() {
    [ "/proc/$1/exe" -ef "$MIEN" ] && grep -q 'SigCgt.*[2367abef]$' "/proc/$1/status"
}

@test "a bench that is stopped says so" {
    "$MIEN" bench recognize --arch "$PWD/tiny.arch" --seconds 60 >out 2>err 3>&- &
    local program=$!
    await "$program" listens "$program"
    kill -INT "$program"
    wait "$program" && false || [ $? -eq 130 ]
}

@test "the same seed gives the same model on any number of threads, another seed another" {
    train -o a.mien -j 1
    train -o b.mien -j 2
    train -o c.mien --seed 1
    # The models' names differ, so their weights are compared: all that follows the tables.
    tail -c 4096 a.mien >a
    tail -c 4096 b.mien >b
    tail -c 4096 c.mien >c
    cmp a b
    ! cmp -s a c
}

@test "a model says in what precision it was trained, and bf16 learns as well" {
    train -o full.mien --precision f32 --json >full.json
    train -o auto.mien --json >auto.json
    run -0 mien info full.mien
    [[ $output == *"--precision f32"* ]]
    python3 - <<'END'
import json
full, auto = (json.load(open(f"{name}.json"))["test_accuracy"] for name in ("full", "auto"))
assert abs(full - auto) < 0.05, (full, auto)
END
    if grep -qw avx512_bf16 /proc/cpuinfo; then
        run -0 mien info auto.mien
        [[ $output == *"--precision bf16"* ]]
    else
        fails 1 "does not multiply bf16" train -o half.mien --precision bf16
    fi
}

@test "a model's recipe trains the same model again" {
    printf '# by hand\noptimizer = sgd\nema_decay 0.9; schedule cosine\n' >my.recipe
    train -o a.mien --recipe my.recipe --set mixup=0.2 --seed 3
    mien info a.mien --json >a.json
    field a.json "['about']['recipe']" >again.recipe
    mien train faces.csv --arch tiny.arch --recipe again.recipe -o b.mien
    tail -c 4096 a.mien >a
    tail -c 4096 b.mien >b
    cmp a b
}

@test "a network with an output votes learns how taggers voted" {
    sed 's/^output expression/output expression\ndense 10 from flatten1\noutput votes/' tiny.arch >two.arch
    python3 - <<'END'
columns = "neutral happiness surprise sadness anger disgust fear contempt".split()
order = [4, 5, 6, 1, 3, 2, 0]  # FER2013's labels in FER+'s columns
with open("votes.csv", "w") as f:
    print("Usage,Image name", *columns, "unknown", "NF", sep=",", file=f)
    for row in range(210):
        votes = [0] * 10
        if row % 5:  # a fifth have no votes
            votes[order[row % 7]], votes[8] = 8, 2
        print("Training", "fer%07d.png" % row, *votes, sep=",", file=f)
END
    train --arch two.arch --votes votes.csv --set votes_share=0.5 -o two.mien
    mien info two.mien --json >two.json
    [ "$(field two.json "['kept']['votes_accuracy'] > 0.9")" = True ]
    fails 1 'there are no votes to learn' train --arch two.arch -o x.mien
    sed 's/dense 10/dense 9/' two.arch >nine.arch
    fails 1 'the output "votes" has 9 numbers: give it 10' \
        train --arch nine.arch --votes votes.csv -o x.mien
}

@test "a history is a table, three charts and the pictures as training sees them" {
    train -o a.mien --history seen
    [ "$(wc -l <seen/history.csv)" -eq "$(($(field <(mien info a.mien --json) "['about']['best epoch'].split()[2]") + 1))" ]
    for name in loss accuracy learning_rate; do
        python3 -c "import sys, xml.dom.minidom as x; x.parse('seen/$name.svg')"
    done
    [ "$(head -c 4 seen/augmentation.png | tail -c 3)" = PNG ]
    touch file
    run --separate-stderr -0 train -o b.mien --history file/within
    [[ $stderr == *"--history: "* ]]
}

@test "a pupil learns what its teachers answer, without labels" {
    train -o one.mien --seed 1
    train -o two.mien --seed 2
    train -o pupil.mien --teacher one.mien --teacher two.mien --set teacher_weight=1 --json >p.json
    [ "$(field p.json "['test_accuracy'] > 0.9")" = True ]
    run -0 mien info pupil.mien
    [[ $output == *"--teacher one.mien --teacher two.mien"* ]]
    fails 1 "No such file" train -o x.mien --teacher nobody.mien
}

@test "a training goes on from another model's weights" {
    train -o one.mien --json >one.json
    train -o again.mien --from one.mien --epochs 1 --set learning_rate=1e-9 --set least_rate=0 \
        --json >again.json
    [ "$(field again.json "['validation_accuracy']")" = "$(field one.json "['validation_accuracy']")" ]
    run -0 mien info again.mien
    [[ $output == *"--from one.mien"* ]]
    mien baselines faces.csv one.mien again.mien --components 20 --json >table.json
    python3 - <<'END'
import json
seconds = {m["method"]: m["training_seconds"] for m in json.load(open("table.json"))["methods"]}
assert seconds["network one.mien"] is not None and seconds["network again.mien"] is None, seconds
END
    fails 1 "--from: one.mien: the model has another architecture" \
        mien train faces.csv --arch deck --from one.mien -o x.mien
}

@test "Ctrl-C writes the best model so far" {
    label_rows 2100 >faces.csv
    "$MIEN" train faces.csv --arch deck --epochs 500 --set stop_patience=0 --batch 16 -o long.mien \
        2>err &
    pid=$!
    for _ in $(seq 300); do
        sleep 0.1
        kill -0 $pid
        [ "$(ps -o cputimes= -p $pid)" -lt 15 ] || break
    done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 130 ]
    if [ -e long.mien ]; then
        mien info long.mien >/dev/null
    else
        grep -q "stopped before the first epoch was done" err
    fi
    [ -e long.mien.checkpoint ]
    fails 1 "go on with --resume, or start anew with --force" mien train faces.csv -o long.mien
}

# weights FILE - all of a model but its story
weights() {
    python3 - "$1" <<'END'
import sys
data = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(data[-5120:])
END
}

@test "killed at any moment and resumed, a training ends with the same weights" {
    options=(--set optimizer=sgd --set ema_decay=0.9 --set schedule=plateau --set mixup=0.2
        --epochs 60 --set stop_patience=0 --checkpoint-minutes 0)
    train "${options[@]}" -o whole.mien
    [ ! -e whole.mien.checkpoint ]
    resumed=0
    for attempt in 1 2 3 4 5 6; do
        before=$(stat -c %y killed.mien.checkpoint 2>/dev/null || true)
        "$MIEN" train faces.csv --arch tiny.arch --batch 16 --learning-rate 0.01 "${options[@]}" \
            -o killed.mien --resume 2>>err &
        pid=$!
        until [ "$(stat -c %y killed.mien.checkpoint 2>/dev/null || true)" != "$before" ] ||
            ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
        sleep 0.0$((RANDOM % 10))
        kill -9 $pid 2>/dev/null || true
        wait $pid || true
        if [ ! -e killed.mien.checkpoint ]; then break; fi
        resumed=$((resumed + 1))
    done
    [ "$resumed" -gt 0 ]
    [ -e killed.mien ] || train "${options[@]}" -o killed.mien --resume
    weights whole.mien >whole
    weights killed.mien >killed
    cmp whole killed
    [ "$(mien info whole.mien --json | python3 -c "import json, sys
print([[e[k] for k in e if k != 'seconds'] for e in json.load(sys.stdin)['history']])")" = \
        "$(mien info killed.mien --json | python3 -c "import json, sys
print([[e[k] for k in e if k != 'seconds'] for e in json.load(sys.stdin)['history']])")" ]
    [ -z "$(ls | grep 'checkpoint')" ]
}

@test "a full disk costs the checkpoint, not the training, and not the checkpoint before" {
    status=0
    (
        trap '' XFSZ # writing beyond the limit then fails, as on a full disk
        ulimit -f 24
        train -o x.mien --epochs 2
    ) 2>err || status=$?
    [ "$status" -eq 0 ]
    grep -q "x.mien.checkpoint: cannot be written: File too large: going on without a new checkpoint" err
    mien info x.mien >/dev/null
    ! ls | grep checkpoint
}

@test "numbers that run away end the training, and the state before them is kept" {
    fails 1 "the loss is no longer a number at epoch 1, step" train -o x.mien \
        --set optimizer=sgd --learning-rate 1000 --checkpoint-minutes 0
    [[ $stderr == *"the state before is in x.mien.checkpoint" ]]
    [ ! -e x.mien ]
    [ -e x.mien.checkpoint ]
}

@test "a checkpoint is of one training only, and a damaged one is refused" {
    "$MIEN" train faces.csv --arch tiny.arch --batch 16 --epochs 90000 --set stop_patience=0 \
        --checkpoint-minutes 0 -o x.mien &
    pid=$!
    await $pid [ -e x.mien.checkpoint ]
    kill -9 $pid
    wait $pid || true
    again=(mien train faces.csv --arch tiny.arch --batch 16 --epochs 90000 --set stop_patience=0
        -o x.mien --resume)
    touch x.mien.checkpoint.backup x.mien.checkpoint.unfinished.01ef23
    fails 1 "with another recipe" "${again[@]}" --seed 1
    [ -e x.mien.checkpoint.backup ]
    [ ! -e x.mien.checkpoint.unfinished.01ef23 ]
    sed 's/convolution 8/convolution 9/' tiny.arch >other.arch
    fails 1 "with another architecture" "${again[@]}" --arch other.arch
    fails 1 "with other data" "${again[@]}" --split deck
    if grep -qw avx512_bf16 /proc/cpuinfo; then
        fails 1 "with another precision" "${again[@]}" --precision f32
    fi
    cp x.mien.checkpoint good
    head -c 5000 good >x.mien.checkpoint
    fails 1 "x.mien.checkpoint: a damaged checkpoint" "${again[@]}"
    python3 -c 'f = open("good", "r+b"); b = f.read(); f.seek(4000); f.write(bytes([b[4000] ^ 1]))'
    cp good x.mien.checkpoint
    fails 1 "x.mien.checkpoint: a damaged checkpoint" "${again[@]}"
    : >x.mien.checkpoint
    fails 1 "x.mien.checkpoint: a damaged checkpoint" "${again[@]}"
}

@test "a model file that exists is not overwritten, and nothing is trained first" {
    echo precious >kept.mien
    fails 1 "kept.mien" train -o kept.mien
    [ "$(cat kept.mien)" = precious ]
    train -o kept.mien --force
    mien info kept.mien >/dev/null
}

@test "rows in an excluded list are in no part" {
    train -o tiny.mien
    printf '# all but a few\n' >rows.txt
    seq 0 203 >>rows.txt
    mien evaluate tiny.mien faces.csv --part train+validation+test --exclude rows.txt --json >m.json
    [ "$(field m.json "['pictures']")" = 6 ]
    echo 210 >rows.txt
    fails 1 "rows.txt:1" mien evaluate tiny.mien faces.csv --exclude rows.txt
}

@test "pictures that are also in the training part are counted apart" {
    train -o tiny.mien
    python3 - <<'END'
lines = open("faces.csv").read().splitlines()
twin = lines[1].rsplit(",", 1)[0] + ",PrivateTest"
open("twins.csv", "w").write("\n".join(lines + [twin]) + "\n")
END
    mien evaluate tiny.mien twins.csv --json >m.json
    [ "$(field m.json "['pictures']")" = 50 ]
    [ "$(field m.json "['without_twins']['pictures']")" = 49 ]
}

@test "a model measured on what it was trained on is told" {
    train -o tiny.mien
    run --separate-stderr -0 mien evaluate tiny.mien faces.csv --part train
    [[ $stderr == *"was trained on exactly these pictures"* ]]
}

@test "what cannot be trained or measured is told in one line" {
    fails 1 "no built-in architecture" mien train faces.csv --arch nothing -o x.mien
    printf 'input 48x48x1\nconvoluton 3 3x3\n' >bad.arch
    fails 1 'bad.arch:2: unknown layer "convoluton": did you mean "convolution"?' \
        mien train faces.csv --arch bad.arch -o x.mien
    fails 2 "--learning-rate" mien train faces.csv --learning-rate -1 -o x.mien
    fails 2 '--set: no field "lerning_rate": did you mean "learning_rate"?' \
        mien train faces.csv --set lerning_rate=1 -o x.mien
    fails 2 "warmup_epochs 60 of 50 epochs" mien train faces.csv --set warmup_epochs=60 -o x.mien
    fails 1 "a batch of 256 from 112 pictures" mien train faces.csv -o x.mien
    printf 'epochs 3\nflip perhaps\n' >bad.recipe
    fails 1 'bad.recipe:2: flip "perhaps": give yes or no' \
        mien train faces.csv --recipe bad.recipe -o x.mien
    fails 1 "no built-in recipe" mien train faces.csv --recipe nothing -o x.mien
    fails 1 "votes_share 0.5 without votes" \
        mien train faces.csv --batch 16 --set votes_share=0.5 -o x.mien
    fails 2 "--split" mien train faces.csv --split banana -o x.mien
    fails 1 "No such file" mien train nowhere.csv -o x.mien
    fails 1 "No such file" mien train faces.csv -o no/such/folder/x.mien --epochs 1 \
        --batch 16 --arch tiny.arch
    fails 1 "No such file" mien evaluate nothing.mien faces.csv
    fails 1 "not a .mien model" mien evaluate faces.csv faces.csv
}

@test "bench prints pictures a second" {
    run -0 mien bench recognize --seconds 0.1
    [[ $output == "recognize deck (25.4 MMAC), "*", batch 1, "*" pictures/s ("* ]]
    mien bench train --batch 8 --seconds 0.1 --json >b.json
    python3 -c 'import json; b = json.load(open("b.json")); assert b["pictures_per_second"] > 1 and b["batch"] == 8'
    mien bench train --arch tiny.arch --precision f32 --batch 8 --seconds 0.1 --json >b.json
    [ "$(field b.json "['precision']")" = f32 ]
    fails 2 "say train or recognize" mien bench fly
    fails 1 "no built-in architecture" mien bench train --arch nothing
}

@test "detector says what is wrong with its words and its folder" {
    fails 2 "say train or evaluate" mien detector fly x
    fails 2 "--out" mien detector train x
    fails 2 "mien detector evaluate FILE DIR" mien detector evaluate x
    mkdir empty
    fails 1 "split.csv" mien detector train empty -o x.mien
}

@test "a classifier is no detector" {
    needs_data faces/split.csv
    fails 1 "no face detector" mien detector evaluate deck "$MIEN_DATA/faces"
}
