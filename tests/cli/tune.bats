# tune.bats - `mien tune`: a search for the best recipe.
# SPDX-License-Identifier: MIT
load cli

setup() {
    cd "$BATS_TEST_TMPDIR"
    label_rows 210 0 >faces.csv
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
    cat >rates.space <<'END'
learning_rate log      1e-5 1e-1
optimizer     choice   adam sgd
momentum      uniform  0 0.9
END
}

tune() {
    mien tune faces.csv --arch tiny.arch --space rates.space --trials 6 --factor 2 --epochs 8 \
        --batch 16 "$@"
}

# same_table A B - but for the seconds.
same_table() {
    diff <(cut -d, -f1-6,8- "$1/trials.csv") <(cut -d, -f1-6,8- "$2/trials.csv")
}

@test "the best trials are trained longest, and the best one's recipe trains to the same accuracy" {
    tune -o out --json >result.json
    mien train faces.csv --arch tiny.arch --recipe out/best.recipe -o best.mien --json >trained.json
    python3 - <<'END'
import csv, json
result, trained = json.load(open("result.json")), json.load(open("trained.json"))
rows = list(csv.DictReader(open("out/trials.csv")))
assert [row["trial"] for row in rows] == list("123456")
assert sorted(row["epochs"] for row in rows) == ["2"] * 3 + ["4"] * 2 + ["8"], rows
assert sorted({row["state"] for row in rows}) == ["dropped", "trained"]
best = rows[result["best"] - 1]
assert best["state"] == "trained" and best["epochs"] == "8"
assert float(best["validation_accuracy"]) == max(float(row["validation_accuracy"]) for row in rows)
assert abs(trained["validation_accuracy"] - float(best["validation_accuracy"])) < 1e-6
assert trained["best_epoch"] == int(best["best_epoch"])
assert [trial["trial"] for trial in result["trials"]][0] == result["best"]
assert result["recipe"] == "out/best.recipe"
for name in ("learning_rate", "optimizer", "momentum"):
    assert result["trials"][0]["fields"][name] == best[name]
assert "learning_rate " + best["learning_rate"] in open("out/best.recipe").read()
END
    [ "$(head -c 4 out/trials.png | tail -c 3)" = PNG ]
    [ "$(cd out && echo *)" = "best.recipe search.txt trials.csv trials.png" ]
}

@test "a search has one result, whatever runs at once" {
    tune -o one --jobs 1 >one.txt
    tune -o several --jobs 3 --parallel 2 >several.txt
    same_table one several
    diff <(sed 's/one//' one.txt) <(sed 's/several//' several.txt)
    grep -q "^best: trial [1-6], validation accuracy [01]\.[0-9]*: one/best.recipe$" one.txt
}

@test "the labels of the test part change nothing" {
    tune -o out >/dev/null
    label_rows 210 3 >faces.csv
    tune -o shifted >/dev/null
    same_table out shifted
}

@test "a search that is killed goes on to the same end" {
    tune -o whole >/dev/null
    "$MIEN" tune faces.csv --arch tiny.arch --space rates.space --trials 6 --factor 2 --epochs 8 \
        --batch 16 -o killed --jobs 1 >/dev/null 2>&1 3>&- &
    await $! grep -qs "^[1-6],1," killed/trials.csv
    kill -9 $!
    wait $! || true
    tune -o killed --resume >/dev/null
    same_table whole killed
}

@test "Ctrl-C ends a search, which then goes on where each trial stood" {
    "$MIEN" tune faces.csv --arch tiny.arch --space rates.space --trials 2 --factor 1 --epochs 2000 \
        --set stop_patience=0 --batch 16 -o out --jobs 1 >/dev/null 2>stopped.txt 3>&- &
    await $! [ -e out/checkpoints/1.checkpoint ]
    kill -INT $!
    status=0
    wait $! || status=$?
    [ "$status" -eq 130 ]
    grep -q "mien tune: stopped: --resume goes on with it" stopped.txt
    [ -e out/checkpoints/1.checkpoint ]
}

@test "a search learns from teachers, whose weight may be searched" {
    mien train faces.csv --arch tiny.arch --epochs 4 --batch 16 --learning-rate 0.01 -o teacher.mien \
        >/dev/null
    printf 'teacher_weight uniform 0.1 1\nlearning_rate log 1e-3 1e-2\n' >rates.space
    tune -o taught --teacher teacher.mien >/dev/null
    tune -o untaught >/dev/null
    run ! same_table taught untaught
    fails 1 'taught has "teacher teacher.mien", this one "epochs 8"' tune -o taught --resume
}

@test "a search is not overwritten, and not mixed with another" {
    tune -o out >/dev/null
    fails 1 "out holds a search: --resume goes on with it, --force starts anew" tune -o out
    fails 1 "out has \"batch 16\", this one \"batch 32\"" tune -o out --resume --batch 32
    fails 1 "none holds no search to resume" tune -o none --resume
    [ ! -e none ]
    sed -i s/0.9/0.8/ rates.space
    fails 1 "out/trials.csv:2: this is the table of another search" tune -o out --resume
    tune -o out --force >/dev/null
}

@test "a space that fits no recipe is refused with its line" {
    bad() {
        printf '%s\n' "$1" >bad.space
        fails 1 "bad.space:$2" mien tune faces.csv --arch tiny.arch --space bad.space -o out
        [ ! -e out ]
    }
    bad "learning_rat log 1e-4 1e-2" '1: no field "learning_rat": did you mean "learning_rate"?'
    bad "learning_rate log -1 1e-2" "1: log needs numbers above 0, and -1 is not"
    bad "optimizer choice adam adagrad" '1: optimizer "adagrad": give adam, adamw or sgd'
    bad "momentum uniform 0 2" '1: momentum "2": give a number from 0 to 0.9999'
    bad "batch uniform 16 64" "1: batch is a whole number: write integer 16 64, or choices"
    bad "epochs integer 5 50" "1: the search itself says how many epochs: set epochs in the recipe"
    fails 1 "--space: none.space" mien tune faces.csv --arch tiny.arch --space none.space -o out
}

@test "a space whose fields do not go together is refused before anything is trained" {
    printf 'schedule choice one-cycle constant\nwarmup_epochs uniform 1 2\n' >clash.space
    fails 1 "warmup_epochs with schedule one-cycle" \
        mien tune faces.csv --arch tiny.arch --space clash.space -o out
}

@test "trials that diverge are told as such and never chosen" {
    printf 'learning_rate choice 1e-2 1000\noptimizer choice sgd adam\n' >wild.space
    mien tune faces.csv --arch tiny.arch --space wild.space --trials 8 --factor 2 --epochs 4 \
        --batch 16 -o out --json >result.json
    python3 - <<'END'
import json
result = json.load(open("result.json"))
states = {trial["state"] for trial in result["trials"]}
assert "diverged" in states and "trained" in states, states
assert result["trials"][0]["fields"]["learning_rate"] == "1e-2"
END
}
