/* detector_data.c - read the tables of faces, then decode the pictures that they name.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/detector_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/thread_pool.h"
#include "media/picture_reader.h"
#include "training/detector_table.h"

#define SPLIT_HEADER "file,split"
#define BOX_HEADER "file,x,y,w,h"
#define LANDMARK_HEADER "file,lex,ley,rex,rey,nx,ny,mx,my"

/* Pictures between two reports of progress. */
enum { PICTURES_A_RUN = 128 };

/* A file of split.csv. */
struct entry {
    char *file;
    enum detector_part part;
    uint32_t order; /* row in split.csv, from 0 */
};

struct marked {
    const struct entry *entry;
    struct face_mark mark;
};

/* What the tables say. */
struct tables {
    struct entry *entries; /* (entry_count), sorted by file */
    size_t entry_count, entry_room;
    struct marked *marks; /* (mark_count), faces and then what is to be ignored */
    size_t mark_count, mark_room;
};

static void free_tables(struct tables *tables)
{
    for (size_t i = 0; i < tables->entry_count; i++)
        free(tables->entries[i].file);
    free(tables->entries);
    free(tables->marks);
}

/* Room for one more element. */
static mien_status reserve(void **array, size_t count, size_t *room, size_t size, mien_error *err)
{
    size_t bytes, more = *room ? 2 * *room : 1024;
    void *grown;

    if (count < *room)
        return MIEN_OK;
    grown = mul_size(more, size, &bytes) ? realloc(*array, bytes) : NULL;
    if (!grown)
        return error_memory(err, more);
    *array = grown;
    *room = more;
    return MIEN_OK;
}

static mien_status add_entry(struct tables *tables, struct detector_table *table, mien_error *err)
{
    struct csv_cell file, part;
    struct entry *entry;
    mien_status status = detector_table_word(table, false, &file, err);

    if (!status)
        status = detector_table_word(table, true, &part, err);
    if (!status && file.length == 0)
        status = detector_table_fail(table, &file, "names no file", err);
    if (!status && !csv_cell_is(&part, "train") && !csv_cell_is(&part, "val"))
        status = detector_table_fail(table, &part, "is no part: train or val", err);
    if (!status)
        status = reserve((void **)&tables->entries, tables->entry_count, &tables->entry_room,
                         sizeof *tables->entries, err);
    if (status)
        return status;
    entry = &tables->entries[tables->entry_count];
    entry->file = strndup((const char *)file.text, file.length);
    entry->part = csv_cell_is(&part, "val") ? DETECTOR_VAL : DETECTOR_TRAIN;
    entry->order = (uint32_t)tables->entry_count;
    if (!entry->file)
        return error_memory(err, file.length);
    tables->entry_count++;
    return MIEN_OK;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->file, ((const struct entry *)b)->file);
}

static mien_status sort_entries(struct tables *tables, const char *path, mien_error *err)
{
    if (tables->entry_count == 0)
        return error_set(err, MIEN_ECORRUPT, "%s: no picture in it", path);
    qsort(tables->entries, tables->entry_count, sizeof *tables->entries, compare_files);
    for (size_t i = 1; i < tables->entry_count; i++)
        if (!compare_files(&tables->entries[i - 1], &tables->entries[i]))
            return error_set(err, MIEN_ECORRUPT, "%s: %s is there twice; each picture is one row",
                             path, tables->entries[i].file);
    return MIEN_OK;
}

static mien_status read_split(const char *folder, struct tables *tables, mien_error *err)
{
    struct detector_table table;
    mien_status status = detector_table_open(folder, "split.csv", SPLIT_HEADER, &table, err);

    while (!status && detector_table_next(&table))
        status = add_entry(tables, &table, err);
    if (!status)
        status = sort_entries(tables, table.path, err);
    detector_table_close(&table);
    return status;
}

static int compare_name(const void *key, const void *element)
{
    const struct csv_cell *cell = key;
    const char *file = ((const struct entry *)element)->file;
    int order = strncmp((const char *)cell->text, file, cell->length);

    return order ? order : -(file[cell->length] != 0);
}

/* Reads a row's file, which split.csv must have. */
static mien_status read_file(struct detector_table *table, const struct tables *tables,
                             const struct entry **ret_entry, mien_error *err)
{
    struct csv_cell file;
    mien_status status = detector_table_word(table, false, &file, err);

    if (status)
        return status;
    *ret_entry =
        bsearch(&file, tables->entries, tables->entry_count, sizeof *tables->entries, compare_name);
    if (!*ret_entry)
        return detector_table_fail(table, &file, "is no picture of split.csv", err);
    return MIEN_OK;
}

/* Adds the box of a row. */
static mien_status add_box(struct tables *tables, struct detector_table *table, bool ignore,
                           mien_error *err)
{
    struct marked marked = {.mark.ignore = ignore};
    float box[4];
    mien_status status = read_file(table, tables, &marked.entry, err);

    if (!status)
        status = detector_table_numbers(table, 4, box, err);
    if (!status && (!(box[2] > 0) || !(box[3] > 0)))
        status =
            error_set(err, MIEN_ECORRUPT, "%s:%zu: a box of %g x %g pixels; both must be above 0",
                      table->path, table->line, (double)box[2], (double)box[3]);
    if (!status)
        status = reserve((void **)&tables->marks, tables->mark_count, &tables->mark_room,
                         sizeof *tables->marks, err);
    if (status)
        return status;
    marked.mark.x = box[0];
    marked.mark.y = box[1];
    marked.mark.w = box[2];
    marked.mark.h = box[3];
    tables->marks[tables->mark_count++] = marked;
    return MIEN_OK;
}

/* Gives a face, the row of boxes.csv that is as far down, its landmarks. */
static mien_status add_landmarks(struct marked *marked, const struct tables *tables,
                                 struct detector_table *table, mien_error *err)
{
    const struct entry *entry;
    struct face_mark made;
    mien_status status = read_file(table, tables, &entry, err);

    if (!status && entry != marked->entry)
        status = error_set(err, MIEN_ECORRUPT,
                           "%s:%zu: %s, but this row of boxes.csv is of %s; both tables have the "
                           "same faces in the same order",
                           table->path, table->line, entry->file, marked->entry->file);
    if (!status)
        status =
            detector_table_numbers(table, 2 * FACE_LANDMARKS, (float *)marked->mark.landmarks, err);
    if (status)
        return status;
    made = marked->mark;
    face_mark_box(&made);
    if (!(made.h > 0))
        return error_set(err, MIEN_ECORRUPT, "%s:%zu: all landmarks are in one place", table->path,
                         table->line);
    marked->mark.has_landmarks = true;
    return MIEN_OK;
}

static mien_status read_boxes(const char *folder, const char *name, bool ignore,
                              struct tables *tables, mien_error *err)
{
    struct detector_table table;
    mien_status status = detector_table_open(folder, name, BOX_HEADER, &table, err);

    while (!status && detector_table_next(&table))
        status = add_box(tables, &table, ignore, err);
    detector_table_close(&table);
    return status;
}

static mien_status read_landmarks(const char *folder, struct tables *tables, mien_error *err)
{
    struct detector_table table;
    size_t row = 0;
    mien_status status =
        detector_table_open(folder, "caltech_landmarks.csv", LANDMARK_HEADER, &table, err);

    for (; !status && detector_table_next(&table); row++)
        status = row < tables->mark_count
                     ? add_landmarks(&tables->marks[row], tables, &table, err)
                     : error_set(err, MIEN_ECORRUPT, "%s:%zu: boxes.csv has no row for it",
                                 table.path, table.line);
    if (!status && row < tables->mark_count)
        status = error_set(err, MIEN_ECORRUPT, "%s: %zu rows, but boxes.csv has %zu", table.path,
                           row, tables->mark_count);
    detector_table_close(&table);
    return status;
}

static mien_status read_tables(const char *folder, struct tables *tables, mien_error *err)
{
    mien_status status = read_split(folder, tables, err);

    if (!status)
        status = read_boxes(folder, "boxes.csv", false, tables, err);
    if (!status)
        status = read_landmarks(folder, tables, err);
    if (!status)
        status = read_boxes(folder, "caltech_ignore.csv", true, tables, err);
    return status;
}

static int compare_order(const void *a, const void *b)
{
    uint32_t x = (*(const struct entry *const *)a)->order;
    uint32_t y = (*(const struct entry *const *)b)->order;

    return (x > y) - (x < y);
}

/* The files of the part, in the order of split.csv, become pictures without pixels; `index`
 * (entry_count) says which picture an entry is. */
static mien_status take_part(struct tables *tables, enum detector_part part,
                             struct detector_data *data, uint32_t *index, mien_error *err)
{
    const struct entry **chosen = malloc(tables->entry_count * sizeof *chosen);
    size_t count = 0;

    if (!chosen)
        return error_memory(err, tables->entry_count);
    for (size_t i = 0; i < tables->entry_count; i++)
        if (tables->entries[i].part == part)
            chosen[count++] = &tables->entries[i];
    qsort(chosen, count, sizeof *chosen, compare_order);
    data->pictures = calloc(count ? count : 1, sizeof *data->pictures);
    for (size_t i = 0; data->pictures && i < count; i++) {
        struct entry *entry = &tables->entries[chosen[i] - tables->entries];
        index[entry - tables->entries] = (uint32_t)i;
        data->pictures[i].file = strdup(entry->file);
        if (!data->pictures[i].file)
            break;
        data->count++;
    }
    free(chosen);
    if (!data->pictures || data->count < count)
        return error_memory(err, count * sizeof *data->pictures);
    return MIEN_OK;
}

/* Deals the marks out to the pictures; marks of the other part fall away. */
static mien_status deal_marks(const struct tables *tables, enum detector_part part,
                              const uint32_t *index, struct detector_data *data, mien_error *err)
{
    for (size_t i = 0; i < tables->mark_count; i++) {
        const struct entry *entry = tables->marks[i].entry;
        struct detector_picture *picture;
        if (entry->part != part)
            continue;
        picture = &data->pictures[index[entry - tables->entries]];
        if ((picture->mark_count & (picture->mark_count - 1)) == 0) { /* full: a power of two */
            size_t room = picture->mark_count ? 2 * (size_t)picture->mark_count : 1;
            void *grown = realloc(picture->marks, room * sizeof *picture->marks);
            if (!grown)
                return error_memory(err, room * sizeof *picture->marks);
            picture->marks = grown;
        }
        picture->marks[picture->mark_count++] = tables->marks[i].mark;
        picture->face_count += !tables->marks[i].mark.ignore;
    }
    return MIEN_OK;
}

mien_status detector_data_index(struct detector_data *data, mien_error *err)
{
    size_t bytes = data->count * sizeof *data->with_faces;

    data->with_faces = malloc(bytes);
    data->without_marks = malloc(bytes);
    if (!data->with_faces || !data->without_marks)
        return error_memory(err, bytes);
    for (size_t i = 0; i < data->count; i++) {
        const struct detector_picture *picture = &data->pictures[i];
        if (picture->face_count)
            data->with_faces[data->with_face_count++] = (uint32_t)i;
        if (!picture->mark_count)
            data->without_marks[data->without_mark_count++] = (uint32_t)i;
        data->face_count += (size_t)picture->face_count;
        if (picture->mark_count > data->most_marks)
            data->most_marks = picture->mark_count;
    }
    return MIEN_OK;
}

/* One run of the pool. */
struct decoding {
    const char *folder;
    struct detector_picture *pictures;
    mien_error failures[PICTURES_A_RUN]; /* status MIEN_OK where there is none */
};

static void decode(void *context, int index, int worker)
{
    struct decoding *decoding = context;
    struct detector_picture *picture = &decoding->pictures[index];
    mien_error *err = &decoding->failures[index];
    struct picture_options options;
    char *path;

    (void)worker;
    err->status = MIEN_OK;
    picture_options_init(&options);
    options.channels = 1;
    if (asprintf(&path, "%s/%s", decoding->folder, picture->file) < 0) {
        error_memory(err, strlen(picture->file));
        return;
    }
    picture_read_with(path, &options, &picture->grey, err);
    free(path);
}

static mien_status decode_pictures(const char *folder, struct thread_pool *pool,
                                   detector_data_progress *progress, void *context,
                                   struct detector_data *data, mien_error *err)
{
    struct decoding *decoding = malloc(sizeof *decoding);
    mien_status status = MIEN_OK;

    if (!decoding)
        return error_memory(err, sizeof *decoding);
    decoding->folder = folder;
    for (size_t done = 0; !status && done < data->count;) {
        size_t left = data->count - done;
        int run = left < PICTURES_A_RUN ? (int)left : PICTURES_A_RUN;
        decoding->pictures = data->pictures + done;
        thread_pool_run(pool, run, decode, decoding);
        for (int i = 0; !status && i < run; i++)
            if (decoding->failures[i].status)
                status = error_set(err, decoding->failures[i].status, "%s",
                                   decoding->failures[i].message);
        done += (size_t)run;
        if (!status && progress && !progress(context, done, data->count))
            status = error_set(err, MIEN_ECANCELLED, "%s: stopped while reading", folder);
    }
    free(decoding);
    return status;
}

static mien_status build(const char *folder, struct tables *tables, enum detector_part part,
                         struct detector_data *data, mien_error *err)
{
    uint32_t *index = malloc(tables->entry_count * sizeof *index);
    mien_status status;

    if (!index)
        return error_memory(err, tables->entry_count * sizeof *index);
    status = take_part(tables, part, data, index, err);
    if (!status)
        status = deal_marks(tables, part, index, data, err);
    free(index);
    if (!status && data->count == 0)
        status = error_set(err, MIEN_ECORRUPT, "%s/split.csv: no picture of the part %s", folder,
                           part == DETECTOR_VAL ? "val" : "train");
    if (!status)
        status = detector_data_index(data, err);
    return status;
}

mien_status detector_data_open(const char *folder, enum detector_part part,
                               struct thread_pool *pool, detector_data_progress *progress,
                               void *context, struct detector_data *ret_data, mien_error *err)
{
    struct tables tables = {0};
    struct detector_data data = {0};
    mien_status status = read_tables(folder, &tables, err);

    if (!status)
        status = build(folder, &tables, part, &data, err);
    free_tables(&tables);
    if (!status)
        status = decode_pictures(folder, pool, progress, context, &data, err);
    if (status)
        detector_data_close(&data);
    else
        *ret_data = data;
    return status;
}

void detector_data_close(struct detector_data *data)
{
    if (!data)
        return;
    for (size_t i = 0; i < data->count; i++) {
        free(data->pictures[i].file);
        free(data->pictures[i].marks);
        image_free(&data->pictures[i].grey);
    }
    free(data->pictures);
    free(data->with_faces);
    free(data->without_marks);
    *data = (struct detector_data){0};
}
