# video.bats - `mien recognize` and `mien detect` on videos: every frame, its time, copies with sound.
# SPDX-License-Identifier: MIT
load cli

# The model "sides" looks at 2x2 pixels: happy is the light of the left half, sad that of the right.
setup_file() {
    export SIDES=$BATS_FILE_TMPDIR/sides.mien
    python3 "$BATS_TEST_DIRNAME/write_model.py" "$SIDES" \
        dense1.weights=.01,0,.01,0,0,.01,0,.01 dense1.bias=0,0
    cd "$BATS_FILE_TMPDIR"
    # Two seconds at ten frames a second: light on the left for the first, on the right then.
    ffmpeg -nostdin -v error -f lavfi -i "nullsrc=s=64x48:r=10,format=gray,
        geq=lum='if(eq(lt(X,32),lt(T,1)),200,20)'" -f lavfi -i sine -t 2 \
        -c:v libx264 -pix_fmt yuv420p -c:a aac sides.mp4
    ffmpeg -nostdin -v error -i sides.mp4 -vf noise=alls=9:allf=t -r 5 sides.gif
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/sides.* .
}

whole() {
    mien recognize --model "$SIDES" --face whole "$@"
}

# Fails unless the JSON lines on stdin make each of the Python expressions (of `o`, all objects) true.
judge() {
    python3 -c 'import json, sys
o = [json.loads(line) for line in sys.stdin]
for expression in sys.argv[1:]:
    assert eval(expression), expression' "$@"
}

@test "every frame of a video is told with its number and time" {
    whole sides.mp4 --json >out 2>err
    [ ! -s err ]
    judge '[p["frame"] for p in o] == list(range(20))' \
        'all(abs(p["time"] - p["frame"] / 10) < 1e-6 for p in o)' \
        'all(p["source"] == "sides.mp4" and p["width"] == 64 and p["height"] == 48 for p in o)' \
        '[p["faces"][0]["expression"] for p in o] == 10 * ["happy"] + 10 * ["sad"]' <out
}

@test "an animated GIF is a video, and pictures go between videos in their order" {
    ffmpeg -nostdin -v error -i sides.mp4 -frames:v 1 still.png
    whole sides.gif still.png sides.mp4 --json >out
    judge '[p["source"] for p in o] == 11 * ["sides.gif"] + ["still.png"] + 20 * ["sides.mp4"]' \
        '[p["time"] for p in o[:3]] == [0, 0.2, 0.4]' \
        'o[11]["frame"] == 0 and o[11]["time"] == 0' <out
    for jobs in 1 3; do
        whole sides.gif still.png sides.mp4 --json --jobs $jobs | cmp - out
    done
}

@test "a video on standard input is copied, and its table has times" {
    whole - --annotate out.mp4 <sides.mp4 >table
    [ "$(ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames \
        -of csv=p=0 out.mp4)" = 20 ]
    [[ $(head -n 1 table) == FILE*SECONDS* ]]
    whole - --annotate . --force <sides.mp4 >table
    [ -s stdin.mp4 ]
    run -1 --separate-stderr whole - --annotate out.png <sides.mp4
    [[ $stderr == *"out.png: a video's name must end in .mp4"* ]]
    run -1 --separate-stderr whole - --annotate b.mp4 --explain <sides.mp4
    [[ $stderr == *"only pictures are explained"* ]]
}

@test "--every N takes one frame of N" {
    whole sides.mp4 --every 6 --json | judge '[p["frame"] for p in o] == [0, 6, 12, 18]'
    fails 2 '--every' whole sides.mp4 --every 0
}

@test "table and CSV tell the time" {
    run -0 whole sides.mp4 --every 10
    [[ ${lines[0]} =~ ^FILE\ +SECONDS\ +FACE ]]
    [[ ${lines[2]} =~ ^sides.mp4\ +1.000\ +1\ .*\ sad ]]
    run -0 whole sides.mp4 --every 10 --csv
    [[ ${lines[0]} == source,frame,time,width,* ]]
    [[ ${lines[2]} == sides.mp4,10,1,64,48,1,* ]]
}

@test "--annotate makes a video of the same frames, with the sound" {
    whole sides.mp4 --annotate copies/out.mp4 >/dev/null
    [ "$(ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames \
        -of csv=p=0 copies/out.mp4)" = 20 ]
    ffprobe -v error -show_entries stream=codec_name -of csv=p=0 copies/out.mp4 | grep -q aac
    fails 1 "copies/out.mp4: exists" whole sides.mp4 --annotate copies/out.mp4
    fails 1 "sides.mp4 is a video" whole sides.mp4 --annotate other.mp4 --explain
    fails 1 "must end in .mp4" whole sides.mp4 --annotate out.png
    whole sides.mp4 sides.gif --annotate folder >/dev/null
    [ -s folder/sides.mp4 ] && [ -s folder/sides.gif.mp4 ]
}

@test "a video comes whole over HTTP" {
    ffmpeg -nostdin -v error -i sides.mp4 -c copy -movflags faststart web.mp4
    python3 -c '
import http.server, functools
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(server.server_port, flush=True)
server.serve_forever()' >port 2>/dev/null 3>&- &
    local server=$!
    until [ -s port ]; do sleep 0.05; done
    whole "http://127.0.0.1:$(cat port)/web.mp4" --json >out
    fails 1 "404" whole "http://127.0.0.1:$(cat port)/nothing.mp4"
    kill $server
    judge 'len(o) == 20' <out
}

@test "- is a picture or a video on standard input" {
    whole sides.mp4 --json | sed 's/"sides.mp4"/"-"/' >named
    ffmpeg -nostdin -v error -i sides.mp4 -c copy sides.mkv
    cat sides.mkv | whole - --json >piped
    judge 'len(o) == 20 and o[3]["source"] == "-"' <piped
    whole - --json <sides.mp4 | cmp - named
    ffmpeg -nostdin -v error -i sides.mp4 -frames:v 1 still.png
    cat still.png | whole - --json | judge 'len(o) == 1 and o[0]["frame"] == 0'
}

@test "what cannot be read is told, and the rest is done" {
    head -c 700 sides.mp4 >cut.mp4
    run -3 --separate-stderr whole cut.mp4 sides.mp4 --json
    [ "${#lines[@]}" -eq 20 ]
    [[ $stderr == *"cut.mp4: "* ]]
    fails 1 "nowhere" whole rtsp://nowhere.invalid/camera
    ffmpeg -nostdin -v error -f lavfi -i sine -t 1 sound.mp4
    fails 1 "sound.mp4: there is no video in it" whole sound.mp4
}

@test "Ctrl-C ends a live stream, and what was told is whole" {
    local port=$((20000 + $$ % 20000)) # another run of this test may be under way
    ffmpeg -nostdin -v quiet -re -stream_loop -1 -i sides.mp4 -c:v mpeg2video -f mpegts \
        "udp://127.0.0.1:$port" 3>&- &
    local sender=$!
    : >out # so that the loop below can count its lines from the start
    "$MIEN" recognize --model "$SIDES" --face whole "udp://127.0.0.1:$port" --json \
        --annotate out.mp4 >out 2>err 3>&- &
    local mien=$!
    while kill -0 $mien && [ "$(wc -l <out)" -le 5 ]; do sleep 0.05; done
    kill -INT $mien
    local status=0
    wait $mien || status=$?
    kill $sender
    [ "$status" -eq 130 ]
    judge 'len(o) > 5' <out
    [ "$(ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames \
        -of csv=p=0 out.mp4)" -gt 5 ]
}

@test "mien detect takes videos, too" {
    mien detect sides.mp4 --every 5 --json | judge '[p["frame"] for p in o] == [0, 5, 10, 15]'
}
