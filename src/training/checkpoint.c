/* checkpoint.c - write and check the file of a training's state.
 *
 *   header | parts, each filled up to 8 bytes | SHA-256 of all before
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "mien checkpoint\n"

struct header {
    char magic[16];
    uint32_t order;   /* tells a machine of another byte order */
    uint32_t version; /* of the state's form: another one is refused */
    struct checkpoint_origin origin;
    uint64_t count, bytes[CHECKPOINT_PARTS_MAX];
};

enum { ORDER = 0x01020304, VERSION = 1 };

static const char *const identity_names[CHECKPOINT_IDENTITIES] = {
    "another architecture", "another recipe", "other data (pictures, votes, teachers or split)",
    "another precision"};

static size_t filled_up(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

/* --- writing --- */

static bool put(struct atomic_file *file, struct sha256 *hash, const void *data, size_t bytes)
{
    if (bytes == 0)
        return true; /* `data` may be NULL then, which fwrite does not take */
    sha256_update(hash, data, bytes);
    return fwrite(data, 1, bytes, file->stream) == bytes;
}

static bool put_all(struct atomic_file *file, const struct header *header,
                    const struct checkpoint_part *parts)
{
    static const char zeros[8] = {0};
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;
    bool good;

    sha256_init(&hash);
    good = put(file, &hash, header, sizeof *header);
    for (uint64_t i = 0; i < header->count && good; i++) {
        size_t bytes = parts[i].bytes;
        good = put(file, &hash, parts[i].data, bytes) &&
               put(file, &hash, zeros, filled_up(bytes) - bytes);
    }
    sha256_final(&hash, digest);
    return good && fwrite(digest, 1, sizeof digest, file->stream) == sizeof digest;
}

mien_status checkpoint_write(const char *path, const struct checkpoint_origin *origin,
                             const struct checkpoint_part *parts, int count, mien_error *err)
{
    struct header header = {
        .magic = MAGIC,
        .order = ORDER,
        .version = VERSION,
        .origin = *origin,
        .count = (uint64_t)count,
    };
    struct atomic_file file;
    mien_status status = atomic_file_open(path, &file, err);

    if (status)
        return status;
    for (int i = 0; i < count; i++)
        header.bytes[i] = parts[i].bytes;
    if (put_all(&file, &header, parts))
        return atomic_file_commit(&file, err);
    status = error_set(err, MIEN_EIO, "%s: cannot be written: %s", path, strerror(errno));
    atomic_file_abandon(&file);
    return status;
}

/* --- reading --- */

static mien_status damaged(const char *path, mien_error *err)
{
    return error_set(err, MIEN_ECORRUPT,
                     "%s: a damaged checkpoint: remove it and train from the start", path);
}

static mien_status check_header(const char *path, const struct header *header,
                                const struct checkpoint_origin *origin, mien_error *err)
{
    if (header->order != ORDER || header->version != VERSION)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: a checkpoint of another version of mien: go on with that one", path);
    for (int i = 0; i < CHECKPOINT_IDENTITIES; i++)
        if (memcmp(header->origin.digests[i], origin->digests[i], SHA256_BYTES) != 0)
            return error_set(err, MIEN_EINVAL,
                             "%s: a checkpoint of a training with %s: go on with the same, "
                             "or start anew with --force",
                             path, identity_names[i]);
    return MIEN_OK;
}

static bool checksum_fits(const struct file_map *map)
{
    uint8_t digest[SHA256_BYTES];
    size_t bytes = map->bytes - SHA256_BYTES;
    struct sha256 hash;

    sha256_init(&hash);
    sha256_update(&hash, map->data, bytes);
    sha256_final(&hash, digest);
    return memcmp(digest, map->data + bytes, SHA256_BYTES) == 0;
}

/* Finds the parts in a file whose checksum fits. */
static bool find_parts(const struct header *header, struct checkpoint *checkpoint)
{
    size_t at = sizeof *header, end = checkpoint->map.bytes - SHA256_BYTES;

    if (header->count > CHECKPOINT_PARTS_MAX)
        return false;
    for (uint64_t i = 0; i < header->count; i++) {
        if (header->bytes[i] > end - at || filled_up(header->bytes[i]) > end - at)
            return false;
        checkpoint->parts[i] =
            (struct checkpoint_part){checkpoint->map.data + at, header->bytes[i]};
        at += filled_up(header->bytes[i]);
    }
    checkpoint->count = (int)header->count;
    return at == end;
}

mien_status checkpoint_open(const char *path, const struct checkpoint_origin *origin,
                            struct checkpoint *ret_checkpoint, mien_error *err)
{
    struct checkpoint checkpoint = {.count = 0};
    struct header header;
    mien_status status = file_map_open(path, &checkpoint.map, err);

    if (status)
        return status;
    if (checkpoint.map.bytes < sizeof header + SHA256_BYTES ||
        memcmp(checkpoint.map.data, MAGIC, sizeof header.magic) != 0 ||
        !checksum_fits(&checkpoint.map)) {
        status = damaged(path, err);
    } else {
        memcpy(&header, checkpoint.map.data, sizeof header);
        status = check_header(path, &header, origin, err);
        if (!status && !find_parts(&header, &checkpoint))
            status = damaged(path, err);
    }
    if (status)
        checkpoint_close(&checkpoint);
    else
        *ret_checkpoint = checkpoint;
    return status;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    file_map_close(&checkpoint->map);
    *checkpoint = (struct checkpoint){.count = 0};
}

/* --- removing --- */

/* Whether `name` is `base` with the ending of an atomic file in the making. */
static bool is_rest(const char *name, const char *base)
{
    static const char ending[] = ATOMIC_FILE_ENDING;
    size_t length = strlen(base), fixed = strcspn(ending, "X");

    return strncmp(name, base, length) == 0 && strncmp(name + length, ending, fixed) == 0 &&
           strlen(name) == length + strlen(ending);
}

void checkpoint_remove_rests(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    DIR *directory = folder ? opendir(folder) : NULL;
    const struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        if (is_rest(entry->d_name, base))
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
    free(folder);
}

void checkpoint_remove(const char *path)
{
    unlink(path);
    checkpoint_remove_rests(path);
}
