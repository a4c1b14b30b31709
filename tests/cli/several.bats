# several.bats - `mien train` as several processes under mpirun: the same network as from one.
# SPDX-License-Identifier: MIT
load cli

setup() {
    export ASAN_OPTIONS=detect_leaks=0 # Open MPI unloads its plug-ins with memory that they keep
    command -v mpirun >/dev/null || skip "mpirun is not installed (openmpi-bin)"
    mpirun -n 1 --allow-run-as-root true || skip "mpirun cannot start a process here"
    cd "$BATS_TEST_TMPDIR"
    run mpirun -n 2 --allow-run-as-root --oversubscribe "$MIEN" train nothing.csv -o x.mien
    [[ $output != *"built without MPI"* ]] || skip "built without MPI"
    label_rows 210 >faces.csv
    cat >tiny.arch <<'END'
input 48x48x1
normalize 128 64
avgpool 8x8
convolution 8 3x3
batchnorm momentum 0.9
relu
dropout 0.2
flatten
dense 16
relu
dense 7
output expression
END
}

# together COUNT OPTION... - trains with so many processes; steps of SGD, which rounding moves little; with
# START=exec in place of the shell, so that $! is mpirun
together() {
    local count=$1
    shift
    $START mpirun -n "$count" --allow-run-as-root --oversubscribe "$MIEN" train faces.csv --arch tiny.arch \
        -j 1 --precision f32 --batch 24 --epochs 3 --learning-rate 0.01 --set optimizer=sgd \
        --set mixup=0.3 --set ema_decay=0.9 "$@"
}

# close_to A B - the last 4 KB of two model files, weights, differ by rounding only
close_to() {
    python3 - "$1" "$2" <<'END'
import struct, sys
a, b = (struct.unpack("<1024f", open(name, "rb").read()[-4096:]) for name in sys.argv[1:])
assert any(x != 0 for x in a)
worst = max(abs(x - y) for x, y in zip(a, b))
assert worst < 1e-5, worst
END
}

@test "two and four processes train the network that one trains" {
    together 1 -o one.mien
    together 2 -o two.mien --json >two.json
    together 4 -o four.mien
    close_to one.mien two.mien
    close_to one.mien four.mien
    python3 -c 'import json; t = json.load(open("two.json")); assert t["processes"] == 2 and t["bytes_a_step"] > 4096, t'
    ls | grep -c checkpoint | grep -qx 0
}

@test "a process that dies ends the others with a message and a checkpoint to go on from" {
    together 2 -o dead.mien --epochs 90000 --set stop_patience=0 2>err &
    await $! [ -e dead.mien.checkpoint ]
    victim=$(pgrep -f "train faces.csv.*-o dead.mien" | while read -r pid; do
        if [ "/proc/$pid/cwd" -ef . ] && tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx OMPI_COMM_WORLD_RANK=1; then
            echo "$pid"
        fi
    done | head -n 1)
    kill -9 "$victim"
    status=0
    wait $! || status=$?
    [ "$status" -ne 0 ]
    grep -q "one of the 2 processes is gone at epoch .*; the state before is in dead.mien.checkpoint" err
    # The checkpoint is whole: one process, with the same recipe, would go on from it.
    fails 1 "with another recipe" "$MIEN" train faces.csv --arch tiny.arch -j 1 --precision f32 \
        --batch 24 -o dead.mien --resume
}

@test "Ctrl-C stops all processes after the same step, and two go on to the same bits" {
    together 2 -o whole.mien --epochs 300 --set stop_patience=0
    START=exec together 2 -o cut.mien --epochs 300 --set stop_patience=0 2>err &
    await $! [ -e cut.mien.checkpoint ]
    kill -INT $!
    wait $! || true
    grep -q "stopped; go on with --resume" err
    run ! grep -q "is gone" err
    [ -e cut.mien.checkpoint ]
    together 2 -o cut.mien --epochs 300 --set stop_patience=0 --resume --force
    cmp <(tail -c 4096 whole.mien) <(tail -c 4096 cut.mien)
}

@test "a mistake that all processes make is told once" {
    run -2 together 3 -o x.mien --nonsense
    [ "$(grep -c "no such option" <<<"$output")" = 1 ]
    run -1 mpirun -n 3 --allow-run-as-root --oversubscribe "$MIEN" train nothing.csv -o x.mien
    [ "$(grep -c "nothing.csv: No such file" <<<"$output")" = 1 ]
}

@test "a mistake that only the second process makes is told, too" {
    run -1 mpirun --allow-run-as-root --oversubscribe \
        -n 1 "$MIEN" train faces.csv --arch tiny.arch --batch 24 -o x.mien : \
        -n 1 "$MIEN" train nothing.csv --arch tiny.arch --batch 24 -o x.mien
    [ "$(grep -c "nothing.csv: No such file" <<<"$output")" = 1 ]
}

@test "a batch too small for the processes is told" {
    run together 4 -o x.mien --set batch=3
    [ "$status" -ne 0 ]
    [[ $output == *"give a batch that has a picture for each"* ]]
}
