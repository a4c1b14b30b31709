# live.bats - `mien live` and what it keeps: results, recordings, logs; terminal and window.
# SPDX-License-Identifier: MIT
load cli

# Two people for four seconds; the first one smiles from the third second on.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$MAKE_FILM" film.mp4 4 2 320 200 15
    ffmpeg -nostdin -v error -i film.mp4 -frames:v 1 photograph.png
    export FILM=$BATS_FILE_TMPDIR/film.mp4 PHOTOGRAPH=$BATS_FILE_TMPDIR/photograph.png
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
}

teardown() {
    [ -z "${SOCKET:-}" ] || tmux -L "$SOCKET" kill-server 2>/dev/null || true
    [ -z "${XVFB:-}" ] || kill "$XVFB" 2>/dev/null || true
}

# Fails unless the JSON lines on stdin make each of the Python expressions true: of `o`, all objects,
# and `left`, `right`, the two people of each frame.
judge() {
    python3 -c 'import json, sys
o = [json.loads(line) for line in sys.stdin]
both = [sorted(p.get("faces", []), key=lambda f: f["box"]["x"]) for p in o]
left, right = [f[0] for f in both if f], [f[-1] for f in both if f]
for expression in sys.argv[1:]:
    assert eval(expression), expression' "$@"
}

needs() {
    command -v "$1" >/dev/null || skip "$1 is not here"
}

@test "every frame has a line, people keep their numbers, a smile is seen" {
    mien live "$FILM" --headless --json >out 2>err
    [ ! -s err ]
    judge '[p["frame"] for p in o] == list(range(60))' \
        'all(abs(p["time"] - p["frame"] / 15) < 1e-6 for p in o)' \
        'all([f["id"] for f in p["faces"]] == [1, 2] for p in o)' \
        'len({f["id"] for f in left}) == 1 and len({f["id"] for f in right}) == 1' \
        'all(f["expression"] != "happy" for f in left[5:30] + right)' \
        'sum(f["expression"] == "happy" for f in left[34:]) > 20' <out
}

@test "the results are the same at any number of threads" {
    mien live "$FILM" --headless --json -j 1 >one
    mien live "$FILM" --headless --json -j 4 >four
    cmp one four
}

@test "CSV has a line a face" {
    mien live "$FILM" --headless --csv >out
    [ "$(wc -l <out)" -eq 121 ]
    head -1 out | grep -q "^source,frame,time,width,height,id,"
}

@test "a recording has every frame and the marks" {
    needs ffprobe
    mien live "$FILM" --headless --record out.mp4
    [ "$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 out.mp4)" = 60 ]
    mien live out.mp4 --headless --json | judge 'o[30]["width"] == 320 and o[30]["height"] == 200'
    # Yellow, as `happy` is drawn, is in the recording alone.
    yellow() {
        ffmpeg -v error -ss 3.5 -i "$1" -frames:v 1 -f rawvideo -pix_fmt rgb24 - | python3 -c '
import sys
d = sys.stdin.buffer.read()
print(sum(d[i] > 210 and d[i + 1] > 200 and d[i + 2] < 110 for i in range(0, len(d), 3)))'
    }
    [ "$(yellow "$FILM")" -lt 20 ]
    [ "$(yellow out.mp4)" -gt 300 ]
}

@test "an existing recording is not overwritten without --force" {
    touch out.mp4
    fails 2 "out.mp4: exists" mien live "$FILM" --headless --record out.mp4
    [ ! -s out.mp4 ]
    fails 2 ".mp4" mien live "$FILM" --headless --record out.avi
}

@test "with --privacy no face is left in a recording, and nobody in the log" {
    needs ffprobe
    run mien live "$FILM" --headless --privacy --record out.mp4 --log log.db
    if [[ $output == *"without SQLite"* ]]; then skip "built without SQLite"; fi
    [ "$status" -eq 0 ]
    mien live out.mp4 --headless --json --detect-every 1 |
        judge 'sum(len(p["faces"]) for p in o) <= 6'
    run -0 mien info log.db
    [[ $output == *"nothing about single people was kept"* ]]
    mien info log.db --json | judge 'o[0]["private"] and o[0]["people"] == []' \
        'o[0]["shares"]["happy"] > 0.15'
}

@test "a session is logged, told and reported" {
    run mien live "$FILM" --headless --log log.db
    if [[ $output == *"without SQLite"* ]]; then skip "built without SQLite"; fi
    [ "$status" -eq 0 ]
    run -0 mien info log.db
    [[ $output == *"session         1 of 1"* ]]
    [[ $output == *"60 frames, 0 dropped"* ]]
    [[ $output == *"timeline, 1 s a letter: "* ]]
    mien info log.db --json | judge 'len(o[0]["people"]) == 2' \
        '0.4 < max(p["shares"]["happy"] for p in o[0]["people"]) < 0.6'
    run -0 mien report log.db -o page
    [ -s page/report.html ]
    [ -s page/timeline.png ]
    fails 1 "exists" mien report log.db -o page
    mien report log.db -o page --force --json | judge 'o[0]["frames"] == 60'
    fails 1 "there is no session 2" mien report log.db -o other --session 2
    mien live "$FILM" --headless --log log.db
    mien report log.db -o other --session 2
    echo "notes" >notes.db
    fails 1 "not a database" mien live "$FILM" --headless --log notes.db
}

@test "a face at rest is learned" {
    mien live "$FILM" --headless --json --baseline 1s |
        judge 'abs(right[29]["probabilities"]["neutral"] - 0.7) < 0.1'
    fails 2 "give seconds" mien live "$FILM" --headless --baseline soon
}

@test "what is missing is named, with the mend" {
    fails 2 "there is no display" mien live "$FILM"
    fails 1 "camera:63" mien live camera:63 --headless
    fails 1 "nowhere.mp4: No such file" mien live nowhere.mp4 --headless
    fails 2 "choose one of them" mien live "$FILM" --headless --terminal
    fails 2 "choose one of them" mien live "$FILM" --json --csv
    fails 2 "give WIDTHxHEIGHT" mien live "$FILM" --headless --size 640
    fails 2 "--force: only --record" mien live "$FILM" --headless --force
    fails 1 "standard output is no terminal" mien live "$FILM" --terminal
    run -0 mien live --cameras
}

@test "without a display a window says so" {
    if mien live "$FILM" 2>&1 | grep -q "built without SDL2"; then skip "built without SDL2"; fi
    fails() { run -"$1" mien live "$FILM"; [[ $output == *"$2"* ]]; }
    DISPLAY=:987 fails 1 "--terminal shows the same"
}

# Starts mien live in a terminal of 90 x 30, and waits until it shows the photograph.
start_terminal() {
    needs tmux
    SOCKET=mien-test-$$-$BATS_TEST_NUMBER
    cat >run.sh <<END
COLORTERM=truecolor "$MIEN" live "$PHOTOGRAPH" --terminal
echo ended \$?
END
    tmux -L "$SOCKET" -f /dev/null new-session -d -x 90 -y 30 -s live "PS1='ready ' ${SHELL_COMMAND:-sh}"
    tmux -L "$SOCKET" send-keys -t live "sh $PWD/run.sh" Enter
    for _ in $(seq 200); do
        screen | grep -q "1 [a-z]* .*an.*di.*fe" && return
        sleep 0.1
    done
    screen
    false
}

screen() {
    tmux -L "$SOCKET" capture-pane -p -t live
}

# The terminal is as it was: the shell's screen, its echo, and what `$1` says.
ends_with() {
    for _ in $(seq 200); do
        if screen | grep -q "$1" && [ "$(tmux -L "$SOCKET" display -p -t live '#{alternate_on}')" = 0 ]; then
            tmux -L "$SOCKET" send-keys -t live "echo it echo""es" Enter
            for _ in $(seq 50); do
                screen | grep -q "^ready echo it echoes" && return
                sleep 0.1
            done
        fi
        sleep 0.1
    done
    screen
    false
}

live_process() {
    pgrep -f -n "^$MIEN live $PHOTOGRAPH --terminal"
}

@test "the terminal shows the picture, bars and help, and is as before after q" {
    start_terminal
    [ "$(tmux -L "$SOCKET" display -p -t live '#{alternate_on}')" = 1 ]
    screen | grep -q "▀▀▀▀▀▀▀▀▀▀"
    tmux -L "$SOCKET" send-keys -t live Space h
    for _ in $(seq 100); do screen | grep -q "save a picture" && break; sleep 0.1; done
    screen | grep -q "save a picture"
    tmux -L "$SOCKET" send-keys -t live q
    ends_with "ended 0"
}

@test "the terminal is taken again after Ctrl-Z and SIGSTOP" {
    SHELL_COMMAND="bash --norc -i" start_terminal
    for signal in TSTP STOP; do
        # all of the job, as the terminal does; the shell looks at the script alone
        kill -"$signal" -- "-$(ps -o pgid= "$(live_process)" | tr -d ' ')"
        for _ in $(seq 100); do screen | grep -q "Stopped" && break; sleep 0.1; done
        tmux -L "$SOCKET" send-keys -t live "clear; stty sane; fg" Enter
        for _ in $(seq 100); do
            screen | grep -q "1 [a-z]* .*an.*di.*fe" && ! screen | grep -q "stty sane" && break
            sleep 0.1
        done
        screen | grep -q "h help"
    done
    tmux -L "$SOCKET" send-keys -t live q # without Enter
    ends_with "ended 0"
}

@test "the terminal is as before after SIGTERM" {
    start_terminal
    tmux -L "$SOCKET" send-keys -t live Space
    kill -TERM "$(live_process)"
    ends_with "ended 130"
}

@test "the terminal is as before after a crash" {
    start_terminal
    kill -SEGV "$(live_process)"
    ends_with "ended 139"
}

# A screen of 800 x 600 without a window manager: XVFB, $DISPLAY.
start_screen() {
    needs Xvfb
    needs import
    if mien live "$FILM" 2>&1 | grep -q "built without SDL2"; then skip "built without SDL2"; fi
    Xvfb -displayfd 3 -screen 0 800x600x24 3>display >/dev/null 2>&1 & # tells when it is there
    XVFB=$!
    for _ in $(seq 300); do
        [ -s display ] && break
        sleep 0.1
    done
    DISPLAY=:$(cat display)
    export DISPLAY
}

@test "the window shows the picture and, simple, a label on teal" {
    start_screen
    # SDL2 unloads drivers with memory that they keep.
    ASAN_OPTIONS=detect_leaks=0 "$MIEN" live "$PHOTOGRAPH" --simple >out 2>err &
    window=$!
    for _ in $(seq 100); do
        import -window root shot.png 2>/dev/null || true
        convert shot.png -format %c histogram:info:- 2>/dev/null >colours || true
        grep -q "#008080" colours && grep -q "#FFFFFF" colours && break
        sleep 0.1
    done
    cat err
    [ "$(sed -n 's/^ *\([0-9]*\):.*#008080.*/\1/p' colours)" -gt 5000 ]
    [ "$(wc -l <colours)" -gt 1000 ]
    kill -INT "$window"
    status=0
    wait "$window" || status=$?
    [ "$status" -eq 130 ]
}

# The window's size becomes $1, within some seconds.
becomes() {
    for _ in $(seq 100); do
        xdotool getwindowgeometry "$(xdotool search --pid "$window" | tail -1)" 2>/dev/null |
            grep -q "Geometry: $1" && return
        sleep 0.1
    done
    false
}

@test "f fills the screen and gives it back, without a window manager too" {
    needs xdotool
    start_screen
    ASAN_OPTIONS=detect_leaks=0 "$MIEN" live "$PHOTOGRAPH" >out 2>err &
    window=$!
    becomes 570x224
    sleep 1 # it may have no keys yet
    xdotool key --window "$(xdotool search --pid "$window" | tail -1)" f
    becomes 800x600
    for _ in $(seq 100); do # all of it is drawn
        import -window root shot.png
        ! convert shot.png -format %c histogram:info:- | grep -q "#000000" && break
        sleep 0.1
    done
    run -0 convert shot.png -format %c histogram:info:-
    [[ $output != *"#000000"* ]]
    xdotool key --window "$(xdotool search --pid "$window" | tail -1)" f
    becomes 570x224
    # the window is gone before xdotool lets the key go
    xdotool key --window "$(xdotool search --pid "$window" | tail -1)" q || true
    wait "$window"
}

@test "a recording that a key began and the disk does not hold ends, and nothing else" {
    needs xdotool
    start_screen
    ffmpeg -nostdin -v error -stream_loop 20 -i "$FILM" -c copy long.mp4
    (
        trap '' XFSZ
        ulimit -f 8
        ASAN_OPTIONS=detect_leaks=0 exec "$MIEN" live long.mp4 2>err
    ) &
    window=$!
    becomes 570x224
    sleep 1
    xdotool key --window "$(xdotool search --pid "$window" | tail -1)" r
    for _ in $(seq 200); do
        [ "$(cat mien-*.mp4 2>/dev/null | wc -c)" -ge 8192 ] && break
        sleep 0.1
    done
    [ "$(cat mien-*.mp4 | wc -c)" -ge 8192 ]
    sleep 1
    # the window is gone before xdotool lets the key go
    xdotool key --window "$(xdotool search --pid "$window" | tail -1)" q || true
    wait "$window"
    [ ! -s err ]
}
