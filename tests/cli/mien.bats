# mien.bats - what all commands share: help, mistyped names, exit statuses, lost output.
# SPDX-License-Identifier: MIT
load cli

@test "mien without arguments shows what --help shows" {
    run -0 mien
    overview=$output
    run -0 mien --help
    [ "$output" = "$overview" ]
    run -0 mien help
    [ "$output" = "$overview" ]
    [[ $overview == *"Usage: mien COMMAND"* ]]
}

@test "help lists every command, and every command has help" {
    run -0 mien help
    listed=$(sed -n 's/^  \([a-z]\+\) .*/\1/p' <<<"$output")
    written=$(grep -o '&command_[a-z]*' "$MIEN_SOURCE/apps/cli/main.c" | sed 's/.*_//')
    [ -n "$written" ]
    [ "$listed" = "$written" ]
    for command in $listed; do
        run -0 mien help "$command"
        [[ $output == "Usage: mien $command [OPTIONS]"* ]]
        [[ $output == *"-h, --help "* ]]
        from_help=$output
        run -0 mien "$command" --help
        [ "$output" = "$from_help" ]
    done
}

@test "every file of a command is in the list of commands" {
    for file in "$MIEN_SOURCE"/apps/cli/command_*.c; do
        name=${file##*/command_}
        grep -q "&command_${name%.c}," "$MIEN_SOURCE/apps/cli/main.c"
    done
}

@test "the README names every command" {
    for command in $(mien help | sed -n 's/^  \([a-z]\+\) .*/\1/p'); do
        grep -q "^|.* .mien $command[ \`]" "$MIEN_SOURCE/README.md" || {
            echo "README.md: mien $command is not in the table" >&2
            false
        }
    done
}

@test "help fits into 80 columns" {
    for command in "" $(mien help | sed -n 's/^  \([a-z]\+\) .*/\1/p'); do
        run -0 mien help $command
        [ "$(awk 'length > 80' <<<"$output")" = "" ]
    done
}

@test "--version prints name and version" {
    run -0 --separate-stderr mien --version
    [[ $output =~ ^mien\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [ -z "$stderr" ]
}

@test "an unknown command gets the nearest name and status 2" {
    fails 2 'mien: hepl: no such command; did you mean help?' mien hepl
    fails 2 'mien: zebra: no such command; "mien help" lists them' mien zebra
    fails 2 'mien help: hepl: no such command; did you mean help?' mien help hepl
    fails 2 'no such command' mien ''
}

@test "an unknown option gets the nearest name and status 2" {
    fails 2 'mien help: --hlep: no such option; did you mean --help?' mien help --hlep
    fails 2 'mien help: -x: no such option' mien help -x
}

@test "an argument too many is told with status 2" {
    fails 2 '"b" is one argument too many: mien help [COMMAND]' mien help help b
}

@test "control characters do not reach the terminal" {
    fails 2 'mien: a?b?[31m: no such command' mien $'a\nb\e[31m'
}

@test "a full disk behind stdout is an error" {
    [ -w /dev/full ] || skip "/dev/full is not here"
    run -1 --separate-stderr bash -c '"$MIEN" help >/dev/full'
    [ "$stderr" = "mien: standard output: No space left on device" ]
}

@test "a closed stdout is an error" {
    run -1 --separate-stderr bash -c '"$MIEN" help >&-'
    [ "$stderr" = "mien: standard output: Bad file descriptor" ]
}

@test "a reader that leaves early ends the program silently" {
    # The program starts only after its reader has gone.
    run -0 --separate-stderr bash -c \
        'exec 3> >(true); wait $!; "$MIEN" help >&3; echo "status $?" >&2'
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [ "$stderr" = "status 141" ]
}
