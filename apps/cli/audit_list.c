/* audit_list.c - rows with a fault, one a line.
 * N rows.
 * SPDX-License-Identifier: MIT */
#include "audit_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const names[] = {"leaks",     "near-leaks", "duplicates",
                                    "conflicts", "blank",      "crops"};

enum { KINDS = sizeof names / sizeof *names };

mien_status audit_kinds_parse(const char *words, int *ret_kinds, mien_error *err)
{
    int kinds = 0;

    for (const char *at = words;; at++) {
        size_t length = strcspn(at, ","), kind = 0;
        while (kind < KINDS && (strlen(names[kind]) != length || strncmp(at, names[kind], length)))
            kind++;
        if (kind == KINDS)
            return error_set(err, MIEN_EINVAL, "\"%.*s\" is none of %s",
                             length < 40 ? (int)length : 40, at, AUDIT_KIND_NAMES);
        kinds |= 1 << kind;
        at += length;
        if (!*at)
            break;
    }
    *ret_kinds = kinds;
    return MIEN_OK;
}

/* What every row is compared with. */
struct listing {
    const struct audit_findings *findings;
    uint32_t *first_of_part; /* (N, DATASET_PARTS): at first rows, the picture's first of a part */
    bool *disagrees;         /* (N): at first rows, the picture has several labels */
    int kinds;
};

static void prepare(struct listing *listing)
{
    const struct audit_findings *findings = listing->findings;
    const struct audit *audit = findings->audit;

    memset(listing->first_of_part, 0xff,
           audit->count * DATASET_PARTS * sizeof *listing->first_of_part);
    for (uint32_t row = 0; row < audit->count; row++) {
        uint32_t *first = &listing->first_of_part[audit->first[row] * (size_t)DATASET_PARTS];
        int part = findings->parts[row];
        if (part != AUDIT_NO_PART && first[part] == UINT32_MAX)
            first[part] = row;
    }
    for (size_t group = 0; group < audit->group_count; group++)
        listing->disagrees[audit->group_rows[audit->group_starts[group]]] =
            audit_group_disagrees(audit, findings->dataset, group);
}

static void print_twin(const struct listing *listing, uint32_t row, const char *what, FILE *stream)
{
    const struct audit_findings *findings = listing->findings;
    uint32_t twin = findings->twins->twin[row];

    fprintf(stream, "%u # %s row %u (%s)\n", (unsigned)row, what, (unsigned)twin,
            dataset_part_name((enum dataset_part)findings->parts[twin]));
}

static void print_flags(uint32_t row, uint8_t flags, FILE *stream)
{
    bool any = false;

    fprintf(stream, "%u # ", (unsigned)row);
    for (int i = 0; i < AUDIT_FLAGS; i++)
        if (flags & 1 << i) {
            fprintf(stream, "%s%s", any ? ", " : "", audit_flag_name((enum audit_flag)(1 << i)));
            any = true;
        }
    fputc('\n', stream);
}

/* Writes the row with the first of its faults. */
static void list_row(const struct listing *listing, uint32_t row, FILE *stream)
{
    const struct audit_findings *findings = listing->findings;
    const struct audit *audit = findings->audit;
    uint32_t first = audit->first[row], twin = findings->twins->twin[row];
    bool leaks = twin != UINT32_MAX, exact = leaks && audit->first[twin] == first;
    int part = findings->parts[row], kinds = listing->kinds;
    uint8_t crops = audit->flags[row] & (AUDIT_FLAT | AUDIT_PLAIN_EDGE | AUDIT_BLURRED);
    uint8_t blank = audit->flags[row] & (AUDIT_BLANK | AUDIT_NEARLY_BLANK);
    uint32_t same = part == AUDIT_NO_PART
                        ? row
                        : listing->first_of_part[first * (size_t)DATASET_PARTS + (size_t)part];

    if (kinds & AUDIT_KIND_LEAKS && exact)
        print_twin(listing, row, "leak: the picture of", stream);
    else if (kinds & AUDIT_KIND_NEAR_LEAKS && leaks && !exact)
        print_twin(listing, row, "leak: nearly the picture of", stream);
    else if (kinds & AUDIT_KIND_DUPLICATES && same != row)
        fprintf(stream, "%u # duplicate: the picture of row %u\n", (unsigned)row, (unsigned)same);
    else if (kinds & AUDIT_KIND_CONFLICTS && listing->disagrees[first])
        fprintf(stream, "%u # conflict: its picture has several labels\n", (unsigned)row);
    else if (kinds & AUDIT_KIND_BLANK && blank)
        print_flags(row, blank, stream);
    else if (kinds & AUDIT_KIND_CROPS && crops)
        print_flags(row, crops, stream);
}

mien_status audit_list_write(const struct audit_findings *findings, int kinds, FILE *stream,
                             mien_error *err)
{
    size_t count = findings->audit->count;
    struct listing listing = {.findings = findings,
                              .first_of_part =
                                  malloc(count * DATASET_PARTS * sizeof *listing.first_of_part),
                              .disagrees = calloc(count, sizeof *listing.disagrees),
                              .kinds = kinds};
    bool complete = listing.first_of_part && listing.disagrees;

    if (complete) {
        prepare(&listing);
        fprintf(stream, "# Rows that mien audit found, of %zu:", count);
        for (int kind = 0; kind < KINDS; kind++)
            if (kinds & 1 << kind)
                fprintf(stream, " %s", names[kind]);
        fputs("\n# Fit for --exclude of mien train and mien evaluate.\n", stream);
        for (uint32_t row = 0; row < count; row++)
            list_row(&listing, row, stream);
    }
    free(listing.first_of_part);
    free(listing.disagrees);
    return complete ? MIEN_OK : error_memory(err, count * DATASET_PARTS * sizeof(uint32_t));
}
