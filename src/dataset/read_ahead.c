/* read_ahead.c - a ring of blocks between a thread that fills them and one that reads them.
 * SPDX-License-Identifier: MIT */
#include "dataset/read_ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Blocks stay in the second-level cache between the two threads, and take far longer to fill
 * than a switch between threads takes. */
enum { BLOCK_BYTES = 256 << 10, BLOCKS = 4 };

/* (keep_bytes) for the rest of the block before, then (BLOCK_BYTES) of text. */
struct block {
    uint8_t *memory;
    size_t bytes;
    bool last;
    mien_status status; /* a failure instead of text */
    mien_error err;
};

struct read_ahead {
    read_ahead_source *source;
    void *context;
    size_t keep_bytes;
    uint8_t *memory;
    struct block blocks[BLOCKS];
    pthread_t thread;
    bool started;
    const uint8_t *end;   /* of the window that the reader has */
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t filled, emptied;
    size_t fills, reads; /* blocks that were filled, and that the reader was given */
    bool stopping;
};

/* The block to fill, or NULL to stop. The one that the reader has is not free yet. */
static struct block *next_free(struct read_ahead *reader)
{
    struct block *block = NULL;

    pthread_mutex_lock(&reader->lock);
    while (!reader->stopping && reader->fills + 1 - reader->reads >= BLOCKS)
        pthread_cond_wait(&reader->emptied, &reader->lock);
    if (!reader->stopping)
        block = &reader->blocks[reader->fills % BLOCKS];
    pthread_mutex_unlock(&reader->lock);
    return block;
}

static void *fill_blocks(void *argument)
{
    struct read_ahead *reader = argument;
    struct block *block;
    bool done = false;

    while (!done && (block = next_free(reader))) {
        block->status = reader->source(reader->context, block->memory + reader->keep_bytes,
                                       BLOCK_BYTES, &block->bytes, &block->err);
        block->last = !block->status && block->bytes < BLOCK_BYTES;
        done = block->status || block->last;
        pthread_mutex_lock(&reader->lock);
        reader->fills++;
        pthread_cond_signal(&reader->filled);
        pthread_mutex_unlock(&reader->lock);
    }
    return NULL;
}

mien_status read_ahead_new(read_ahead_source *source, void *context, size_t keep_bytes,
                           struct read_ahead **ret_reader, mien_error *err)
{
    struct read_ahead *reader = calloc(1, sizeof *reader);
    size_t bytes;

    if (!reader)
        return error_memory(err, sizeof *reader);
    reader->source = source;
    reader->context = context;
    reader->keep_bytes = keep_bytes;
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->filled, NULL);
    pthread_cond_init(&reader->emptied, NULL);
    if (!add_size(keep_bytes, BLOCK_BYTES, &bytes) || !mul_size(bytes, BLOCKS, &bytes) ||
        !(reader->memory = malloc(bytes))) {
        read_ahead_free(reader);
        return error_memory(err, bytes);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        reader->blocks[i].memory = reader->memory + i * (keep_bytes + BLOCK_BYTES);
    if (pthread_create(&reader->thread, NULL, fill_blocks, reader)) {
        read_ahead_free(reader);
        return error_set(err, MIEN_ENOMEM, "a thread to read with could not be started");
    }
    reader->started = true;
    *ret_reader = reader;
    return MIEN_OK;
}

void read_ahead_free(struct read_ahead *reader)
{
    if (!reader)
        return;
    pthread_mutex_lock(&reader->lock);
    reader->stopping = true;
    pthread_cond_signal(&reader->emptied);
    pthread_mutex_unlock(&reader->lock);
    if (reader->started)
        pthread_join(reader->thread, NULL);
    pthread_cond_destroy(&reader->filled);
    pthread_cond_destroy(&reader->emptied);
    pthread_mutex_destroy(&reader->lock);
    free(reader->memory);
    free(reader);
}

static struct block *wait_for_block(struct read_ahead *reader)
{
    pthread_mutex_lock(&reader->lock);
    while (reader->fills == reader->reads)
        pthread_cond_wait(&reader->filled, &reader->lock);
    pthread_mutex_unlock(&reader->lock);
    return &reader->blocks[reader->reads % BLOCKS];
}

/* Makes `block` the reader's and the one that it had before free. */
static void take_block(struct read_ahead *reader)
{
    pthread_mutex_lock(&reader->lock);
    reader->reads++;
    pthread_cond_signal(&reader->emptied);
    pthread_mutex_unlock(&reader->lock);
}

mien_status read_ahead_next(struct read_ahead *reader, size_t keep, const uint8_t **ret_text,
                            size_t *ret_bytes, bool *ret_last, mien_error *err)
{
    struct block *block = wait_for_block(reader);
    uint8_t *text = block->memory + reader->keep_bytes;

    if (block->status) {
        if (err)
            *err = block->err;
        return block->status;
    }
    if (keep)
        memcpy(text - keep, reader->end - keep, keep);
    reader->end = text + block->bytes;
    take_block(reader);
    *ret_text = text - keep;
    *ret_bytes = keep + block->bytes;
    *ret_last = block->last;
    return MIEN_OK;
}
