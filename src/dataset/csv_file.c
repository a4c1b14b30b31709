/* csv_file.c - unpack with libarchive, choose the CSV, and parse it while it is unpacked.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "dataset/csv_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataset/csv_reader.h"
#include "dataset/read_ahead.h"

enum { READ_BYTES = 1 << 18 };

/* How much an entry of an archive looks like the data set that is meant. */
enum rank { RANK_NONE, RANK_COLUMNS, RANK_PARTS, RANK_ICML, RANK_FER2013 };

/* A file while it is read. */
struct csv_file {
    const char *path;
    const struct dataset_options *options;
    int descriptor;
    off_t start;       /* where it begins; -1 for a pipe */
    bool plain;        /* neither compressed nor an archive: read without libarchive's copying */
    size_t file_bytes; /* 0 for a pipe */
    struct archive *archive;
};

static mien_status fail_unpack(const struct csv_file *file, mien_error *err)
{
    const char *words = archive_error_string(file->archive);

    return error_set(err, archive_errno(file->archive) == ENOMEM ? MIEN_ENOMEM : MIEN_ECORRUPT,
                     "%s: cannot be unpacked: %s; it may have to be downloaded again", file->path,
                     words ? words : "damaged");
}

static mien_status read_plain(const struct csv_file *file, uint8_t *to, size_t bytes,
                              size_t *ret_read, mien_error *err)
{
    size_t total = 0;
    ssize_t got = 1;

    while (total < bytes && got) {
        got = read(file->descriptor, to + total, bytes - total);
        if (got < 0 && errno != EINTR)
            return error_set(err, MIEN_EIO, "%s: %s", file->path, strerror(errno));
        total += got > 0 ? (size_t)got : 0;
    }
    *ret_read = total;
    return MIEN_OK;
}

/* A read_ahead_source. */
static mien_status read_text(void *context, uint8_t *to, size_t bytes, size_t *ret_read,
                             mien_error *err)
{
    struct csv_file *file = context;
    size_t total = 0;

    if (file->plain)
        return read_plain(file, to, bytes, ret_read, err);
    while (total < bytes) {
        la_ssize_t got = archive_read_data(file->archive, to + total, bytes - total);
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < 0)
            return fail_unpack(file, err);
        if (got == 0)
            break;
        total += (size_t)got;
    }
    *ret_read = total;
    return MIEN_OK;
}

/* Rather too many: digits pack to a quarter or so, and no pixel takes less than two characters. */
static size_t guess_rows(const struct csv_file *file)
{
    size_t most = (size_t)256 << 20;
    size_t pixels = file->plain               ? file->file_bytes / 2
                    : file->file_bytes < most ? file->file_bytes * 4
                                              : most;

    return (pixels < most ? pixels : most) /
           ((size_t)file->options->size * (size_t)file->options->size);
}

/* A CSV in the file, while it is read. */
struct entry {
    char *name; /* of the file and the entry, for messages */
    enum rank rank;
    struct dataset_builder builder;
    struct csv_reader reader;
    struct read_ahead *ahead;
    const uint8_t *text; /* (bytes), the current window */
    size_t bytes, used;
    bool last; /* the window is the last one */
};

/* The best entry so far. */
struct choice {
    enum rank rank;
    char *name, *rival;  /* its name, and that of another one of the same rank */
    mien_status status;  /* why it, or a CSV before there is one, cannot be read */
    mien_error err;      /* the same in words */
    struct dataset data; /* if it could be read */
    size_t files, csvs;  /* how many the file holds */
};

static mien_status next_window(struct entry *entry, mien_error *err)
{
    mien_status status = read_ahead_next(entry->ahead, entry->bytes - entry->used, &entry->text,
                                         &entry->bytes, &entry->last, err);
    entry->used = 0;
    return status;
}

/* Reads all rows behind the header. */
static mien_status read_rows(struct entry *entry, mien_error *err)
{
    mien_status status;

    for (;;) {
        size_t used = 0;
        status = csv_reader_rows(&entry->reader, entry->text + entry->used,
                                 entry->bytes - entry->used, entry->last, &used, err);
        entry->used += used;
        if (status || entry->last)
            break;
        status = next_window(entry, err);
        if (status)
            break;
    }
    return status ? status : csv_reader_finish(&entry->reader, err);
}

static enum rank rank_entry(const struct csv_reader *reader, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    if (!strcasecmp(name, "fer2013.csv"))
        return RANK_FER2013;
    if (!strcasecmp(name, "icml_face_data.csv"))
        return RANK_ICML;
    return reader->usage >= 0 ? RANK_PARTS : RANK_COLUMNS;
}

/* What is not an archive has one entry, whose name libarchive makes up. */
static char *name_entry(const struct csv_file *file, const char *path)
{
    char *name;

    if (archive_format(file->archive) == ARCHIVE_FORMAT_RAW)
        return strdup(file->path);
    return asprintf(&name, "%s(%s)", file->path, path) < 0 ? NULL : name;
}

/* Starts to read the entry that the archive is at, up to its header. close_entry() is due even
 * after a failure. */
static mien_status open_entry(struct csv_file *file, const char *path, struct entry *entry,
                              mien_error *err)
{
    mien_status status;

    *entry = (struct entry){.name = name_entry(file, path)};
    if (!entry->name)
        return error_memory(err, strlen(path));
    dataset_builder_init(&entry->builder, file->options->size, guess_rows(file));
    csv_reader_init(&entry->reader, entry->name, &entry->builder, file->options->skip_bad);
    status =
        read_ahead_new(read_text, file, csv_reader_row_bytes(&entry->reader), &entry->ahead, err);
    if (!status)
        status = next_window(entry, err);
    if (!status)
        status = csv_reader_header(&entry->reader, entry->text, entry->bytes, entry->last,
                                   &entry->used, err);
    if (!status)
        entry->rank = rank_entry(&entry->reader, path);
    return status;
}

static void close_entry(struct entry *entry)
{
    read_ahead_free(entry->ahead);
    dataset_builder_free(&entry->builder);
    free(entry->name);
}

static void clear_choice(struct choice *choice)
{
    dataset_close(&choice->data);
    free(choice->name);
    free(choice->rival);
    choice->name = choice->rival = NULL;
}

/* The entry replaces the choice so far, whether its rows are good or not. */
static void choose(struct entry *entry, struct choice *choice)
{
    clear_choice(choice);
    choice->rank = entry->rank;
    choice->name = entry->name;
    choice->status = read_rows(entry, &choice->err);
    if (!choice->status)
        choice->status = dataset_builder_name_labels(&entry->builder, dataset_expressions,
                                                     DATASET_EXPRESSIONS, &choice->err);
    if (!choice->status) {
        entry->builder.data.has_parts = entry->reader.usage >= 0;
        dataset_builder_finish(&entry->builder, &choice->data);
    }
    entry->name = NULL;
}

/* Reads the entry if it is a better data set than the choice so far. What is wrong with its text is
 * the choice's matter; returns what else failed. */
static mien_status consider(struct csv_file *file, const char *path, struct choice *choice,
                            mien_error *err)
{
    struct entry entry;
    mien_error fault;
    mien_status status = open_entry(file, path, &entry, &fault);

    choice->csvs++;
    if (status && choice->rank == RANK_NONE) {
        choice->status = status;
        choice->err = fault;
    } else if (!status && entry.rank > choice->rank) {
        choose(&entry, choice);
    } else if (!status && entry.rank == choice->rank && !choice->rival) {
        choice->rival = entry.name;
        entry.name = NULL;
    }
    close_entry(&entry);
    if (status == MIEN_OK || status == MIEN_ECORRUPT)
        return MIEN_OK;
    if (err)
        *err = fault;
    return status;
}

static bool is_csv(struct archive_entry *header, const char **ret_path)
{
    const char *path = archive_entry_pathname(header), *dot;

    if (!path)
        path = archive_entry_pathname_utf8(header);
    *ret_path = path ? path : "?";
    dot = strrchr(*ret_path, '.');
    return dot && !strcasecmp(dot, ".csv");
}

/* What is not packed at all is read directly, if it can be read again from its start. */
static bool is_plain(const struct csv_file *file)
{
    return archive_filter_code(file->archive, 0) == ARCHIVE_FILTER_NONE && file->start >= 0 &&
           lseek(file->descriptor, file->start, SEEK_SET) == file->start;
}

/* Goes through all entries, because a later one may be better. */
static mien_status visit_entries(struct csv_file *file, struct choice *choice, mien_error *err)
{
    struct archive_entry *header;
    mien_status status = MIEN_OK;
    const char *path;
    int code;

    while (!status && (code = archive_read_next_header(file->archive, &header)) != ARCHIVE_EOF) {
        if (code == ARCHIVE_RETRY)
            continue;
        if (code < ARCHIVE_WARN)
            return fail_unpack(file, err);
        if (archive_entry_filetype(header) != AE_IFREG)
            continue;
        choice->files++;
        if (archive_format(file->archive) == ARCHIVE_FORMAT_RAW) {
            file->plain = is_plain(file);
            return consider(file, file->path, choice, err);
        }
        if (is_csv(header, &path))
            status = consider(file, path, choice, err);
    }
    return status;
}

/* Hands the choice over, or says why there is none. */
static mien_status conclude(const struct csv_file *file, struct choice *choice,
                            struct dataset *ret_dataset, mien_error *err)
{
    if (choice->files == 0)
        return error_set(
            err, MIEN_ECORRUPT,
            "%s:1:1: empty, but a data set begins with a line like " CSV_HEADER_EXAMPLE,
            file->path);
    if (choice->rank == RANK_NONE && choice->csvs != 1)
        return error_set(err, MIEN_ECORRUPT,
                         "%s: none of its %zu files is a CSV with the columns emotion and pixels "
                         "(pictures have to be unpacked into a folder)",
                         file->path, choice->files);
    if (choice->rival)
        return error_set(err, MIEN_ECORRUPT,
                         "%s and %s: both are data sets; unpack the one that is meant",
                         choice->name, choice->rival);
    if (choice->status) {
        if (err)
            *err = choice->err;
        return choice->status;
    }
    *ret_dataset = choice->data;
    choice->data = (struct dataset){.count = 0};
    return MIEN_OK;
}

/* Lets libarchive find out what the file is. Every compression here is done by a library: with
 * the others it would start a program. */
static struct archive *new_archive(void)
{
    struct archive *archive = archive_read_new();

    if (!archive)
        return NULL;
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_lz4(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_zip(archive);
    archive_read_support_format_7zip(archive);
    archive_read_support_format_raw(archive);
    archive_read_support_format_empty(archive);
    return archive;
}

/* Reads the file whose descriptor is open. */
static mien_status read_archive(struct csv_file *file, struct dataset *ret_dataset, mien_error *err)
{
    struct choice choice = {.rank = RANK_NONE};
    mien_status status = MIEN_OK;

    file->archive = new_archive();
    if (!file->archive)
        return error_memory(err, sizeof *file);
    if (archive_read_open_fd(file->archive, file->descriptor, READ_BYTES) < ARCHIVE_WARN)
        status = fail_unpack(file, err);
    if (!status)
        status = visit_entries(file, &choice, err);
    if (!status)
        status = conclude(file, &choice, ret_dataset, err);
    clear_choice(&choice);
    archive_read_free(file->archive);
    return status;
}

mien_status csv_file_read(const char *path, const struct dataset_options *options,
                          struct dataset *ret_dataset, mien_error *err)
{
    bool standard_input = !strcmp(path, "-");
    struct csv_file file = {.path = standard_input ? "standard input" : path, .options = options};
    struct stat info;
    mien_status status;

    file.descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file.descriptor < 0 || fstat(file.descriptor, &info))
        return error_set(err, MIEN_EIO, "%s: %s", file.path, strerror(errno));
    file.start = lseek(file.descriptor, 0, SEEK_CUR);
    file.file_bytes = S_ISREG(info.st_mode) ? (size_t)info.st_size : 0;
    status = read_archive(&file, ret_dataset, err);
    if (!standard_input)
        close(file.descriptor);
    return status;
}
