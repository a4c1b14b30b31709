/* fuzz_votes.c - any bytes as FER+'s table of votes: as many rows as asked for, or a refusal.
 * Built with -Dfuzz=true (fuzz/meson.build).
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataset/votes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char header[] =
        "Usage,Image "
        "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
    mien_error err = {.message = ""};
    int file = memfd_create("votes", 0);
    struct votes votes = {0};
    size_t rows;
    char path[64];

    if (bytes == 0) {
        close(file);
        return 0;
    }
    rows = data[0] & 7; /* the first byte: how many rows, and whether to begin with good names */
    if (file < 0 || (data[0] & 8 && write(file, header, sizeof header - 1) < 0) ||
        write(file, data + 1, bytes - 1) != (ssize_t)bytes - 1)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (votes_open(path, rows, &votes, &err) && (!err.message[0] || votes.votes))
        abort(); /* a refusal without a reason, or with a result */
    for (size_t row = 0; row < votes.count; row++)
        if (votes_majority(votes_of(&votes, row)) >= DATASET_EXPRESSIONS_PLUS ||
            !(votes_entropy(votes_of(&votes, row)) >= 0))
            abort();
    votes_close(&votes);
    close(file);
    return 0;
}
